//! The containers of GitLab Runner that an engine has.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use labtrust_plan::fact::RunnerContainer;
use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{INFO_LIMIT, container, get, image_name};
use crate::world::World;

/// The settings folder in the runner's image.
const CONFIG: &str = "/etc/gitlab-runner";

/// A container in the engine's list (moby API, `GET /containers/json`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(default)]
    id: String,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    image: String,
    #[serde(default)]
    mounts: Vec<Mount>,
}

/// The state of a container (moby API, `GET /containers/ID/json`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    #[serde(default)]
    running: bool,
    #[serde(default)]
    started_at: String,
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
    let deadline = Instant::now() + INFO_LIMIT;
    let answer = get(world, socket, "/containers/json?all=true", INFO_LIMIT);
    let listed = answer.map(|answer| listed(&answer.body)).unwrap_or_default();
    let with_start = listed.iter().filter_map(|one| {
        let left = deadline.saturating_duration_since(Instant::now());
        let started = || started(&container(world, socket, &one.id, left)?);
        Some(RunnerContainer { started: started(), ..one.runner()? })
    });
    with_start.collect()
}

/// The containers of GitLab Runner in the engine's list `json`.
fn listed(json: &str) -> Vec<Listed> {
    let mut listed: Vec<Listed> = serde_json::from_str(json).unwrap_or_default();
    listed.retain(|container| is_runners(&container.image));
    listed
}

/// When the container `json` was started, in milliseconds since 1970; none if it does not run.
fn started(json: &str) -> Option<u64> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Inspected {
        state: State,
    }
    let state = serde_json::from_str::<Inspected>(json).ok()?.state;
    let started = OffsetDateTime::parse(&state.started_at, &Rfc3339).ok().filter(|_| state.running)?;
    u64::try_from(started.unix_timestamp_nanos() / 1_000_000).ok()
}

impl Listed {
    fn runner(&self) -> Option<RunnerContainer> {
        let name = self.names.first()?.trim_start_matches('/').to_owned();
        let at = |folder: &str| {
            let mount = self.mounts.iter().find(|mount| mount.destination == Path::new(folder));
            mount.map(|mount| mount.source.clone()).filter(|source| source.is_absolute())
        };
        let certs = at("/etc/gitlab-runner/certs");
        Some(RunnerContainer { name, config: at(CONFIG), certs, started: None })
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
            started: None,
        };
        let expected = [
            runner("runner", Some("/srv/runner"), None),
            runner("split", Some("/srv/x"), Some("/srv/certs")),
            runner("bare", None, None),
        ];
        let runners = |json| listed(json).iter().filter_map(Listed::runner).collect::<Vec<_>>();
        assert_eq!(runners(json), expected);
        assert_eq!(runners("{\"message\": \"no\"}"), []);
    }

    #[test]
    fn a_container_runs_since_its_latest_start() {
        for (json, expected) in [
            (
                r#"{"Created": "2025-01-01T00:00:00Z", "State": {"Running": true, "StartedAt": "2026-01-01T00:00:00.25Z"}}"#,
                Some(1_767_225_600_250),
            ),
            (r#"{"State": {"Running": false, "StartedAt": "2026-01-01T00:00:00Z"}}"#, None),
            (r#"{"State": {"Running": true, "StartedAt": "0001-01-01T00:00:00Z"}}"#, None),
            (r#"{"State": {"Running": true, "StartedAt": "x"}}"#, None),
            ("{", None),
        ] {
            assert_eq!(started(json), expected, "{json}");
        }
    }
}
