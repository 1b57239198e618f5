//! Finds the engine that the user's docker command talks to: by `DOCKER_HOST`, by `DOCKER_CONTEXT`, or by the context in
//! the command's own settings (docker/cli, `cli/command/cli.go`, `resolveContextName`).

use std::{
    env,
    path::{Path, PathBuf},
};

use labtrust_plan::{Facts, Fingerprint, text};
use serde::Deserialize;

use crate::world::World;

/// The engine that a setting names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockerContext {
    /// The setting: `DOCKER_HOST`, `DOCKER_CONTEXT` with its context, or a context.
    pub told_by: String,
    /// The engine's address, such as `unix:///run/user/1000/docker.sock`, which may hold a password; or why it is not known.
    pub address: Result<String, String>,
}

impl DockerContext {
    /// The engine's socket, if the address names one.
    pub fn socket(&self) -> Option<&Path> {
        socket(self.address.as_ref().ok()?)
    }
}

/// The socket in an engine's `address`; none if the address is not that of a socket.
pub(super) fn socket(address: &str) -> Option<&Path> {
    address.strip_prefix("unix://").map(Path::new).filter(|path| path.is_absolute())
}

/// The part of the docker command's own settings that is needed here (docker/cli, `cli/config/configfile`).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    current_context: String,
}

/// The file of a context (docker/cli, `cli/context/store`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Context {
    #[serde(default)]
    endpoints: Endpoints,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Endpoints {
    docker: Docker,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Docker {
    host: String,
}

/// The docker command of Ubuntu's snap. The folder comes last in `PATH`.
const SNAPS: [&str; 2] = ["/snap/bin/docker", "/var/lib/snapd/snap/bin/docker"];

/// The folder of the docker command's settings, of the user who runs labtrust.
pub fn docker_config(facts: &Facts) -> PathBuf {
    let own = env::var_os("DOCKER_CONFIG").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let has_snaps = SNAPS.iter().any(|path| Path::new(path).exists());
    own.unwrap_or_else(|| usual_folder(facts, has_snaps))
}

/// The folder of the docker command's settings that no variable names. A snap's programs have a home folder of their own.
fn usual_folder(facts: &Facts, has_snaps: bool) -> PathBuf {
    let home = &facts.person().home;
    let is_snaps = has_snaps && !facts.tools.contains_key("docker");
    home.join(if is_snaps { "snap/docker/current/.docker" } else { ".docker" })
}

/// The engine that a setting names; none if no setting names one, and the docker command uses its default socket.
pub fn docker_context(facts: &Facts) -> Option<DockerContext> {
    if let Some(address) = variable("DOCKER_HOST") {
        return Some(DockerContext { told_by: "DOCKER_HOST".into(), address: Ok(address) });
    }
    let folder = docker_config(facts);
    let chosen = variable("DOCKER_CONTEXT");
    let variable = if chosen.is_some() { "DOCKER_CONTEXT: " } else { "" };
    let name = match chosen {
        Some(name) => name,
        None => read::<Config>(&folder.join("config.json")).ok()??.current_context,
    };
    if name.is_empty() || name == "default" {
        return None;
    }
    let told_by = format!("{variable}the context {}", text::in_line(&name));
    // The folder's name is the SHA-256 of the context's name.
    let id = Fingerprint::of(name.as_bytes()).to_string();
    let path = folder.join("contexts/meta").join(id).join("meta.json");
    let address = match read::<Context>(&path) {
        Ok(Some(context)) => Ok(context.endpoints.docker.host),
        Ok(None) => Err(format!("{} does not exist", text::path(&path))),
        Err(why) => Err(why),
    };
    Some(DockerContext { told_by, address })
}

/// Parses the JSON file at `path`; none if it does not exist.
fn read<T: for<'d> Deserialize<'d>>(path: &Path) -> Result<Option<T>, String> {
    let bytes = World::read_named(path).map_err(|error| error.to_string())?;
    let parsed = bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose();
    parsed.map_err(|error| format!("{}: {}", text::path(path), text::json_fault(&error)))
}

/// The environment variable `name` of this process, if it is not empty.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snaps_docker_command_has_its_own_settings() {
        for (tool, has_snaps, expected) in [
            ("docker", false, "/home/alice/.docker"),
            ("docker", true, "/home/alice/.docker"),
            ("curl", false, "/home/alice/.docker"),
            ("curl", true, "/home/alice/snap/docker/current/.docker"),
        ] {
            let user = serde_json::json!({"name": "alice", "uid": 1000, "gid": 1000, "home": "/home/alice"});
            let facts = serde_json::json!({"os": "linux", "user": user, "tools": {tool: "/usr/bin/x"}});
            let facts: Facts = serde_json::from_value(facts).expect("facts");
            assert_eq!(usual_folder(&facts, has_snaps), Path::new(expected), "{tool}, {has_snaps}");
        }
    }
}
