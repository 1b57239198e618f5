//! What a server says: how far one comes on each port, and what it answers there.

use std::collections::BTreeMap;

use labtrust_platform::{Endpoint, reach::Reached};
use serde::{Deserialize, Serialize};

use super::Asked;

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
    pub url: String,
    /// The service that a token is asked for.
    pub service: Option<String>,
    /// Where it is, if that is a URL of HTTP or HTTPS.
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
    pub headers: BTreeMap<String, String>,
    /// The beginning of its body.
    pub body: String,
}
