//! Checks that the daemon's proxy works for the registry, or that the daemon bypasses it.

pub(crate) mod code;
mod fix;
mod intercepted;
mod lost;
mod tools;
mod view;
mod who_refuses;
mod wording;

use labtrust_machine::engine;

pub(crate) use self::tools::CHECK as TOOLS;
use self::{
    code::{
        INEFFECTIVE, INTERCEPTED, NEEDS_RESTART, NOT_BYPASSED, PERCENT_SIGN, PORT_ONLY, UNREACHABLE, UNUSED,
        URL_INVALID, WRONG_SCHEME,
    },
    view::View,
};
use super::{Check, CheckResult, engine::remote};
use crate::doctor::{Case, evidence::Asked};

pub(crate) const CHECK: Check = Check {
    id: "proxy",
    title: "Docker proxy",
    codes: &[
        &PERCENT_SIGN,
        &URL_INVALID,
        &WRONG_SCHEME,
        &UNREACHABLE,
        &NEEDS_RESTART,
        &PORT_ONLY,
        &INEFFECTIVE,
        &UNUSED,
        &NOT_BYPASSED,
        &INTERCEPTED,
    ],
    judge,
};

fn judge(case: &Case<'_>) -> CheckResult {
    if let Some(at) = remote(case) {
        return CheckResult::skipped(format!("not checked (the docker command uses the daemon at {at})"));
    }
    let Some((engine, fact)) = case.engine() else {
        return CheckResult::skipped("not checked (no Docker daemon)");
    };
    if fact.is_some_and(|fact| fact.kind.is_podman()) {
        return CheckResult::skipped("not checked (podman's service uses its own environment)");
    }
    let info = match &engine.info {
        Asked::Answered(info) => info,
        Asked::Failed(why) => return CheckResult::fault(why.clone()),
        Asked::Not => return CheckResult::skipped("not checked (the Docker daemon could not be asked)"),
    };
    if info.is_desktop() {
        return CheckResult::passed("Docker Desktop uses its own proxy settings");
    }
    let go = engine.version.answer().map_or("", |version| &version.go);
    let view = View { case, engine, fact, told: info.into(), go };
    let finding = match engine.registries.get(&case.registry) {
        None | Some(Asked::Not) => None,
        Some(Asked::Failed(why)) => view.proxy_fault(why),
        Some(Asked::Answered(body)) => match engine::reach_from_answer(body) {
            // The daemon speaks TLS with the registry, so a proxy works.
            engine::Reach::Accepted | engine::Reach::GaveUp(_) => None,
            engine::Reach::Refused(_) => intercepted::finding(&view),
            engine::Reach::Unknown(message) => view.proxy_fault(&message),
        },
    };
    finding.map_or_else(|| view.summary(), CheckResult::from)
}

#[cfg(test)]
mod tests;
