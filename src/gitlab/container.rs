//! A container that GitLab runs in, as its engine describes it: its mounts, and its published ports.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Instant,
};

use labtrust_plan::{
    Command, ShellLine,
    fact::{DOCKER_SOCKETS, User},
};
use serde::Deserialize;

use super::recipe::{Keeper, Recipe};
use crate::hint::shell_line;

/// The configuration folder in GitLab's image.
pub(crate) const CONFIG: &str = "/etc/gitlab";

/// The configuration file in GitLab's image.
pub(super) use super::ruby::GITLAB_RB;

/// A container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Container {
    /// Its name, which stays the same when it is recreated.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Whether it runs.
    pub running: bool,
    /// The engine's client, with the arguments that select this engine.
    pub engine: Command,
    /// The user who owns the engine; none for the machine's engine.
    pub owner: Option<User>,
    /// How it was started.
    pub recipe: Recipe,
    mounts: Vec<(PathBuf, PathBuf)>,
    ports: Vec<(u16, Reach)>,
    own_network: bool,
    /// When the search for it ends: it is asked nothing after that. None for no limit.
    pub deadline: Option<Instant>,
    /// Whether the ports of its service are published by the machine of the task alone.
    pub is_published_on_host: bool,
}

/// The way from this machine to a port of GitLab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// This port, on every address of the machine.
    Here(u16),
    /// This port, only on the machine's loopback address.
    Loopback(u16),
    /// Only one address of the machine; another server may use the others.
    Apart(String),
    /// None.
    Nowhere,
}

/// The parts of `docker inspect` that matter (moby API, `ContainerInspect`); podman's has them too.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    name: String,
    config: Config,
    #[serde(default)]
    state: ContainerState,
    #[serde(default)]
    mounts: Vec<Mount>,
    #[serde(default)]
    host_config: HostConfig,
    #[serde(default)]
    network_settings: NetworkSettings,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    image: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContainerState {
    #[serde(default)]
    running: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mount {
    #[serde(default)]
    source: PathBuf,
    destination: PathBuf,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    #[serde(default)]
    network_mode: String,
    #[serde(default)]
    port_bindings: Option<Ports>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkSettings {
    #[serde(default)]
    ports: Option<Ports>,
}

/// A port of a service (moby API, `EndpointPortConfig`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServicePort {
    target_port: u16,
    #[serde(default)]
    published_port: u16,
    #[serde(default)]
    publish_mode: String,
}

type Ports = BTreeMap<String, Option<Vec<Binding>>>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    #[serde(default)]
    host_ip: String,
    #[serde(default)]
    host_port: String,
}

impl Container {
    /// Reads one document of `docker inspect --format '{{json .}}'`.
    pub(crate) fn read(json: &str, engine: &Command, owner: Option<&User>) -> serde_json::Result<Self> {
        let inspected: Inspected = serde_json::from_str(json)?;
        let mut ports = published(inspected.network_settings.ports.as_ref());
        if ports.is_empty() {
            ports = published(inspected.host_config.port_bindings.as_ref());
        }
        Ok(Self {
            name: inspected.name.trim_start_matches('/').to_owned(),
            image: inspected.config.image,
            running: inspected.state.running,
            engine: engine.clone(),
            owner: owner.cloned(),
            recipe: Recipe::read(json)?,
            mounts: inspected
                .mounts
                .into_iter()
                .filter(|mount| mount.source.is_absolute())
                .map(|mount| (mount.destination, mount.source))
                .collect(),
            ports,
            own_network: inspected.host_config.network_mode != "host",
            deadline: None,
            is_published_on_host: false,
        })
    }

    /// Whether it has its own network and publishes no port: then another container is in front of it, or its network
    /// gives it an address.
    pub(crate) fn publishes_nothing(&self) -> bool {
        self.own_network && self.ports.is_empty()
    }

    /// Whether something is mounted at the configuration folder of GitLab's own image.
    pub(crate) fn has_config(&self) -> bool {
        self.mounts.iter().any(|(destination, _)| destination == Path::new(CONFIG))
    }

    /// Adds the published `ports` of its service, as `docker service inspect` lists them: the engine of a task does not.
    pub(crate) fn add_service_ports(&mut self, ports: &str) {
        let ports: Vec<ServicePort> = serde_json::from_str(ports).unwrap_or_default();
        self.is_published_on_host = ports.iter().any(|port| port.publish_mode == "host");
        for ServicePort { target_port, published_port, .. } in ports {
            let port = (target_port, Reach::Here(published_port));
            if published_port != 0 && !self.ports.contains(&port) {
                self.ports.push(port);
            }
        }
    }

    /// The command that starts it, as people type it.
    pub(crate) fn start(&self) -> ShellLine {
        self.recipe.start(&self.client())
    }

    /// The command that starts it again, as people type it.
    pub(crate) fn restart(&self) -> ShellLine {
        self.recipe.restart(&self.client())
    }

    /// The commands that give it a gitlab.rb with these `lines` more, if a Swarm keeps that file: it cannot be edited.
    pub(crate) fn replace_gitlab_rb(&self, lines: &[String]) -> Vec<ShellLine> {
        match self.recipe.keeper() {
            Keeper::Swarm(service) => service.replace_config(&self.client(), &self.name, GITLAB_RB, lines),
            _ => vec![self.restart()],
        }
    }

    /// Whether its image is a GitLab image, by its name or by how it starts: a mirror may have any name.
    pub(crate) fn is_gitlab(&self) -> bool {
        let name = self.repository().rsplit('/').next();
        name.is_some_and(|name| ["gitlab-ce", "gitlab-ee"].contains(&name)) || self.recipe.starts_as_gitlab()
    }

    /// Whether its image is sameersbn/docker-gitlab, which uses other folders.
    pub(crate) fn is_sameersbn(&self) -> bool {
        let has = |name| self.recipe.variable(name).is_some();
        self.repository().ends_with("sameersbn/gitlab")
            || (has("GITLAB_DATA_DIR") && has("GITLAB_INSTALL_DIR"))
    }

    /// The folder or file of this machine that the container sees as `inside`; none if it is part of the image, and so
    /// lost with the container.
    pub(crate) fn outside(&self, inside: &Path) -> Option<PathBuf> {
        let nearest = self
            .mounts
            .iter()
            .filter_map(|(destination, source)| Some((inside.strip_prefix(destination).ok()?, source)));
        let (rest, source) = nearest.min_by_key(|(rest, _)| rest.components().count())?;
        Some(if rest.as_os_str().is_empty() { source.clone() } else { source.join(rest) })
    }

    /// The file or folder of this machine that is mounted exactly at `inside`.
    pub(crate) fn mounted_at(&self, inside: &Path) -> Option<&Path> {
        self.mounts.iter().find(|(destination, _)| destination == inside).map(|(_, source)| source.as_path())
    }

    /// Whether it runs with files that its engine does not list: the configs and secrets of a Swarm.
    pub(crate) fn hides_files(&self) -> bool {
        self.running && self.recipe.swarm_service().is_some()
    }

    /// The way from this machine to the container's `port`.
    pub(crate) fn published(&self, port: u16) -> Reach {
        if !self.own_network {
            return Reach::Here(port);
        }
        let mut found = self.ports.iter().filter(|(inside, _)| *inside == port).map(|(_, reach)| reach);
        let first = found.clone().next().cloned();
        let here = found.find(|reach| matches!(reach, Reach::Here(_))).cloned();
        here.or(first).unwrap_or(Reach::Nowhere)
    }

    /// The container's port that is published as this machine's `port`, if it is exactly one.
    pub(crate) fn inside(&self, port: u16) -> Option<u16> {
        let mut found = self.ports.iter().filter(|(_, reach)| *reach == Reach::Here(port));
        let (inside, _) = found.next().filter(|_| self.own_network)?;
        found.all(|(other, _)| other == inside).then_some(*inside)
    }

    /// Whether it has its own network, and does not use the machine's ports.
    pub(crate) fn has_own_network(&self) -> bool {
        self.own_network
    }

    /// The engine's client as people type it: with the socket, if it is not the default one.
    pub(crate) fn client(&self) -> ShellLine {
        client(&self.engine)
    }

    fn repository(&self) -> &str {
        let name = self.image.split('@').next().unwrap_or_default();
        match name.rsplit_once(':') {
            // A colon before a slash is a registry's port.
            Some((repository, tag)) if !tag.contains('/') => repository,
            _ => name,
        }
    }
}

fn client(engine: &Command) -> ShellLine {
    let program = engine.program.file_name().unwrap_or_default().to_string_lossy();
    let own = engine.arguments.iter().filter(|word| *word != "--host");
    let is_usual =
        |word: &str| word.strip_prefix("unix://").is_some_and(|path| DOCKER_SOCKETS.contains(&path));
    let elsewhere: Vec<_> = own.filter(|word| !is_usual(word)).collect();
    match elsewhere.as_slice() {
        [socket] => shell_line!("{} --host {}", program, socket),
        _ => ShellLine::of([program]),
    }
}

fn published(ports: Option<&Ports>) -> Vec<(u16, Reach)> {
    let mut found = Vec::new();
    for (inside, bindings) in ports.into_iter().flatten() {
        let Some(inside) = inside.strip_suffix("/tcp").and_then(|port| port.parse().ok()) else { continue };
        for Binding { host_ip, host_port } in bindings.iter().flatten() {
            let is_everywhere = ["", "0.0.0.0", "::"].contains(&host_ip.as_str());
            let is_loopback = host_ip == "::1" || host_ip.starts_with("127.");
            match host_port.parse() {
                Ok(port) if is_loopback => found.push((inside, Reach::Loopback(port))),
                Ok(port) if is_everywhere => found.push((inside, Reach::Here(port))),
                Ok(port) => found.push((inside, Reach::Apart(format!("{host_ip}:{port}")))),
                // The engine chooses a port when it starts the container.
                Err(_) => {}
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) mod tests;
