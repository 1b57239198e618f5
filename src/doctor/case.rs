//! The evidence as the checks see it: which server is the registry, and which chain it sent.

use std::{iter, path::Path};

use labtrust_machine::{
    engine::{self, SocketState},
    reach::Reached,
};
use labtrust_plan::{Certificate, Endpoint, Host, fact::Engine};

use super::evidence::{CertsDSeen, EngineSeen, Evidence, ServerSeen};
use crate::certificate::Parsed;

/// The default port of GitLab's own web server.
pub(super) const WEB: u16 = 443;
/// The usual ports of registries: the port in Omnibus's example, and the port that Omnibus chooses by itself.
pub(super) const REGISTRIES: [u16; 2] = [4567, 5050];

/// The evidence, with the registry picked out of it.
#[derive(Debug)]
pub struct Case<'e> {
    /// All of the evidence.
    pub evidence: &'e Evidence,
    /// The port to judge: the port that the user named; else the port that Docker uses for a host without a port, if a
    /// registry answers there; else the first usual port where a registry is, running or not; else Docker's port again.
    pub registry: u16,
    /// The chain that the registry sent, up to the first certificate that cannot be parsed.
    pub chain: Vec<Parsed>,
}

impl<'e> Case<'e> {
    /// Picks the registry out of `evidence`.
    pub fn new(evidence: &'e Evidence) -> Self {
        let is_registry = |port: &u16| server(evidence, *port).is_some_and(ServerSeen::is_registry);
        let is_down = |port: &u16| server(evidence, *port).is_some_and(ServerSeen::is_down);
        let registry = evidence
            .port
            .or_else(|| [WEB].into_iter().chain(REGISTRIES).find(is_registry))
            .or_else(|| REGISTRIES.into_iter().find(is_down))
            .unwrap_or(WEB);
        let chain = chain(server(evidence, registry).map(|seen| &seen.reached));
        Self { evidence, registry, chain }
    }

    /// How far a connection to `endpoint` came: to one of the servers or to the token service.
    pub fn reached(&self, endpoint: &Endpoint) -> Option<&'e Reached> {
        let server = self.evidence.servers.iter().find(|server| server.endpoint == *endpoint);
        let realm = self.evidence.realm.as_ref().filter(|realm| realm.endpoint.as_ref() == Some(endpoint));
        server.map(|server| &server.reached).or_else(|| realm?.reached.as_ref())
    }

    /// The host that the user named.
    pub fn host(&self) -> &'e Host {
        &self.evidence.host
    }

    /// The registry's endpoint.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.host().clone(), self.registry)
    }

    /// The daemon to judge, with its facts if there are any: the one that the docker command uses; else the first whose
    /// socket is open, else the first that exists, else the first.
    pub fn engine(&self) -> Option<(&'e EngineSeen, Option<&'e Engine>)> {
        let distance = |engine: &EngineSeen| match engine.socket_state {
            SocketState::Open => 0,
            SocketState::Forbidden | SocketState::Unknown(_) => 1,
            SocketState::NoListener | SocketState::Absent => 2,
        };
        self.pairs().min_by_key(|pair| (!is_chosen(pair), distance(pair.0)))
    }

    /// The daemons, each with its facts if there are any.
    fn pairs(&self) -> impl Iterator<Item = (&'e EngineSeen, Option<&'e Engine>)> {
        let facts = self.evidence.facts.engines.iter().map(Some).chain(iter::repeat(None));
        self.evidence.engines.iter().zip(facts)
    }

    /// The daemons that count for what the docker command does: the one that it uses; all, if that is not known.
    pub fn engines(&self) -> impl Iterator<Item = &'e EngineSeen> {
        let is_known = self.pairs().any(|pair| is_chosen(&pair));
        self.pairs().filter(move |pair| !is_known || is_chosen(pair)).map(|(engine, _)| engine)
    }

    /// What was seen at `port`.
    pub fn server(&self, port: u16) -> Option<&'e ServerSeen> {
        server(self.evidence, port)
    }

    /// How `engine` reaches the registry, if it was asked and answered.
    pub fn reach_of(&self, engine: &EngineSeen) -> Option<engine::Reach> {
        Some(engine::reach_from_answer(engine.registries.get(&self.registry)?.answer()?))
    }

    /// Whether a daemon accepts the registry, directly or through a proxy.
    pub fn is_accepted(&self) -> bool {
        let result = |engine| self.reach_of(engine) == Some(engine::Reach::Accepted);
        self.engines().any(result)
    }

    /// The message of the first daemon that does not trust the certificate at `url`.
    pub fn refusal_of(&self, url: &str) -> Option<String> {
        self.engines().find_map(|engine| match self.reach_of(engine)? {
            engine::Reach::Refused(message) if message.contains(&format!("\"{url}")) => Some(message),
            _ => None,
        })
    }

    /// Whether a program answers at the registry's port, and it is not a registry, or admits no client without a
    /// certificate.
    pub fn answers_otherwise(&self) -> bool {
        self.registry_server().is_some_and(|server| {
            let is_other = server.answer.answer().is_some_and(|answer| !answer.is_of_registry());
            is_other || server.answer.wants_certificate()
        })
    }

    /// What was seen in the `certs.d` at `path`.
    pub fn certs_d(&self, path: &Path) -> Option<&'e CertsDSeen> {
        self.evidence.trust.certs_d.iter().find(|seen| seen.path == path)
    }

    /// What was seen at the registry's port.
    pub fn registry_server(&self) -> Option<&'e ServerSeen> {
        self.server(self.registry)
    }
}

/// Whether the docker command uses this daemon.
fn is_chosen((_, facts): &(&EngineSeen, Option<&Engine>)) -> bool {
    facts.is_some_and(|engine| engine.chosen_by.is_some())
}

/// The chain that a server sent, up to the first certificate that cannot be parsed.
pub(super) fn chain(reached: Option<&Reached>) -> Vec<Parsed> {
    readable(reached.and_then(Reached::chain).unwrap_or_default())
}

/// `chain`, up to the first certificate that cannot be parsed.
pub(super) fn readable(chain: &[Certificate]) -> Vec<Parsed> {
    chain.iter().map_while(|certificate| Parsed::from_der(certificate.der()).ok()).collect()
}

fn server(evidence: &Evidence, port: u16) -> Option<&ServerSeen> {
    evidence.servers.iter().find(|seen| seen.endpoint.port == port)
}
