//! Checks that a container registry answers.

use labtrust_plan::Endpoint;

use super::{
    Check, CheckResult,
    answer::{self, Exchange, FORBIDDEN, PASSWORD, RATE_LIMITED, REDIRECT_LOOP},
    forwarded::{self, HEADERS_MISSING},
};
use crate::doctor::{
    Case, Code, Finding,
    case::WEB,
    evidence::{Asked, Http},
};

pub(crate) const CHECK: Check = Check {
    id: "registry",
    title: "registry",
    codes: &[
        &BACKEND_DOWN,
        &HEADERS_MISSING,
        &REDIRECT_LOOP,
        &REDIRECTED,
        &PASSWORD,
        &FORBIDDEN,
        &RATE_LIMITED,
        &WRONG_HOST,
        &NOT_A_REGISTRY,
    ],
    judge,
};

/// The port check finds this code: on a wrong port, there is no other problem.
pub(crate) const OTHER_PORT: Code = Code::error("registry-other-port").explaining(&[
    "not-tls",
    "client-certificate-wanted",
    "redirect-loop",
    "registry-redirected",
    "password-in-front",
    "access-forbidden",
    "rate-limited",
    "registry-wrong-host",
    "not-a-registry",
]);
const BACKEND_DOWN: Code = Code::error("registry-backend-down");
const REDIRECTED: Code = Code::error("registry-redirected");
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
        Some(asked) if asked.wants_certificate() => {
            answer::result(case, answer::certificate_wanted(case, case.endpoint()))
        }
        Some(Asked::Failed(why)) => CheckResult::fault(why.clone()),
        Some(Asked::Answered(answer)) => judge_answer(case, answer),
    }
}

fn judge_answer(case: &Case<'_>, answer: &Http) -> CheckResult {
    let status = answer.status;
    if status < 500 && answer.is_of_registry() {
        return CheckResult::passed(format!("answers {status}"));
    }
    let url = format!("https://{}/v2/", case.endpoint());
    let exchange = Exchange { url: &url, answer };
    let finding = backend_down(case, answer)
        .or_else(|| gitlabs_page(answer).map(|page| wrong_host(case, status, page)))
        .or_else(|| exchange.finding(&case.endpoint()))
        .or_else(|| forwarded::of_redirect(case, &exchange))
        .or_else(|| redirected(&exchange))
        .or_else(|| other_site(answer).map(|site| wrong_host(case, status, site)))
        .unwrap_or_else(|| not_a_registry(case, status));
    answer::result(case, finding)
}

/// The finding that the web server does not get an answer from the registry behind it.
fn backend_down(case: &Case<'_>, answer: &Http) -> Option<Finding> {
    let (endpoint, status) = (case.endpoint(), answer.status);
    let is_plain = status == 400 && PLAIN_PAGES.iter().any(|page| answer.body.contains(page));
    let (what, why, advice) = match status {
        500.. => (
            format!("{endpoint} answers {status}: the registry behind the web server does not answer"),
            "the web server accepts the request, but cannot pass it on to the registry",
            "on the server, check that the registry is running, and read its log: sudo gitlab-ctl status registry; \
             sudo gitlab-ctl tail registry",
        ),
        _ if is_plain => (
            format!("{endpoint} answers {status}: the server behind it expects HTTPS, and gets plain HTTP"),
            "the reverse proxy ends TLS and forwards plain HTTP to a port that speaks TLS",
            "in the reverse proxy, forward to https:// (in nginx: proxy_pass https://…), or make GitLab serve plain HTTP \
             behind it: registry_nginx['listen_https'] = false in gitlab.rb, then sudo gitlab-ctl reconfigure",
        ),
        _ => return None,
    };
    Some(Finding::new(&BACKEND_DOWN, what, why).advise(advice))
}

/// Pages of a server that speaks TLS about a request in plain HTTP: nginx, Go.
const PLAIN_PAGES: [&str; 2] =
    ["plain HTTP request was sent to HTTPS port", "Client sent an HTTP request to an HTTPS server"];

/// The finding of a redirect to another page than the registry's.
fn redirected(exchange: &Exchange<'_>) -> Option<Finding> {
    let target = exchange.target()?;
    let what = format!("{} redirects to {target}", exchange.url);
    let why = "a registry redirects nobody: a sign-in page, a portal or another site answers in its place, and docker \
               login calls a page behind it a success";
    Some(Finding::new(&REDIRECTED, what, why).advise(
        "the portal or reverse proxy must let requests for /v2/ and /jwt/auth pass without its own sign-in: the registry \
         asks for a login itself. If the registry has moved, log in at its new address",
    ))
}

fn wrong_host(case: &Case<'_>, status: u16, whose: &str) -> Finding {
    let what = format!("{} answers {status}: {whose}, not the registry", case.endpoint());
    Finding::new(&WRONG_HOST, what, "the web server sends the request to another of its sites").advise(
        "on the server, set registry_external_url in gitlab.rb to this host and port, then: sudo gitlab-ctl \
         reconfigure. A reverse proxy must pass this name and port on to the registry",
    )
}

fn not_a_registry(case: &Case<'_>, status: u16) -> Finding {
    let why = match status {
        200..300 => "docker login reports success for any page that answers 200, but every pull fails",
        _ => "a registry answers 401, and asks for a login",
    };
    let what = format!("{} answers {status}, but is not a registry", case.endpoint());
    Finding::new(&NOT_A_REGISTRY, what, why)
        .advise("use the address that GitLab shows at Deploy > Container registry")
}

/// GitLab itself, if it answered.
fn gitlabs_page(answer: &Http) -> Option<&'static str> {
    let leads_to_sign_in = answer.headers.get("location").is_some_and(|url| url.contains("/users/sign_in"));
    let is_gitlabs = leads_to_sign_in || answer.is_of_dependency_proxy() || answer.body.contains("GitLab");
    is_gitlabs.then_some("this is GitLab's own page")
}

/// A site of the web server that has no such page.
fn other_site(answer: &Http) -> Option<&'static str> {
    matches!(answer.status, 404 | 421).then_some("this is another site of the web server")
}
