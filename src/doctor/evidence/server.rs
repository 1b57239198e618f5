//! Evidence about a server: how far a connection to each port comes, and the answer.

use labtrust_machine::reach::Reached;
use labtrust_plan::Endpoint;
use serde::{Deserialize, Serialize};

use super::{Asked, Http, Redacted, TokenSeen};

/// A port of a host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServerSeen {
    /// Its host and port.
    pub endpoint: Endpoint,
    /// How far a connection without a proxy comes.
    pub reached: Reached,
    /// Its answer to `GET /v2/`, over TLS without verification.
    pub answer: Asked<Http>,
    /// Its answer to the same over plain HTTP, if it does not speak TLS.
    pub plain: Asked<Http>,
}

/// The token service that a registry names (RFC 6750's challenge, distribution's token specification).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RealmSeen {
    /// Its URL, as the registry names it.
    pub url: Redacted,
    /// The name of the service for which clients request a token.
    pub service: Option<Redacted>,
    /// Its endpoint, if the URL begins with https://.
    pub endpoint: Option<Endpoint>,
    /// How far a connection comes; none if it is one of the servers, or if its URL does not begin with https://.
    pub reached: Option<Reached>,
    /// Its answer, without credentials.
    pub answer: Asked<Http>,
    /// The token that it gives to anybody, and the registry's answer to it; none if it gives none.
    #[serde(default)]
    pub token: Option<TokenSeen>,
    /// The answer of the front page of the same server, if it answers.
    #[serde(default)]
    pub front: Option<Http>,
}

impl ServerSeen {
    /// Whether a container registry answers there, over TLS.
    pub fn is_registry(&self) -> bool {
        self.answer.answer().is_some_and(Http::is_of_registry)
    }

    /// Whether a web server answers there that cannot reach the program behind it.
    pub fn is_down(&self) -> bool {
        self.answer.answer().is_some_and(|answer| answer.status >= 500)
    }
}
