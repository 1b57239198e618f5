//! Checks that the Docker daemons trust the registry. Each daemon is asked; if that is not possible, its files are
//! judged.

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
    title: "trust: Docker",
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
        // Docker Desktop and Colima share a folder.
        if folders.contains(&&engine_trust.engine.certs_d) {
            continue;
        }
        folders.push(&engine_trust.engine.certs_d);
        let next = engine_trust.result();
        combined = Some(match combined {
            None => next,
            // A result with findings comes first.
            Some(first) if first.findings.is_empty() && !next.findings.is_empty() => next,
            Some(first) => first.with(next.findings),
        });
    }
    combined.unwrap_or_else(|| CheckResult::skipped("not checked (no Docker daemon)"))
}

impl EngineTrust<'_> {
    fn result(&self) -> CheckResult {
        let (case, endpoint) = (self.case, self.case.endpoint());
        let reach = case.reach_of(self.seen);
        let insecure = insecure::finding(case, self.seen);
        // A current daemon then also asks over plain HTTP, and reports the HTTPS port's answer to that.
        let is_refused = matches!(reach, Some(Reach::Refused(_) | Reach::GaveUp(_)));
        let is_unverified = insecure.is_some() && !case.chain.is_empty() && !is_refused;
        if reach == Some(Reach::Accepted) || is_unverified {
            let insecure = insecure.into_iter().collect();
            let pulls = self.failing_pulls().into_iter().collect();
            return CheckResult::of(format!("Docker accepts {endpoint}"), pulls).with(insecure);
        }
        let fatal: Vec<Finding> = self.fatal(reach.as_ref()).into_iter().collect();
        let result = self.unaccepted(reach);
        if fatal.is_empty() {
            return result;
        }
        CheckResult::of("", fatal).with(result.findings)
    }

    /// The result for a daemon that did not report that it accepts the registry, by its message and its files.
    fn unaccepted(&self, reach: Option<Reach>) -> CheckResult {
        let case = self.case;
        if let Some(realm) = &case.evidence.realm
            && case.refusal_of(&realm.url).is_some()
        {
            return CheckResult::passed("Docker trusts the registry, but not its token service");
        }
        if case.chain.is_empty() {
            return CheckResult::skipped("not checked (no certificate received)");
        }
        match (reach, self.trusting_file()) {
            (Some(Reach::Refused(message)), Some(_)) if !is_about_ca(&message) => {
                CheckResult::skipped("not checked (see certificate)")
            }
            (Some(Reach::Refused(message)), file) => self.classify(Some(&message), file.is_some()).into(),
            (_, None) => match self.fault() {
                Some(why) => CheckResult::fault(why),
                None => self.classify(None, false).into(),
            },
            (Some(Reach::Unknown(_)), Some(_)) if case.answers_otherwise() => {
                CheckResult::skipped("not checked (see registry)")
            }
            (Some(Reach::Unknown(message) | Reach::GaveUp(message)), Some(_)) => {
                CheckResult::fault(format!("Docker reports: {message}"))
            }
            (None | Some(Reach::Accepted), Some(file)) => match self.seen.registries.get(&case.registry) {
                Some(Asked::Failed(why)) => CheckResult::fault(why.clone()),
                _ => CheckResult::passed(format!("CA in {file} (the Docker daemon was not asked)")),
            },
        }
    }

    /// The finding of a file that makes every request fail: by the files, or by the daemon's message if the files do
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

/// Whether a daemon's `message` about a certificate is about its CA, not about its dates, names or purposes.
pub(crate) fn is_about_ca(message: &str) -> bool {
    ["unknown authority", "not trusted"].iter().any(|text| message.contains(text))
}
