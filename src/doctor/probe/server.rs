//! Asks the servers: how far a connection comes, and what each answers.

use std::{net::SocketAddr, thread, time::Duration};

use labtrust_machine::{
    dial, handshake,
    reach::{Reached, Reaching, Step, reach},
};
use labtrust_plan::{Endpoint, Target};

use super::{
    task::joined,
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
    // A URL with another scheme than https:// is not asked: the URL itself is the problem.
    let (endpoint, bare) = to_ask(url).unzip();
    let bare = with_service(bare.as_deref().unwrap_or_default(), service);
    let answer = endpoint.as_ref().map(|endpoint| ask_realm(endpoint, &bare, registry, budget));
    let limit = |endpoint: &Endpoint| match &answer {
        Some(Err(_)) => budget.connect_limit(registry, endpoint),
        _ => left(budget.deadline),
    };
    let good = answer.as_ref().and_then(|answer| answer.as_ref().ok());
    let (reached, front, token) = thread::scope(|scope| {
        // These questions must not use the time of others.
        let until = budget.end_of_optional();
        let front = good.and(endpoint.as_ref()).map(|endpoint| format!("https://{endpoint}/"));
        let front = scope.spawn(move || http::get(&front?, left(until)).ok());
        let given = good.filter(|_| budget.is_judged(registry.port)).map(|answer| (answer, bare.as_str()));
        let token =
            scope.spawn(move || given.and_then(|(answer, url)| token::present(url, answer, registry, until)));
        let reached = (endpoint.as_ref().filter(|endpoint| !asked.contains(endpoint)))
            .map(|endpoint| reach(endpoint, limit(endpoint)));
        (reached, joined(front), joined(token))
    });
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

/// The endpoint to ask for `url`, and the URL without a user and password, which are not sent; none if it does not begin
/// with https://.
fn to_ask(url: &str) -> Option<(Endpoint, String)> {
    let rest = url.strip_prefix("https://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let target: Target = host.parse().ok()?;
    Some((target.or_port(443), format!("https://{host}{path}")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_before_the_host_is_not_sent_and_a_query_is_no_host() {
        for (url, expected) in [
            ("https://h/jwt/auth", Some(("h:443", "https://h/jwt/auth"))),
            ("https://h:8443", Some(("h:8443", "https://h:8443"))),
            ("https://h?account=me@other:1", Some(("h:443", "https://h?account=me@other:1"))),
            ("https://h/me@other/auth", Some(("h:443", "https://h/me@other/auth"))),
            ("https://user:pa@ss@h/auth", Some(("h:443", "https://h/auth"))),
            ("https://[2001:db8::1]:8443/a", Some(("[2001:db8::1]:8443", "https://[2001:db8::1]:8443/a"))),
            ("https:///auth", None),
            ("http://h/auth", None),
        ] {
            let found = to_ask(url).map(|(endpoint, url)| (endpoint.to_string(), url));
            let found = found.as_ref().map(|(endpoint, url)| (endpoint.as_str(), url.as_str()));
            assert_eq!(found, expected, "{url}");
        }
    }
}
