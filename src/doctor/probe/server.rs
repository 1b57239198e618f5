//! Asks the servers: how far one comes, and what they answer there.

use std::time::Instant;

use labtrust_platform::{
    Endpoint,
    reach::{Step, Tls, reach},
};

use super::{left, patience::Patience};
use crate::doctor::{
    evidence::{Asked, Http, RealmSeen, ServerSeen},
    http,
};

/// What is seen at `endpoint`, one of those that are `asked`, and of the token service that is named there. That is
/// asked at once: at another port, or of an engine, the time may run out.
pub fn ask(endpoint: &Endpoint, asked: &[Endpoint], patience: &Patience) -> (ServerSeen, Option<RealmSeen>) {
    let server = look(endpoint, patience);
    if server.is_registry() {
        patience.registry_was_found();
    }
    let realm = realm(&server, asked, patience.deadline);
    (server, realm)
}

fn look(endpoint: &Endpoint, patience: &Patience) -> ServerSeen {
    let deadline = patience.deadline;
    let reached = patience.ask(endpoint, |limit| reach(endpoint, limit));
    let get = |scheme: &str| Asked::from(http::get(&format!("{scheme}://{endpoint}/v2/"), left(deadline)));
    let is_not_tls = |(_, step): &(_, Step)| matches!(step, Step::Connected(Tls::NotTls));
    let answer = if reached.chain().is_some() { get("https") } else { Asked::Not };
    let plain = if reached.addresses().iter().any(is_not_tls) { get("http") } else { Asked::Not };
    ServerSeen { endpoint: endpoint.clone(), reached, answer, plain }
}

/// The token service that `server` names, if it names one.
fn realm(server: &ServerSeen, asked: &[Endpoint], deadline: Instant) -> Option<RealmSeen> {
    let answer = server.answer.answer().or_else(|| server.plain.answer())?;
    let url = answer.challenge("realm")?.to_owned();
    let service = answer.challenge("service").map(str::to_owned);
    // Of another scheme, and over plain HTTP, nothing is asked: that it is named is what is found.
    let authority =
        url.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    let target: Option<labtrust_platform::Target> = authority.and_then(|authority| authority.parse().ok());
    let endpoint = target.map(|target| target.or_port(443));
    let reached = (endpoint.as_ref().filter(|endpoint| !asked.contains(endpoint)))
        .map(|endpoint| reach(endpoint, left(deadline)));
    let answer = match &endpoint {
        Some(_) => {
            http::get(&with_service(&url, service.as_deref()), left(deadline)).map(without_token).into()
        }
        None => Asked::Not,
    };
    Some(RealmSeen { url, service, endpoint, reached, answer })
}

/// What a token service answers, without the token, which is nobody's but whoever asked for it.
fn without_token(mut answer: Http) -> Http {
    if answer.body.contains("token\"") {
        answer.body = r#"{"token": "left out"}"#.into();
    }
    answer
}

/// The token service's URL with the service that a token is asked for.
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
