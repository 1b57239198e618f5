//! Evidence about tokens: the one that the token service gives to anybody, and the key pair with which it signs.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Asked, Http, Redacted};

/// A token for anybody, which the registry was asked with. The token itself is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSeen {
    /// Its issuer (RFC 7519 §4.1.1).
    pub issuer: Option<Redacted>,
    /// The services that it is for (§4.1.3).
    pub audience: Vec<Redacted>,
    /// The time before which it is not valid (§4.1.5), in seconds since 1970.
    pub not_before: Option<i64>,
    /// The time after which it is not valid (§4.1.4), in seconds since 1970.
    pub expires: Option<i64>,
    /// The registry's answer to `GET /v2/` with this token.
    pub answer: Asked<Http>,
}

/// The two ends of the trust between GitLab and its registry, in files of the server. The key is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenKeysSeen {
    /// The key with which GitLab signs tokens, by GitLab's path.
    pub key: PathBuf,
    /// The certificates whose keys the registry accepts, by GitLab's path.
    pub certificate: PathBuf,
    /// Whether the key matches one of the certificates; none if a file does not exist.
    pub fits: Asked<Option<bool>>,
    /// The issuer in GitLab's settings, if it is set there.
    pub gitlab_issuer: Option<Redacted>,
    /// The issuer that the registry accepts.
    pub registry_issuer: Option<Redacted>,
}
