//! Whether Docker's engines trust the registry: they have an idea of trust of their own, and are asked
//! themselves; where they cannot be, their files are judged.

use std::path::PathBuf;

use labtrust_platform::{fact::Engine, plan::Actor, world::engine::Reach};

use super::{
    Check, Verdict,
    cause::{NEEDS_RESTART, NOT_PEM, REPLACED, UNTRUSTED, WRONG_EXTENSION, WRONG_NAME},
    fatal::{Place, STRAY_KEY, UNREADABLE},
    folder::{self, Reader},
    image_store::MASKED,
    insecure::{self, INSECURE},
    root::{self, leads_to},
};
use crate::{
    certificate::Parsed,
    doctor::{
        Case, Finding,
        evidence::{Asked, CertsDSeen, EngineSeen, FolderSeen},
    },
};

pub const CHECK: Check = Check {
    id: "docker",
    title: "docker",
    codes: &[
        &STRAY_KEY,
        &UNREADABLE,
        &NEEDS_RESTART,
        &WRONG_EXTENSION,
        &NOT_PEM,
        &WRONG_NAME,
        &MASKED,
        &REPLACED,
        &UNTRUSTED,
        &INSECURE,
    ],
    judge,
};

fn judge(case: &Case<'_>) -> Verdict {
    let mut folders = Vec::new();
    let mut whole: Option<Verdict> = None;
    for look in looks(case) {
        // Docker Desktop and Colima read one.
        if folders.contains(&&look.engine.certs_d) {
            continue;
        }
        folders.push(&look.engine.certs_d);
        let one = look.verdict();
        whole = Some(match whole {
            None => one,
            // What is wrong is said before what is well.
            Some(first) if first.findings.is_empty() && !one.findings.is_empty() => one,
            Some(first) => first.with(one.findings),
        });
    }
    whole.unwrap_or_else(|| Verdict::skipped("no engine"))
}

/// Whether an engine accepts the registry, or would by its files if it could be asked.
pub fn is_trusted(case: &Case<'_>) -> bool {
    looks(case).any(|look| match case.verdict_of(look.seen) {
        Some(Reach::Accepted) => true,
        Some(Reach::Refused(_) | Reach::GaveUp(_)) => false,
        Some(Reach::Unknown(_)) | None => look.trusting_file().is_some(),
    })
}

/// Whether each engine would trust `chain` for the registry's token service, by its files.
pub fn would_trust(case: &Case<'_>, chain: &[Parsed]) -> bool {
    looks(case).all(|look| {
        let system = root::of_system(case.evidence.trust.system.as_ref());
        let mut roots = folder::loaded(look.exact()).into_iter().chain(system);
        roots.any(|root| leads_to(chain, &root))
    })
}

/// Whether an engine fetches the token of a pull by the system's store.
pub fn pulls_by_system(case: &Case<'_>) -> bool {
    looks(case).any(|look| look.pulls_by_system())
}

/// The engines.
fn looks<'c>(case: &'c Case<'c>) -> impl Iterator<Item = Look<'c>> {
    let pairs = case.evidence.engines.iter().zip(&case.evidence.facts.engines);
    pairs.map(move |(seen, engine)| Look { case, seen, engine })
}

/// One engine.
pub struct Look<'c> {
    pub case: &'c Case<'c>,
    pub seen: &'c EngineSeen,
    pub engine: &'c Engine,
}

impl<'c> Look<'c> {
    fn verdict(&self) -> Verdict {
        let (case, endpoint) = (self.case, self.case.endpoint());
        let reach = case.verdict_of(self.seen);
        let insecure = insecure::finding(case, self.seen);
        // A current engine then asks over plain HTTP too, and repeats what a port for HTTPS says to that.
        let is_refused = matches!(reach, Some(Reach::Refused(_) | Reach::GaveUp(_)));
        let is_masked = insecure.is_some() && !case.chain.is_empty() && !is_refused;
        if reach == Some(Reach::Accepted) || is_masked {
            let insecure = insecure.into_iter().collect();
            let pulls = self.pulls().into_iter().collect();
            return Verdict::of(format!("the engine accepts {endpoint}"), pulls).with(insecure);
        }
        let fatal: Vec<Finding> = self.fatal(reach.as_ref()).into_iter().collect();
        let verdict = self.unaccepted(reach);
        if fatal.is_empty() {
            return verdict;
        }
        Verdict::of("", fatal).with(verdict.findings)
    }

    /// What its files and its words say of an engine that does not say that it accepts the registry.
    fn unaccepted(&self, reach: Option<Reach>) -> Verdict {
        let case = self.case;
        if let Some(realm) = &case.evidence.realm
            && case.refusal_of(&realm.url).is_some()
        {
            return Verdict::passed("it believes the registry, and not its token service");
        }
        if case.chain.is_empty() {
            return Verdict::skipped("no certificate is presented");
        }
        let is_unknown =
            |message: &str| ["unknown authority", "not trusted"].iter().any(|text| message.contains(text));
        match (reach, self.trusting_file()) {
            (Some(Reach::Refused(message)), Some(_)) if !is_unknown(&message) => {
                Verdict::skipped("the certificate comes first")
            }
            (Some(Reach::Refused(message)), file) => self.cause(Some(&message), file.is_some()).into(),
            (_, None) => match self.fault() {
                Some(why) => Verdict::fault(why),
                None => self.cause(None, false).into(),
            },
            (Some(Reach::Unknown(message) | Reach::GaveUp(message)), Some(_)) => {
                Verdict::fault(format!("the engine says: {message}"))
            }
            (None | Some(Reach::Accepted), Some(file)) => match self.seen.registries.get(&case.registry) {
                Some(Asked::Failed(why)) => Verdict::fault(why.clone()),
                _ => Verdict::passed(format!("{file} holds the CA; the engine was not asked")),
            },
        }
    }

    pub fn certs_d(&self) -> Option<&'c CertsDSeen> {
        self.case.certs_d(&self.engine.certs_d)
    }

    /// What is in its folder for the registry.
    pub fn exact(&self) -> Option<&'c FolderSeen> {
        folder::exact(self.certs_d(), &self.case.endpoint())
    }

    /// Where the CA is, as far as the engine can have read it.
    fn trusting_file(&self) -> Option<String> {
        if self.is_in_folder() {
            return Some(self.folder().display().to_string());
        }
        let bundle = self.case.evidence.trust.system.as_ref();
        let bundle = bundle.filter(|_| self.is_in_system() && !self.is_older_than_system());
        bundle.map(|bundle| bundle.path.display().to_string())
    }

    /// The folder that it reads for the registry.
    pub fn folder(&self) -> PathBuf {
        self.engine.certs_d.join(self.case.endpoint().certs_d_folder())
    }

    pub fn is_in_folder(&self) -> bool {
        folder::loaded(self.exact()).iter().any(|root| leads_to(&self.case.chain, root))
    }

    pub fn is_in_system(&self) -> bool {
        let roots = root::of_system(self.case.evidence.trust.system.as_ref());
        !self.engine.kind.copies_at_start() && roots.iter().any(|root| leads_to(&self.case.chain, root))
    }

    /// Whether it read the system's store before that was written.
    pub fn is_older_than_system(&self) -> bool {
        let written = self.case.evidence.trust.system.as_ref().and_then(|bundle| bundle.written);
        self.engine.started.zip(written).is_some_and(|(started, written)| started < written)
    }

    fn fault(&self) -> Option<String> {
        let trust = &self.case.evidence.trust;
        let unlisted = self.certs_d().and_then(|seen| seen.folders.fault());
        let unread = self.exact().and_then(|folder| folder.files.fault());
        unlisted.or(unread).or_else(|| root::fault(trust.system.as_ref())).map(str::to_owned)
    }

    /// What makes every request fail that would read the folder: by the files, or by its words where the files do
    /// not show it.
    fn fatal(&self, reach: Option<&Reach>) -> Option<Finding> {
        let actor = self.engine.owner.clone().map_or(Actor::Machine, Actor::User);
        let place = Place { path: self.folder(), actor };
        let in_files = self.exact().and_then(|folder| place.fatal(folder, Reader::Docker));
        in_files.or_else(|| match reach {
            Some(Reach::GaveUp(message)) => place.said(message),
            _ => None,
        })
    }
}
