//! Asks a Docker engine, over its socket, what it sees. Nothing is pulled and no credentials are sent.

mod reach;
mod registries;

use std::{io, path::Path, time::Duration};

use labtrust_plan::Endpoint;
use serde::{Deserialize, Serialize};

pub(crate) use self::registries::ignores;
pub use self::{
    reach::{Reach, judge, judge_client, reaches},
    registries::{NamedRegistry, RegistrySettings},
};
use crate::{
    Result,
    world::{Answer, World, connect},
};

/// The engine contacts the registry itself, so this bounds a connection it may have to give up on.
const LIMIT: Duration = Duration::from_secs(8);
/// It tells what it knows by itself.
const INFO_LIMIT: Duration = Duration::from_secs(5);

/// What an attempt to connect to an engine's socket showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SocketState {
    /// A program listens on it.
    Open,
    /// There is no socket.
    Absent,
    /// The socket exists, but no program listens on it.
    #[serde(rename = "deserted")]
    NoListener,
    /// This process may not connect to it.
    Forbidden,
    /// The connection failed for another reason: the operating system's message.
    Unknown(String),
}

/// Tries to connect to `socket` with this process's own rights.
pub fn connect_state(socket: &Path) -> SocketState {
    match connect(socket, LIMIT / 2).map_err(|error| (error.kind(), error)) {
        Ok(_) => SocketState::Open,
        Err((io::ErrorKind::NotFound, _)) => SocketState::Absent,
        Err((io::ErrorKind::ConnectionRefused, _)) => SocketState::NoListener,
        Err((io::ErrorKind::PermissionDenied, _)) => SocketState::Forbidden,
        Err((_, error)) => SocketState::Unknown(error.to_string()),
    }
}

/// The answer of the engine at `socket` to `GET path`, within `limit`.
pub fn get(world: &World, socket: &Path, path: &str, limit: Duration) -> Result<Answer> {
    world.ask_engine(socket, path, limit)
}

/// Whether the engine at `socket` says of itself that its pulls read more than `certs.d`, as
/// [`pulls_by_system`] has it.
pub fn says_it_pulls_by_system(world: &World, socket: &Path) -> bool {
    #[derive(Deserialize)]
    struct Info {
        #[serde(rename = "ServerVersion", default)]
        version: String,
        #[serde(rename = "DriverStatus")]
        properties: Option<Vec<(String, String)>>,
    }
    let info = get(world, socket, "/info", INFO_LIMIT).ok();
    let info = info.and_then(|answer| serde_json::from_str::<Info>(&answer.body).ok());
    info.is_some_and(|info| pulls_by_system(&info.version, &info.properties.unwrap_or_default()))
}

/// Whether an engine of `version`, whose image store has these properties, fetches the token of a pull by the
/// system's store as that was when it started, and not by `certs.d`: one that keeps images in containerd does,
/// until 29.5 (moby#52600, `daemon/containerd/resolver.go`), and one whose version is no number is taken for old.
pub fn pulls_by_system(version: &str, properties: &[(String, String)]) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    let release = numbers.next().flatten().zip(numbers.next().flatten());
    is_containerds(properties) && release.is_none_or(|release| release < (29, 5))
}

/// Whether an image store with these properties (moby API, `GET /info`, `DriverStatus`) is containerd's, as it is
/// by itself from Docker 29 on.
pub fn is_containerds(properties: &[(String, String)]) -> bool {
    properties.iter().any(|(key, value)| key == "driver-type" && value.contains("containerd"))
}

/// The request by which an engine contacts the registry at `endpoint` (moby API,
/// `GET /distribution/{name}/json`). It reads the folder of `certs.d` that bears the registry's name as it is written
/// here: that of port 443 bears none, and is met as people name it.
pub fn distribution(endpoint: &Endpoint) -> String {
    format!("/distribution/{}/labtrust/probe/json", endpoint.registry_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulls_read_the_systems_store_where_images_are_in_containerd_until_29_5() {
        let containerd = [("driver-type".to_owned(), "io.containerd.snapshotter.v1".to_owned())];
        for version in ["28.5.2+dfsg4", "29.0.0", "29.4.3", "dev", ""] {
            assert!(pulls_by_system(version, &containerd), "{version}");
            assert!(!pulls_by_system(version, &[]), "{version}");
        }
        for version in ["29.5.0", "29.10.0", "30.0.0-rc.1"] {
            assert!(!pulls_by_system(version, &containerd), "{version}");
        }
    }

    #[test]
    fn an_engine_is_asked_by_the_name_whose_folder_it_reads() {
        for (endpoint, registry) in [
            ("mygitlab.example.com:4567", "mygitlab.example.com:4567"),
            ("mygitlab.example.com:443", "mygitlab.example.com"),
            ("192.0.2.10:443", "192.0.2.10"),
            ("gitlab:443", "gitlab:443"),
        ] {
            let asked = distribution(&endpoint.parse().expect("an endpoint"));
            assert_eq!(asked, format!("/distribution/{registry}/labtrust/probe/json"));
        }
    }
}
