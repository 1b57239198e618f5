//! Whether what answers is a container registry.

use super::{Check, CheckResult};
use crate::doctor::{
    Case, Code, Finding,
    evidence::{Asked, Http},
};

pub(crate) const CHECK: Check =
    Check { id: "registry", title: "registry", codes: &[&BACKEND_DOWN, &WRONG_HOST, &NOT_A_REGISTRY], judge };

/// Found where the port is looked at: whoever asks at a wrong one has no other fault.
pub(crate) const OTHER_PORT: Code =
    Code::error("registry-other-port").explaining(&["not-tls", "registry-wrong-host", "not-a-registry"]);
const BACKEND_DOWN: Code = Code::error("registry-backend-down");
const WRONG_HOST: Code = Code::error("registry-wrong-host");
const NOT_A_REGISTRY: Code = Code::error("not-a-registry");

/// That the registry is on another port than the one that was asked for, if it is.
pub(crate) fn on_other_port(case: &Case<'_>) -> Option<Finding> {
    let asked = case.registry_server()?;
    let is_down = |answer: &Http| answer.status >= 500;
    if asked.is_registry() || asked.answer.answer().is_some_and(is_down) {
        return None;
    }
    let other = &case.evidence.servers.iter().find(|server| server.is_registry())?.endpoint;
    let what = format!("the registry is at {other}, and not on port {}", case.registry);
    let why = "docker asks for the port that stands in the image's name, and for no other";
    Some(Finding::new(&OTHER_PORT, what, why).run(["docker", "login", &other.to_string()]))
}

fn judge(case: &Case<'_>) -> CheckResult {
    match case.registry_server().map(|server| &server.answer) {
        None | Some(Asked::Not) => CheckResult::skipped("TLS comes first"),
        Some(Asked::Failed(why)) => CheckResult::fault(why.clone()),
        Some(Asked::Answered(answer)) => judge_answer(case, answer),
    }
}

fn judge_answer(case: &Case<'_>, answer: &Http) -> CheckResult {
    let (endpoint, status) = (case.endpoint(), answer.status);
    if status >= 500 {
        return Finding::new(
            &BACKEND_DOWN,
            format!("{endpoint} answers {status}: the registry behind that web server does not"),
            "the web server accepts the connection and has nobody to hand the request to",
        )
        .advise(
            "on the server, see whether it runs and what it says: gitlab-ctl status registry; gitlab-ctl tail registry",
        )
        .into();
    }
    if answer.is_of_registry() {
        return CheckResult::passed(format!("answers {status}"));
    }
    if let Some(whose) = other_site(answer) {
        return Finding::new(
            &WRONG_HOST,
            format!("{endpoint} answers {status}: {whose}, not the registry"),
            "the web server takes the request for that of another of its sites",
        )
        .advise(
            "on the server, let registry_external_url in gitlab.rb name this host and port, then: gitlab-ctl reconfigure; \
             behind a reverse proxy, pass this name and port on to the registry",
        )
        .into();
    }
    Finding::new(
        &NOT_A_REGISTRY,
        format!("{endpoint} answers {status}, and is no registry"),
        "docker login calls any page that answers 200 a success, and every pull fails",
    )
    .advise("name the registry as GitLab's page Deploy > Container registry shows it")
    .into()
}

/// Whose answer it is, if it is known whose: GitLab's own, or that of a site which has no such page.
fn other_site(answer: &Http) -> Option<&'static str> {
    let leads_to_sign_in = answer.headers.get("location").is_some_and(|url| url.contains("/users/sign_in"));
    if leads_to_sign_in || answer.is_of_dependency_proxy() || answer.body.contains("GitLab") {
        return Some("that is GitLab's own page");
    }
    (answer.status == 404).then_some("that is another site of this web server")
}
