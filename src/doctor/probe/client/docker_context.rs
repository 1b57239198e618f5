//! Finds the Docker daemon that the docker command uses.

use std::path::Path;

use labtrust_plan::{Facts, text};
use ring::digest::{SHA256, digest};
use serde::Deserialize;

use crate::doctor::{
    evidence::{Asked, DockerContextSeen, Redacted},
    probe::{
        daemon,
        environment::{docker_config, variable},
    },
};

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

/// The daemon that the docker command uses, if it is set: by `DOCKER_HOST`, else by `DOCKER_CONTEXT`, else by the
/// command's own settings.
pub(super) fn chosen_engine(facts: &Facts) -> Option<DockerContextSeen> {
    if let Some(host) = variable("DOCKER_HOST") {
        return Some(DockerContextSeen {
            told_by: "DOCKER_HOST".into(),
            at: Asked::Answered(Redacted::engine(&host)),
        });
    }
    let folder = docker_config(facts);
    let name = match variable("DOCKER_CONTEXT") {
        Some(name) => name,
        None => read::<Config>(&folder.join("config.json")).ok()??.current_context,
    };
    if name.is_empty() || name == "default" {
        return None;
    }
    let told_by = format!("the context {}", text::in_line(&name));
    // The folder's name is the SHA-256 of the context's name.
    let id = digest(&SHA256, name.as_bytes())
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    let path = folder.join("contexts/meta").join(id).join("meta.json");
    let at = match read::<Context>(&path) {
        Ok(Some(context)) => Asked::Answered(Redacted::engine(&context.endpoints.docker.host)),
        Ok(None) => Asked::Failed(format!("{} does not exist", text::path(&path)).into()),
        Err(why) => Asked::Failed(why.into()),
    };
    Some(DockerContextSeen { told_by: told_by.into(), at })
}

/// Parses the JSON file at `path`; none if it does not exist.
fn read<T: for<'d> Deserialize<'d>>(path: &Path) -> Result<Option<T>, String> {
    let parsed = daemon::text(path)?.map(|json| serde_json::from_str(&json)).transpose();
    parsed.map_err(|error| format!("{}: {}", text::path(path), Redacted::json_error(&error)))
}
