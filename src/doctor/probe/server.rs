//! Asks the servers: how far a connection comes, and what each answers.

use std::{net::SocketAddr, time::Duration};

use labtrust_machine::{
    dial, handshake,
    reach::{Reached, Reaching, Step, reach},
};
use labtrust_plan::Endpoint;

use super::{
    time_budget::{LATE, TimeBudget, left},
    token,
};
use crate::doctor::{
    evidence::{Http, RealmSeen, Redacted, ServerSeen},
    http::{self, Answer},
};

/// The time limit for resolving a name that was resolved before.
const RESOLVE: Duration = Duration::from_millis(250);

/// The evidence about `endpoint`, one of the endpoints `asked`, and about the token service that it names. Both are
/// asked as soon as one address of the name answers, because other addresses, other ports or a daemon may use all the
/// time.
pub(super) fn ask(
    endpoint: &Endpoint,
    asked: &[Endpoint],
    budget: &TimeBudget,
) -> (ServerSeen, Option<RealmSeen>) {
    let port = endpoint.port;
    let mut reaching = Reaching::begin(endpoint, left(budget.deadline));
    wait(&mut reaching, port, budget, |reaching| reaching.with_tls().is_some());
    let get = |scheme: &str, address: Option<SocketAddr>| {
        let (url, address) = (format!("{scheme}://{endpoint}/v2/"), address?);
        let answer = budget.ask(endpoint, move |limit| http::get_from(address, &url, limit));
        Some(answer.unwrap_or_else(|| Err(LATE.into())))
    };
    let answer = get("https", reaching.with_tls());
    // If no address speaks TLS, all are known by now.
    let plain = answer.is_none().then(|| get("http", reaching.without_tls())).flatten();
    let first = answer.as_ref().or(plain.as_ref()).and_then(|answer| answer.as_ref().ok());
    let seen = http::evidence_of(answer.as_ref());
    if first.is_some() {
        budget.note_answer(port, seen.answer().is_some_and(Http::is_of_registry));
    }
    budget.note_end(port);
    let realm = first.and_then(|first| realm(first, endpoint, asked, budget));
    wait(&mut reaching, port, budget, |_| false);
    let plain = plain.or_else(|| get("http", reaching.without_tls()));
    let server = ServerSeen {
        endpoint: endpoint.clone(),
        reached: reaching.reached().unwrap_or_else(|| unanswered(endpoint)),
        answer: seen,
        plain: http::evidence_of(plain.as_ref()),
    };
    (server, realm)
}

/// Waits until enough is known, or all, or until the port is not needed.
fn wait(reaching: &mut Reaching, port: u16, budget: &TimeBudget, is_enough: impl Fn(&Reaching) -> bool) {
    while !is_enough(reaching) && !reaching.is_settled() && budget.is_needed(port) {
        reaching.advance();
        if reaching.is_open() {
            budget.note_open(port);
        }
    }
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
    let answer = endpoint.as_ref().map(|endpoint| ask_realm(endpoint, &bare, registry, budget));
    let token = answer
        .as_ref()
        .and_then(|answer| token::present(&bare, answer.as_ref().ok()?, registry, budget.deadline));
    let front = answer.as_ref().filter(|answer| answer.is_ok()).zip(endpoint.as_ref());
    let front = front
        .and_then(|(_, endpoint)| http::get(&format!("https://{endpoint}/"), left(budget.deadline)).ok());
    let limit = |endpoint: &Endpoint| match &answer {
        Some(Err(_)) => budget.connect_limit(registry, endpoint),
        _ => left(budget.deadline),
    };
    let reached = (endpoint.as_ref().filter(|endpoint| !asked.contains(endpoint)))
        .map(|endpoint| reach(endpoint, limit(endpoint)));
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
fn ask_realm(
    endpoint: &Endpoint,
    url: &str,
    registry: &Endpoint,
    budget: &TimeBudget,
) -> Result<Answer, String> {
    let limit = budget.connect_limit(registry, endpoint);
    let connect = |addresses: &[SocketAddr]| dial::connect(addresses, limit.min(left(budget.deadline)));
    let addresses = handshake::resolve(endpoint, left(budget.deadline)).map_err(|error| error.to_string());
    let connected = addresses.and_then(|addresses| connect(&addresses).or_else(|_| connect(&addresses)));
    let answer = connected.and_then(|(_, address)| http::get_from(address, url, left(budget.deadline)));
    answer.inspect_err(|_| budget.note_impossible_login(registry.port))
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
