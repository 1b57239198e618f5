//! Evidence about a Docker daemon and its connection to the registry.

use std::{collections::BTreeMap, path::PathBuf};

use labtrust_machine::engine::{RegistrySettings, SocketState};
use serde::{Deserialize, Serialize};

use super::{Asked, Flaw, ProxySeen, Redacted, Source};

/// A daemon, asked over its socket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EngineSeen {
    /// Its name in a sentence.
    pub title: Redacted,
    /// Its socket.
    pub socket: Option<PathBuf>,
    /// The state of its socket.
    #[serde(rename = "door")]
    pub socket_state: SocketState,
    /// Its version.
    pub version: Asked<EngineVersion>,
    /// Its settings.
    pub info: Asked<EngineInfo>,
    /// Its own message after it contacted the registry, by port.
    pub registries: BTreeMap<u16, Asked<Redacted>>,
    /// The sources of its proxies; a later one overrides an earlier one, and those that it does not read come last.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// The answer of its proxy; if it uses none, of a proxy in a source that it does not read.
    #[serde(default)]
    pub proxy: Option<ProxySeen>,
}

/// A part of the answer to `GET /version`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineVersion {
    /// Docker's version.
    #[serde(alias = "Version", default)]
    pub version: Redacted,
    /// The version of Go that it was built with.
    #[serde(alias = "GoVersion", default)]
    pub go: Redacted,
}

/// A part of the answer to `GET /info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineInfo {
    /// The proxy for plain HTTP, without a password.
    #[serde(alias = "HttpProxy", default)]
    pub http_proxy: Redacted,
    /// The proxy for HTTPS.
    #[serde(alias = "HttpsProxy", default)]
    pub https_proxy: Redacted,
    /// Why the proxy for HTTPS is no URL; the daemon then ignores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub https_flaw: Option<Flaw>,
    /// The hosts that bypass the proxy.
    #[serde(alias = "NoProxy", default)]
    pub no_proxy: Redacted,
    /// The operating system of the daemon.
    #[serde(alias = "OperatingSystem", default)]
    pub operating_system: Redacted,
    /// The registries whose certificates it does not verify.
    #[serde(alias = "RegistryConfig", default)]
    pub registries: Option<RegistrySettings>,
    /// The properties of its image store that the checks read, by name.
    #[serde(alias = "DriverStatus", default)]
    pub image_store: Option<Vec<(String, String)>>,
}

impl EngineInfo {
    /// Whether it uses no proxy.
    pub fn is_direct(&self) -> bool {
        self.http_proxy.is_empty() && self.https_proxy.is_empty()
    }

    /// Whether it is Docker Desktop, whose daemon always uses Desktop's own proxy, `http.docker.internal:3128`.
    pub fn is_desktop(&self) -> bool {
        self.operating_system == "Docker Desktop"
    }
}
