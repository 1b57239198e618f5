//! Checks that a container registry answers.

use labtrust_plan::Endpoint;

use super::{Check, CheckResult};
use crate::doctor::{
    Case, Code, Finding,
    case::WEB,
    evidence::{Asked, Http},
};

pub(crate) const CHECK: Check =
    Check { id: "registry", title: "registry", codes: &[&BACKEND_DOWN, &WRONG_HOST, &NOT_A_REGISTRY], judge };

/// The port check finds this code: on a wrong port, there is no other problem.
pub(crate) const OTHER_PORT: Code =
    Code::error("registry-other-port").explaining(&["not-tls", "registry-wrong-host", "not-a-registry"]);
const BACKEND_DOWN: Code = Code::error("registry-backend-down");
const WRONG_HOST: Code = Code::error("registry-wrong-host");
const NOT_A_REGISTRY: Code = Code::error("not-a-registry");

/// The finding that the registry is on another port than the user named, if so.
pub(crate) fn on_other_port(case: &Case<'_>) -> Option<Finding> {
    let asked = case.registry_server()?;
    if asked.is_registry() || asked.is_down() {
        return None;
    }
    let other = &case.evidence.servers.iter().find(|server| server.is_registry())?.endpoint;
    Some(other_port(other, format!("the registry is at {other}, not on port {}", case.registry)))
}

/// The finding that the user named no port, and that the registry is not on the port that Docker uses then.
pub(crate) fn needs_port(case: &Case<'_>) -> Option<Finding> {
    let is_elsewhere = case.evidence.port.is_none() && case.registry != WEB;
    is_elsewhere.then(|| {
        let endpoint = case.endpoint();
        let what = format!("docker login {} uses port {WEB}, but the registry is at {endpoint}", case.host());
        other_port(&endpoint, what)
    })
}

fn other_port(registry: &Endpoint, what: String) -> Finding {
    let finding = Finding::new(&OTHER_PORT, what, "Docker uses only the port in the image name");
    finding.advise("log in at that port:").run(["docker", "login", &registry.to_string()])
}

fn judge(case: &Case<'_>) -> CheckResult {
    match case.registry_server().map(|server| &server.answer) {
        None | Some(Asked::Not) => CheckResult::skipped("not checked (no TLS connection)"),
        Some(Asked::Failed(why)) => CheckResult::fault(why.clone()),
        Some(Asked::Answered(answer)) => judge_answer(case, answer),
    }
}

fn judge_answer(case: &Case<'_>, answer: &Http) -> CheckResult {
    let (endpoint, status) = (case.endpoint(), answer.status);
    if status >= 500 {
        return Finding::new(
            &BACKEND_DOWN,
            format!("{endpoint} answers {status}: the registry behind the web server does not answer"),
            "the web server accepts the request, but cannot pass it on to the registry",
        )
        .advise(
            "on the server, check that the registry is running, and read its log: sudo gitlab-ctl status registry; \
             sudo gitlab-ctl tail registry",
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
            "the web server sends the request to another of its sites",
        )
        .advise(
            "on the server, set registry_external_url in gitlab.rb to this host and port, then: sudo gitlab-ctl \
             reconfigure. A reverse proxy must pass this name and port on to the registry",
        )
        .into();
    }
    Finding::new(
        &NOT_A_REGISTRY,
        format!("{endpoint} answers {status}, but is not a registry"),
        "docker login reports success for any page that answers 200, but every pull fails",
    )
    .advise("use the address that GitLab shows at Deploy > Container registry")
    .into()
}

/// The site that answered, if it is known: GitLab itself, or a site without such a page.
fn other_site(answer: &Http) -> Option<&'static str> {
    let leads_to_sign_in = answer.headers.get("location").is_some_and(|url| url.contains("/users/sign_in"));
    if leads_to_sign_in || answer.is_of_dependency_proxy() || answer.body.contains("GitLab") {
        return Some("this is GitLab's own page");
    }
    (answer.status == 404).then_some("this is another site of the web server")
}
