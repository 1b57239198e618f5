//! Asks the servers: how far a connection comes, and what each answers.

use std::time::Instant;

use labtrust_machine::reach::{Step, Tls, reach};
use labtrust_plan::Endpoint;

use super::time_budget::{TimeBudget, left};
use crate::doctor::{
    evidence::{Asked, Http, RealmSeen, Redacted, ServerSeen},
    http::{self, Answer},
};

/// The evidence about `endpoint`, one of the endpoints `asked`, and about the token service that it names. The token
/// service is asked at once, because the questions to other ports or to a daemon may use all the time.
pub(super) fn ask(
    endpoint: &Endpoint,
    asked: &[Endpoint],
    budget: &TimeBudget,
) -> (ServerSeen, Option<RealmSeen>) {
    let (server, answer) = ask_port(endpoint, budget);
    if server.is_registry() {
        budget.registry_was_found();
    }
    let realm = answer.and_then(|answer| realm(&answer, asked, budget.deadline));
    (server, realm)
}

/// The evidence about `endpoint`, and the original answer.
fn ask_port(endpoint: &Endpoint, budget: &TimeBudget) -> (ServerSeen, Option<Answer>) {
    let deadline = budget.deadline;
    let reached = budget.ask(endpoint, |limit| reach(endpoint, limit));
    let get = |scheme: &str| http::get(&format!("{scheme}://{endpoint}/v2/"), left(deadline));
    let is_not_tls = |(_, step): &(_, Step)| matches!(step, Step::Connected(Tls::NotTls));
    let answer = reached.chain().is_some().then(|| get("https"));
    let plain = reached.addresses().iter().any(is_not_tls).then(|| get("http"));
    let seen = ServerSeen {
        endpoint: endpoint.clone(),
        reached,
        answer: evidence_of(answer.as_ref()),
        plain: evidence_of(plain.as_ref()),
    };
    (seen, answer.and_then(Result::ok).or(plain.and_then(Result::ok)))
}

fn evidence_of(answer: Option<&Result<Answer, String>>) -> Asked<Http> {
    answer.map_or(Asked::Not, |answer| answer.as_ref().map(Http::from).into())
}

/// The evidence about the token service that `answer` names, if any.
fn realm(answer: &Answer, asked: &[Endpoint], deadline: Instant) -> Option<RealmSeen> {
    let url = answer.challenge("realm")?;
    let service = answer.challenge("service");
    // A URL with another scheme than https:// is not asked: the URL itself is the problem. A user and password before
    // the host are not sent.
    let rest = url.strip_prefix("https://").map(|rest| rest.split_once('@').map_or(rest, |(_, rest)| rest));
    let authority = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    let target: Option<labtrust_plan::Target> = authority.and_then(|authority| authority.parse().ok());
    let bare = format!("https://{}", rest.unwrap_or_default());
    let endpoint = target.map(|target| target.or_port(443));
    let reached = (endpoint.as_ref().filter(|endpoint| !asked.contains(endpoint)))
        .map(|endpoint| reach(endpoint, left(deadline)));
    let answer = match &endpoint {
        Some(_) => evidence_of(Some(&http::get(&with_service(&bare, service), left(deadline)))),
        None => Asked::Not,
    };
    Some(RealmSeen {
        url: Redacted::url(url),
        service: service.map(Redacted::from),
        endpoint,
        reached,
        answer,
    })
}

/// The token service's URL with the parameter `service`.
fn with_service(url: &str, service: Option<&str>) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    match service {
        Some(service)
            if service.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~:".contains(&byte)) =>
        {
            format!("{url}{separator}service={service}")
        }
        _ => url.to_owned(),
    }
}
