//! Requests to a Docker engine over its socket. Nothing is pulled, and no credentials are sent.

mod clients;
pub mod own_client;
mod reach;
mod registries;
mod runners;

use std::{io, path::Path, time::Duration};

use labtrust_plan::Endpoint;
use serde::{Deserialize, Serialize};

pub(crate) use self::registries::insecure_reason;
pub use self::{
    clients::containers_using,
    reach::{Reach, contact_registry, reach_from_answer, reach_from_client},
    registries::{NamedRegistry, RegistrySettings},
    runners::runner_containers,
};
use crate::{
    Result,
    world::{Answer, World, connect},
};

/// The time limit of requests for which the engine contacts a registry.
const LIMIT: Duration = Duration::from_secs(8);
/// The time limit of requests that the engine answers by itself.
const INFO_LIMIT: Duration = Duration::from_secs(5);

/// The name of `image` without its registry, folders, tag and digest.
fn image_name(image: &str) -> &str {
    let repository = image.split('@').next().unwrap_or_default();
    let name = repository.rsplit('/').next().unwrap_or_default();
    name.split(':').next().unwrap_or_default()
}

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

/// The answer of the engine at `socket` about the container `id` (moby API, `GET /containers/ID/json`), within `limit`; none if
/// it ended meanwhile. Its environment may hold passwords.
fn container(world: &World, socket: &Path, id: &str, limit: Duration) -> Option<String> {
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let path = is_id.then(|| format!("/containers/{id}/json"))?;
    Some(get(world, socket, &path, limit).ok()?.body)
}

/// Whether the engine at `socket`, by its own information, is one of those that [`pulls_by_system`] describes.
pub fn reports_pulls_by_system(world: &World, socket: &Path) -> bool {
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

/// Whether an engine of `version`, whose image store has these properties, uses the system store, as it was when the engine
/// started, and not `certs.d` to fetch the token of a pull. Engines that keep images in containerd do so before 29.5
/// (moby#52600, `daemon/containerd/resolver.go`). A version that is not a number counts as old.
pub fn pulls_by_system(version: &str, properties: &[(String, String)]) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    let release = numbers.next().flatten().zip(numbers.next().flatten());
    is_containerds(properties) && release.is_none_or(|release| release < (29, 5))
}

/// Whether an image store with these properties (moby API, `GET /info`, `DriverStatus`) is containerd's: the default from
/// Docker 29 on.
pub fn is_containerds(properties: &[(String, String)]) -> bool {
    properties.iter().any(|(key, value)| key == "driver-type" && value.contains("containerd"))
}

/// The path of the request that makes an engine contact the registry at `endpoint` (moby API,
/// `GET /distribution/{name}/json`). The engine reads the folder of `certs.d` that has exactly the name in this request:
/// port 443 is left out, as people leave it out.
pub fn distribution(endpoint: &Endpoint) -> String {
    format!("/distribution/{}/json", endpoint.probe_image())
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
