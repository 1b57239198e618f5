//! What a Docker engine says of itself and of the registry.

use std::{collections::BTreeMap, path::PathBuf};

use labtrust_machine::engine::{RegistrySettings, SocketState};
use serde::{Deserialize, Serialize};

use super::{Asked, ProxySeen, Redacted, Source};

/// An engine, asked over its socket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EngineSeen {
    /// What it is called in a sentence.
    pub title: Redacted,
    /// Its socket.
    pub socket: Option<PathBuf>,
    /// Whether its socket lets one in.
    #[serde(rename = "door")]
    pub socket_state: SocketState,
    /// Its version.
    pub version: Asked<EngineVersion>,
    /// Its settings.
    pub info: Asked<EngineInfo>,
    /// What it says when it is told to contact the registry on a port, in its own words.
    pub registries: BTreeMap<u16, Asked<Redacted>>,
    /// Where its proxies are set, or could be; the stronger later, those that it does not read last.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// What the proxy that it uses answers; if it uses none, that which is set where it does not read.
    #[serde(default)]
    pub proxy: Option<ProxySeen>,
}

/// Of `GET /version`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineVersion {
    /// Docker's version.
    #[serde(alias = "Version", default)]
    pub version: Redacted,
    /// The version of Go that it was built with.
    #[serde(alias = "GoVersion", default)]
    pub go: Redacted,
}

/// Of `GET /info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineInfo {
    /// The proxy for plain HTTP, as the engine shows it: without a password.
    #[serde(alias = "HttpProxy", default)]
    pub http_proxy: Redacted,
    /// The proxy for HTTPS.
    #[serde(alias = "HttpsProxy", default)]
    pub https_proxy: Redacted,
    /// The hosts that are reached without a proxy.
    #[serde(alias = "NoProxy", default)]
    pub no_proxy: Redacted,
    /// The operating system that it runs on.
    #[serde(alias = "OperatingSystem", default)]
    pub operating_system: Redacted,
    /// Which registries it believes without looking at their certificates.
    #[serde(alias = "RegistryConfig", default)]
    pub registries: Option<RegistrySettings>,
    /// Those of its image store's properties that are looked at, by name.
    #[serde(alias = "DriverStatus", default)]
    pub image_store: Option<Vec<(String, String)>>,
}

impl EngineInfo {
    /// Whether it is Docker Desktop, whose engine sees a proxy of its own, `http.docker.internal:3128`, whatever the
    /// user has set.
    pub fn is_desktop(&self) -> bool {
        self.operating_system == "Docker Desktop"
    }
}
