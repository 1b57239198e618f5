//! Gathers the evidence. All questions run at once, each with a time limit. Nothing is changed or pulled, and no
//! credentials are sent.

mod certs_d;
mod client;
mod connect;
mod daemon;
mod engine;
mod gitlab;
mod served;
mod server;
mod socks;
mod task;
mod time_budget;
mod token;
mod trust;

use std::{thread, time::Duration};

use labtrust_machine::{World, engine::SocketState};
use labtrust_plan::Endpoint;
#[cfg(fuzzing)]
use labtrust_plan::Host;
use time::OffsetDateTime;

use self::{task::seen_or_noted, time_budget::TimeBudget};
use super::{
    Question,
    case::{Case, REGISTRIES, WEB},
    evidence::{Evidence, Redacted, SCHEMA, TrustSeen},
};

/// The time limit for all questions together.
const LIMIT: Duration = Duration::from_secs(5);

/// Asks all questions. `person` has the rights of the person who is at work, who may have called sudo; none if these cannot be
/// had.
pub fn gather(question: &Question<'_>, person: Option<&World>) -> Evidence {
    let budget = TimeBudget::new(LIMIT, question.port);
    let deadline = budget.deadline;
    let endpoints = endpoints(question);
    let registry = Endpoint::new(question.host.clone(), question.port.unwrap_or(REGISTRIES[0]));
    let mut unseen = Vec::new();
    let (engines, servers, client, gitlabs) = thread::scope(|scope| {
        let gitlabs = scope.spawn(|| gitlab::find_all(question, &budget));
        let engines: Vec<_> = (question.facts.engines.iter())
            .map(|engine| scope.spawn(|| engine::ask(engine, question.facts, &endpoints, &registry, &budget)))
            .collect();
        let servers: Vec<_> = (endpoints.iter())
            .map(|endpoint| scope.spawn(|| server::ask(endpoint, &endpoints, &budget)))
            .collect();
        let client = scope.spawn(|| client::read(question, deadline));
        let engines: Vec<_> = (engines.into_iter().zip(&question.facts.engines))
            .map(|(probe, engine)| {
                let failed =
                    || engine::unasked(engine, SocketState::Unknown("internal error in labtrust".into()));
                seen_or_noted(probe, "a Docker daemon", &mut unseen).unwrap_or_else(failed)
            })
            .collect();
        let servers: Vec<_> = (servers.into_iter().zip(&endpoints))
            .filter_map(|(probe, endpoint)| seen_or_noted(probe, &endpoint.to_string(), &mut unseen))
            .collect();
        (
            engines,
            servers,
            seen_or_noted(client, "the proxy settings of the tools", &mut unseen).unwrap_or_default(),
            seen_or_noted(gitlabs, "GitLab on this machine", &mut unseen).unwrap_or_default(),
        )
    });
    let (servers, mut realms): (Vec<_>, Vec<_>) = servers.into_iter().unzip();
    let mut evidence = Evidence {
        schema: SCHEMA,
        labtrust: env!("CARGO_PKG_VERSION").into(),
        at: OffsetDateTime::now_utc(),
        host: question.host.clone(),
        port: question.port,
        facts: question.facts.without_settings(),
        engines,
        client,
        gitlab: servers.first().and_then(|server| gitlab::choose(gitlabs, question.host, &server.reached)),
        servers,
        realm: None,
        trust: TrustSeen::default(),
        unseen: unseen.into_iter().map(Redacted::from).collect(),
    };
    let registry = Case::new(&evidence).registry;
    let index = evidence.servers.iter().position(|server| server.endpoint.port == registry);
    evidence.realm = index.and_then(|index| realms.swap_remove(index));
    let endpoint = Endpoint::new(question.host.clone(), registry);
    evidence.client.login = Some(client::login_file(question.facts, &endpoint));
    // A tool of podman's family waits for a server that does not answer: such a server was seen already.
    if index.is_some_and(|index| evidence.servers[index].reached.is_open()) {
        evidence.client.containers = client::ask_container_tool(question.facts, person, &endpoint, deadline);
    }
    evidence.trust = trust::read(&World::here(), question, &evidence);
    evidence
}

/// The endpoints to ask: the port that the user named, and the usual ports of GitLab and of registries.
fn endpoints(question: &Question<'_>) -> Vec<Endpoint> {
    let mut ports: Vec<u16> = question.port.into_iter().chain([WEB]).chain(REGISTRIES).collect();
    ports.sort_unstable();
    ports.dedup();
    ports.into_iter().map(|port| Endpoint::new(question.host.clone(), port)).collect()
}

/// Runs every parser of files that can set a proxy.
#[cfg(fuzzing)]
#[allow(missing_docs, reason = "it is the parsers' own door")]
pub fn proxies(text: &str, host: &Host) {
    daemon::read_all(text);
    client::read_all(text, host);
}
