//! Asks the servers: how far a connection comes, and what each answers.

use std::time::{Duration, Instant};

use labtrust_machine::{
    handshake,
    reach::{Reached, Step, Tls, reach},
};
use labtrust_plan::Endpoint;

use super::{
    connect,
    time_budget::{LATE, TimeBudget, left},
    token,
};
use crate::doctor::{
    evidence::{Http, RealmSeen, Redacted, ServerSeen},
    http::{self, Answer},
};

/// The time limit for resolving a name that was resolved before.
const RESOLVE: Duration = Duration::from_millis(250);

/// The evidence about `endpoint`, one of the endpoints `asked`, and about the token service that it names. The token
/// service is asked at once, because the questions to other ports or to a daemon may use all the time.
pub(super) fn ask(
    endpoint: &Endpoint,
    asked: &[Endpoint],
    budget: &TimeBudget,
) -> (ServerSeen, Option<RealmSeen>) {
    let (server, answer) = ask_port(endpoint, budget);
    if answer.is_some() {
        budget.note_answer(endpoint.port, server.is_registry());
    }
    let realm = answer.and_then(|answer| realm(&answer, endpoint, asked, budget));
    (server, realm)
}

/// The evidence about `endpoint`, and the original answer.
fn ask_port(endpoint: &Endpoint, budget: &TimeBudget) -> (ServerSeen, Option<Answer>) {
    let to_reach = endpoint.clone();
    let reached = budget.ask(endpoint, move |limit| reach(&to_reach, limit));
    let reached = reached.unwrap_or_else(|| unanswered(endpoint));
    let get = |scheme: &str| {
        let url = format!("{scheme}://{endpoint}/v2/");
        let answer = budget.ask(endpoint, move |limit| http::get(&url, limit));
        answer.unwrap_or_else(|| Err(LATE.into()))
    };
    let is_not_tls = |(_, step): &(_, Step)| matches!(step, Step::Connected(Tls::NotTls));
    let answer = reached.chain().is_some().then(|| get("https"));
    let plain = reached.addresses().iter().any(is_not_tls).then(|| get("http"));
    let seen = ServerSeen {
        endpoint: endpoint.clone(),
        reached,
        answer: http::evidence_of(answer.as_ref()),
        plain: http::evidence_of(plain.as_ref()),
    };
    (seen, answer.and_then(Result::ok).or(plain.and_then(Result::ok)))
}

/// The result for an endpoint that is not waited for any longer.
fn unanswered(endpoint: &Endpoint) -> Reached {
    match handshake::resolve(endpoint, RESOLVE) {
        Ok(addresses) => {
            Reached::Addresses(addresses.into_iter().map(|address| (address, Step::TimedOut)).collect())
        }
        Err(error) => Reached::Nowhere(error.to_string()),
    }
}

/// The evidence about the token service that `answer` names, if any.
fn realm(answer: &Answer, registry: &Endpoint, asked: &[Endpoint], budget: &TimeBudget) -> Option<RealmSeen> {
    let url = answer.challenge("realm")?;
    let service = answer.challenge("service");
    // A URL with another scheme than https:// is not asked: the URL itself is the problem. A user and password before
    // the host are not sent.
    let rest = url.strip_prefix("https://").map(|rest| rest.split_once('@').map_or(rest, |(_, rest)| rest));
    let authority = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    let target: Option<labtrust_plan::Target> = authority.and_then(|authority| authority.parse().ok());
    let bare = format!("https://{}", rest.unwrap_or_default());
    let endpoint = target.map(|target| target.or_port(443));
    let bare = with_service(&bare, service);
    let answer = endpoint.as_ref().map(|endpoint| ask_realm(endpoint, &bare, budget));
    let token = answer
        .as_ref()
        .and_then(|answer| token::present(&bare, answer.as_ref().ok()?, registry, budget.deadline));
    let front = answer.as_ref().filter(|answer| answer.is_ok()).zip(endpoint.as_ref());
    let front = front
        .and_then(|(_, endpoint)| http::get(&format!("https://{endpoint}/"), left(budget.deadline)).ok());
    let limit = match &answer {
        Some(Err(_)) => budget.connect_limit(),
        _ => left(budget.deadline),
    };
    let reached = (endpoint.as_ref().filter(|endpoint| !asked.contains(endpoint)))
        .map(|endpoint| reach(endpoint, limit));
    Some(RealmSeen {
        url: Redacted::url(url),
        service: service.map(Redacted::from),
        endpoint,
        reached,
        answer: http::evidence_of(answer.as_ref()),
        token,
        front: front.as_ref().map(Http::from),
    })
}

/// The answer of the token service at `url`, whose endpoint is `endpoint`. The connection is tried twice, because one
/// packet may be lost.
fn ask_realm(endpoint: &Endpoint, url: &str, budget: &TimeBudget) -> Result<Answer, String> {
    let connect = || connect::connect(endpoint, Instant::now() + budget.connect_limit());
    let answer = connect().or_else(|_| connect()).and_then(|_| http::get(url, left(budget.deadline)));
    answer.inspect_err(|_| budget.note_impossible_login())
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
