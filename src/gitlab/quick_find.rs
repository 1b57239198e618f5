//! Finds the GitLab of this machine quickly: it asks the engines over their sockets within a time limit, and runs no
//! program but the client that reads files inside a container, within the same limit. It leaves out any uncertain
//! container, because no change follows from its result.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use labtrust_machine::{World, engine};
use labtrust_plan::{Command, Facts, fact::Engine};
use serde::Deserialize;
use serde_json::Value;

use super::{
    container::{CONFIG, Container},
    installation::Installation,
};

/// The most containers of one engine that are inspected.
const MOST: usize = 8;

/// One line of `GET /containers/json` (moby API, `ContainerList`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
    #[serde(default)]
    mounts: Vec<Mount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mount {
    #[serde(default)]
    destination: String,
}

impl Installation {
    /// Every GitLab of this machine: its package, else its containers, running ones first. Engines that do not answer by
    /// `deadline` are left out.
    pub(crate) fn find_without_running(world: &World, facts: &Facts, deadline: Instant) -> Result<Vec<Self>> {
        if let Some(omnibus) = Self::omnibus_without_status(world)? {
            return Ok(vec![omnibus]);
        }
        let mut containers: Vec<Container> = facts
            .engines
            .iter()
            .filter_map(|engine| containers(world, facts, engine, deadline))
            .flatten()
            .collect();
        containers.sort_by_key(|container| !container.running);
        let installation = |container| Self::container_without_status(world, facts, container).ok();
        Ok(containers.into_iter().filter_map(installation).collect())
    }
}

/// The containers of `engine` with a mount at `/etc/gitlab`; none if it does not answer.
fn containers(world: &World, facts: &Facts, engine: &Engine, deadline: Instant) -> Option<Vec<Container>> {
    let socket = engine.socket.as_ref()?;
    let docker = facts.tools.get("docker")?;
    let ask = |path: &str| {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        engine::get(world, socket, path, left).ok().map(|answer| answer.body)
    };
    let listed: Vec<Listed> = serde_json::from_str(&ask("/containers/json?all=true")?).ok()?;
    let has_config = |listed: &&Listed| {
        let is_id = !listed.id.is_empty() && listed.id.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id && listed.mounts.iter().any(|mount| Path::new(&mount.destination) == Path::new(CONFIG))
    };
    let client = Command::new(docker, ["--host", &format!("unix://{}", socket.display())]);
    let read = |listed: &Listed| {
        let inspected = ask(&format!("/containers/{}/json", listed.id))?;
        let mut container = Container::read(&inspected, &client, engine.owner.as_ref()).ok()?;
        container.deadline = Some(deadline);
        let service = container.recipe.swarm_service().filter(|name| is_plain(name)).map(str::to_owned);
        let service = service.and_then(|service| ask(&format!("/services/{service}")));
        let service = service.and_then(|service| serde_json::from_str::<Value>(&service).ok());
        if let Some(ports) = service.as_ref().and_then(|service| service.pointer("/Endpoint/Ports")) {
            container.add_service_ports(&ports.to_string());
        }
        Some(container)
    };
    Some(listed.iter().filter(has_config).take(MOST).filter_map(read).collect())
}

/// Whether `name` has a meaning of its own in no address.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|next| next.is_ascii_alphanumeric() || b"-_.".contains(&next))
}
