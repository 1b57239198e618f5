//! Checks the GitLab on this machine, if it is the server: its ports, its certificate and key, its settings.

mod pair;
mod port;
mod settings;
mod subject;
mod token_keys;

use self::subject::Server;
use super::{Check, CheckResult};
use crate::doctor::{Case, Finding, evidence::Asked};

pub(crate) const CHECK: Check = Check {
    id: "server",
    title: "GitLab server",
    codes: &[
        &port::TAKEN,
        &port::NOT_PUBLISHED,
        &settings::IGNORED,
        &pair::OVERRIDDEN,
        &pair::MISMATCH,
        &pair::NOT_ON_DISK,
        &token_keys::KEY_MISMATCH,
        &token_keys::ISSUER_MISMATCH,
        &settings::LETS_ENCRYPT,
    ],
    judge,
};

fn judge(case: &Case<'_>) -> CheckResult {
    let Some(gitlab) = &case.evidence.gitlab else {
        return CheckResult::skipped("GitLab is not on this machine");
    };
    let settings = match &gitlab.settings {
        Asked::Answered(settings) => settings,
        Asked::Failed(why) if case.evidence.facts.is_root() => {
            return CheckResult::fault(format!("{}: {why}", gitlab.title));
        }
        Asked::Failed(why) => {
            return CheckResult::fault(format!("{}: {why}; run the doctor as root", gitlab.title));
        }
        Asked::Not => return CheckResult::fault(format!("{} was not checked", gitlab.title)),
    };
    let server = Server { case, gitlab, settings };
    let mut findings: Vec<Finding> = Vec::new();
    // If another web server ends TLS, no client connects to GitLab's own.
    if settings.served_elsewhere.is_none() {
        findings.extend(port::findings(server));
        findings.extend(pair::findings(server));
    }
    findings.extend(token_keys::findings(server));
    findings.extend(settings::findings(server));
    if findings.is_empty()
        && let Some(why) = pair::fault(server).or_else(|| settings::unread(server))
    {
        return CheckResult::fault(why);
    }
    CheckResult::of(&gitlab.title, findings)
}

#[cfg(test)]
mod tests;
