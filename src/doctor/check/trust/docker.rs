//! Whether Docker's engines trust the registry: they have an idea of trust of their own, and are asked
//! themselves; where they cannot be, their files are judged.

use labtrust_machine::engine::Reach;
use labtrust_plan::Actor;

use super::{
    classify::{NEEDS_RESTART, NOT_PEM, REPLACED, UNTRUSTED, WRONG_EXTENSION, WRONG_NAME},
    engine_trust::{EngineTrust, engines},
    fatal::{HALF_CLIENT_PAIR, RegistryFolder, UNREADABLE},
    folder::Reader,
    image_store::SHADOWED,
    insecure::{self, INSECURE},
};
use crate::doctor::{
    Case, Finding,
    check::{Check, CheckResult},
    evidence::Asked,
};

pub(crate) const CHECK: Check = Check {
    id: "docker",
    title: "docker",
    codes: &[
        &HALF_CLIENT_PAIR,
        &UNREADABLE,
        &NEEDS_RESTART,
        &WRONG_EXTENSION,
        &NOT_PEM,
        &WRONG_NAME,
        &SHADOWED,
        &REPLACED,
        &UNTRUSTED,
        &INSECURE,
    ],
    judge,
};

fn judge(case: &Case<'_>) -> CheckResult {
    let mut folders = Vec::new();
    let mut combined: Option<CheckResult> = None;
    for engine_trust in engines(case) {
        // Docker Desktop and Colima read one.
        if folders.contains(&&engine_trust.engine.certs_d) {
            continue;
        }
        folders.push(&engine_trust.engine.certs_d);
        let next = engine_trust.result();
        combined = Some(match combined {
            None => next,
            // What is wrong is said before what is well.
            Some(first) if first.findings.is_empty() && !next.findings.is_empty() => next,
            Some(first) => first.with(next.findings),
        });
    }
    combined.unwrap_or_else(|| CheckResult::skipped("no engine"))
}

impl EngineTrust<'_> {
    fn result(&self) -> CheckResult {
        let (case, endpoint) = (self.case, self.case.endpoint());
        let reach = case.reach_of(self.seen);
        let insecure = insecure::finding(case, self.seen);
        // A current engine then asks over plain HTTP too, and repeats what a port for HTTPS says to that.
        let is_refused = matches!(reach, Some(Reach::Refused(_) | Reach::GaveUp(_)));
        let is_unverified = insecure.is_some() && !case.chain.is_empty() && !is_refused;
        if reach == Some(Reach::Accepted) || is_unverified {
            let insecure = insecure.into_iter().collect();
            let pulls = self.failing_pulls().into_iter().collect();
            return CheckResult::of(format!("the engine accepts {endpoint}"), pulls).with(insecure);
        }
        let fatal: Vec<Finding> = self.fatal(reach.as_ref()).into_iter().collect();
        let result = self.unaccepted(reach);
        if fatal.is_empty() {
            return result;
        }
        CheckResult::of("", fatal).with(result.findings)
    }

    /// What its files and its words say of an engine that does not say that it accepts the registry.
    fn unaccepted(&self, reach: Option<Reach>) -> CheckResult {
        let case = self.case;
        if let Some(realm) = &case.evidence.realm
            && case.refusal_of(&realm.url).is_some()
        {
            return CheckResult::passed("it believes the registry, and not its token service");
        }
        if case.chain.is_empty() {
            return CheckResult::skipped("no certificate is presented");
        }
        let is_unknown =
            |message: &str| ["unknown authority", "not trusted"].iter().any(|text| message.contains(text));
        match (reach, self.trusting_file()) {
            (Some(Reach::Refused(message)), Some(_)) if !is_unknown(&message) => {
                CheckResult::skipped("the certificate comes first")
            }
            (Some(Reach::Refused(message)), file) => self.classify(Some(&message), file.is_some()).into(),
            (_, None) => match self.fault() {
                Some(why) => CheckResult::fault(why),
                None => self.classify(None, false).into(),
            },
            (Some(Reach::Unknown(message) | Reach::GaveUp(message)), Some(_)) => {
                CheckResult::fault(format!("the engine says: {message}"))
            }
            (None | Some(Reach::Accepted), Some(file)) => match self.seen.registries.get(&case.registry) {
                Some(Asked::Failed(why)) => CheckResult::fault(why.clone()),
                _ => CheckResult::passed(format!("{file} holds the CA; the engine was not asked")),
            },
        }
    }

    /// What makes every request fail that would read the folder: by the files, or by its words where the files do
    /// not show it.
    fn fatal(&self, reach: Option<&Reach>) -> Option<Finding> {
        let actor = self.engine.owner.clone().map_or(Actor::Machine, Actor::User);
        let folder = RegistryFolder { path: self.folder(), actor };
        let in_files = self.exact().and_then(|seen| folder.fatal(seen, Reader::Docker));
        in_files.or_else(|| match reach {
            Some(Reach::GaveUp(message)) => folder.named_by_engine(message),
            _ => None,
        })
    }
}
