//! Whether what answers is a container registry.

use super::{Check, Verdict};
use crate::doctor::{
    Case, Code, Finding, Severity,
    evidence::{Asked, Http},
};

pub const CHECK: Check = Check { id: "registry", title: "registry", codes: &[&NOT_A_REGISTRY], judge };

const NOT_A_REGISTRY: Code = Code { id: "not-a-registry", severity: Severity::Error, explains: &[] };

fn judge(case: &Case<'_>) -> Verdict {
    match case.registry_server().map(|server| &server.answer) {
        None | Some(Asked::Not) => Verdict::skipped("TLS comes first"),
        Some(Asked::Failed(why)) => Verdict::fault(why.clone()),
        Some(Asked::Answered(answer)) => judge_answer(case, answer),
    }
}

fn judge_answer(case: &Case<'_>, answer: &Http) -> Verdict {
    if answer.headers.contains_key("docker-distribution-api-version") {
        return Verdict::passed(format!("answers {}", answer.status));
    }
    let what = format!("{} answers {}, and is no registry", case.endpoint(), answer.status);
    Finding::new(
        &NOT_A_REGISTRY,
        what,
        "docker login calls any page that answers 200 a success, and every pull fails",
    )
    .into()
}
