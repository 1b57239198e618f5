//! The containers of GitLab Runner that an engine has.

use std::path::{Path, PathBuf};

use labtrust_plan::fact::RunnerContainer;
use serde::Deserialize;

use super::{INFO_LIMIT, get, image_name};
use crate::world::World;

/// The settings folder in the runner's image.
const CONFIG: &str = "/etc/gitlab-runner";

/// A container in the engine's list (moby API, `GET /containers/json`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    image: String,
    #[serde(default)]
    mounts: Vec<Mount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mount {
    #[serde(default)]
    source: PathBuf,
    #[serde(default)]
    destination: PathBuf,
}

/// The containers of GitLab Runner that the engine at `socket` has, also those that do not run. None if the engine does not
/// answer.
pub fn runner_containers(world: &World, socket: &Path) -> Vec<RunnerContainer> {
    let answer = get(world, socket, "/containers/json?all=true", INFO_LIMIT);
    answer.map(|answer| runners(&answer.body)).unwrap_or_default()
}

/// The containers of GitLab Runner in the engine's list `json`.
pub(crate) fn runners(json: &str) -> Vec<RunnerContainer> {
    let listed: Vec<Listed> = serde_json::from_str(json).unwrap_or_default();
    listed.iter().filter(|container| is_runners(&container.image)).filter_map(Listed::runner).collect()
}

impl Listed {
    fn runner(&self) -> Option<RunnerContainer> {
        let name = self.names.first()?.trim_start_matches('/').to_owned();
        let at = |folder: &str| {
            let mount = self.mounts.iter().find(|mount| mount.destination == Path::new(folder));
            mount.map(|mount| mount.source.clone()).filter(|source| source.is_absolute())
        };
        Some(RunnerContainer { name, config: at(CONFIG), certs: at("/etc/gitlab-runner/certs") })
    }
}

/// Whether `image` is one of the runner's, from any registry. The image in which jobs get their files has another name.
fn is_runners(image: &str) -> bool {
    image_name(image) == "gitlab-runner"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_are_known_by_their_image_and_have_the_folders_that_are_mounted() {
        let json = r#"[
            {"Names": ["/runner"], "Image": "gitlab/gitlab-runner:alpine",
             "Mounts": [{"Source": "/srv/runner", "Destination": "/etc/gitlab-runner"},
                        {"Source": "/var/run/docker.sock", "Destination": "/var/run/docker.sock"}]},
            {"Names": ["/split"], "Image": "registry.gitlab.com:443/gitlab-org/gitlab-runner@sha256:0",
             "Mounts": [{"Source": "/srv/x", "Destination": "/etc/gitlab-runner"},
                        {"Source": "/srv/certs", "Destination": "/etc/gitlab-runner/certs"}]},
            {"Names": ["/bare"], "Image": "gitlab-runner", "Mounts": []},
            {"Names": ["/helper"], "Image": "gitlab/gitlab-runner-helper:x86_64-latest"},
            {"Names": [], "Image": "gitlab-runner"}, {"Image": "alpine"}]"#;
        let runner = |name: &str, config: Option<&str>, certs: Option<&str>| RunnerContainer {
            name: name.into(),
            config: config.map(PathBuf::from),
            certs: certs.map(PathBuf::from),
        };
        let expected = [
            runner("runner", Some("/srv/runner"), None),
            runner("split", Some("/srv/x"), Some("/srv/certs")),
            runner("bare", None, None),
        ];
        assert_eq!(runners(json), expected);
        assert_eq!(runners("{\"message\": \"no\"}"), []);
    }
}
