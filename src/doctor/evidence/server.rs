//! What a server says: how far one comes on each port, and what it answers there.

use std::collections::BTreeMap;

use labtrust_machine::reach::Reached;
use labtrust_plan::Endpoint;
use serde::{Deserialize, Serialize};

use super::{Asked, Redacted};

/// A port of a host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServerSeen {
    /// Which.
    pub endpoint: Endpoint,
    /// How far one comes, without any proxy.
    pub reached: Reached,
    /// What it answers to `GET /v2/`, over TLS that is not verified.
    pub answer: Asked<Http>,
    /// What it answers to the same over plain HTTP, if it does not speak TLS.
    pub plain: Asked<Http>,
}

/// The token service that a registry names (RFC 6750's challenge, distribution's token specification).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RealmSeen {
    /// Its URL, as the registry names it.
    pub url: Redacted,
    /// The service that a token is asked for.
    pub service: Option<Redacted>,
    /// Where it is, if that is a URL of HTTPS.
    pub endpoint: Option<Endpoint>,
    /// How far one comes there; none if it is one of the servers above, or not over TLS.
    pub reached: Option<Reached>,
    /// What it answers, without credentials.
    pub answer: Asked<Http>,
}

/// An HTTP answer, as far as it tells something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http {
    /// Its status.
    pub status: u16,
    /// Those of its headers that are looked at, in lower case.
    pub headers: BTreeMap<String, Redacted>,
    /// What may be shown of its body.
    pub body: Redacted,
}

impl Http {
    /// The parameter `name` of its `Bearer` challenge (RFC 9110 §11.2), if it makes one.
    pub fn challenge(&self, name: &str) -> Option<&str> {
        parameter(self.headers.get("www-authenticate")?, name)
    }

    /// Whether a container registry says this: it names the version of its interface, or asks for a token
    /// of a service. GitLab's own web server does both for its dependency proxy, and is none.
    pub fn is_of_registry(&self) -> bool {
        let names_version = self.headers.contains_key("docker-distribution-api-version");
        let service = self.challenge("service");
        !self.is_of_dependency_proxy() && (names_version || (self.status == 401 && service.is_some()))
    }

    /// Whether GitLab's web server says this, which answers for its dependency proxy (GitLab,
    /// `config/routes/group.rb` and `auth/dependency_proxy_authentication_service.rb`).
    pub fn is_of_dependency_proxy(&self) -> bool {
        self.challenge("service") == Some("dependency_proxy")
    }
}

/// The parameter `name` of a `Bearer` challenge.
pub fn parameter<'c>(challenge: &'c str, name: &str) -> Option<&'c str> {
    let parameters = challenge.strip_prefix("Bearer ").or_else(|| challenge.strip_prefix("bearer "))?;
    let start = parameters.find(&format!("{name}=\""))? + name.len() + 2;
    // What was too long to be kept has no end.
    let rest = &parameters[start..];
    Some(rest.split_once('"').map_or(rest, |(value, _)| value))
}

impl ServerSeen {
    /// Whether a container registry answers there, over TLS.
    pub fn is_registry(&self) -> bool {
        self.answer.answer().is_some_and(Http::is_of_registry)
    }
}
