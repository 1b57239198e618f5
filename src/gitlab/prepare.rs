//! A folder from which `docker compose up -d` starts a GitLab that serves our certificate from the start. Its ports are
//! chosen once and read back later, so that they do not change when GitLab itself uses them.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::World;
use labtrust_plan::{
    Actor, Change, Contents, Endpoint, Facts, ShellLine, Step, Target, fact::EngineKind, text,
};

use super::{
    STORE,
    compose::{Blueprint, published},
    config::{Address, Config, Known, url},
    installation::{Installation, exists},
    ports::{self, Chooser, Ports},
    published_ports::holder,
    role::Role,
};
use crate::hint::{fail, hint, shell_line};

/// A folder that a GitLab is started from.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// The folder.
    pub folder: PathBuf,
    /// The installation that gets the certificate and key.
    pub installation: Installation,
    /// GitLab's endpoint for clients.
    pub gitlab: Endpoint,
    /// The registry's endpoint for clients.
    pub registry: Endpoint,
    /// Notes on the ports that are not the usual ones.
    pub notes: Vec<String>,
    /// Why the folder is a bad place for a new GitLab, if it is.
    pub warning: Option<String>,
    ports: Ports,
    files: Vec<(PathBuf, Contents, u32)>,
}

/// The other names of a compose file (compose-spec); Compose would read only one of two.
const OTHER_COMPOSE_FILES: [&str; 3] = ["compose.yml", "docker-compose.yaml", "docker-compose.yml"];

impl Prepared {
    /// Plans the files in `folder` for `host` and `registry`, or reads the existing ones.
    pub(crate) fn design(
        world: &World,
        facts: &Facts,
        folder: &Path,
        host: Option<&Target>,
        registry: Option<&Target>,
    ) -> Result<Self> {
        let is_free = |port: u16| {
            // A rootless engine cannot publish the low ports.
            let is_rootless = |kind| kind == EngineKind::Rootless;
            let only_rootless =
                !facts.engines.is_empty() && facts.engines.iter().all(|e| is_rootless(e.kind));
            (port >= 1024 || !only_rootless) && ports::is_free(port)
        };
        let mut prepared = Self::design_with(world, folder, host, registry, &is_free)?;
        prepared.notes = prepared.port_notes(&|port| holder(world, port));
        let config = &prepared.installation.config;
        if exists(world, config)?
            && let Some(running) = Installation::mounting(world, facts, config)?
        {
            prepared.installation = running;
        }
        Ok(prepared)
    }

    fn design_with(
        world: &World,
        folder: &Path,
        host: Option<&Target>,
        registry: Option<&Target>,
        is_free: &dyn Fn(u16) -> bool,
    ) -> Result<Self> {
        let folder = std::path::absolute(folder)?;
        let (compose, gitlab_rb) = (folder.join("compose.yaml"), folder.join("config/gitlab.rb"));
        let read = |path: &Path| -> Result<Option<String>> {
            Ok(world.read(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
        };
        let (old_compose, old_rb) = (read(&compose)?, read(&gitlab_rb)?);
        let warning = old_rb.is_none().then(|| work_tree_warning(world, &folder)).flatten();
        // labtrust writes gitlab.rb first, so it did not write a compose file without one.
        let strangers = OTHER_COMPOSE_FILES.iter().map(|name| folder.join(name));
        for stranger in strangers.chain(old_rb.is_none().then(|| compose.clone())) {
            if exists(world, &stranger)? {
                return Err(occupied_error(
                    &stranger,
                    "exists already, and labtrust did not write it",
                    &folder,
                ));
            }
        }
        let mut chooser = Chooser { is_free, taken: Vec::new() };
        let (gitlab, registry, ports) = if let Some(text) = &old_rb {
            let (gitlab, registry) = read_back(text, &gitlab_rb, &folder, host, registry)?;
            let ssh = Config::read("", text).number(&["gitlab_rails", "gitlab_shell_ssh_port"]);
            let ssh = ssh.and_then(|port| u16::try_from(port).ok()).unwrap_or(ports::SSH[0]);
            let http = old_compose.as_deref().and_then(|text| published(text, 80));
            let http = http.map_or_else(|| choose(&mut chooser, &ports::HTTP), Ok)?;
            let ports = Ports { https: gitlab.port, http, ssh, registry: registry.port };
            (gitlab, registry, ports)
        } else {
            let Some(host) = host else {
                return Err(fail(
                    format!("{} contains no host name for GitLab yet", folder.display()),
                    hint!("pass the host name: {labtrust setup HOST --prepare {}}", folder),
                ));
            };
            choose_all(&mut chooser, host, registry)?
        };
        let is_labelled = exists(world, Path::new("/sys/fs/selinux/enforce"))?;
        let blueprint = Blueprint { gitlab, registry, ports, is_labelled };
        // Files that people edited since then stay unchanged.
        let files = [
            (gitlab_rb, old_rb, blueprint.gitlab_rb(), 0o600),
            (compose, old_compose, blueprint.compose(), 0o644),
        ]
        .into_iter()
        .filter(|(_, old, new, _)| old.as_ref().is_none_or(|old| old == new))
        .map(|(path, _, new, mode)| (path, Contents::Public(new.into_bytes()), mode))
        .collect();
        Ok(Self {
            installation: Installation::prepared(&folder.join("config")),
            notes: Vec::new(),
            warning,
            ports,
            gitlab: blueprint.gitlab,
            registry: blueprint.registry,
            folder,
            files,
        })
    }

    /// Notes on the ports that are not the usual ones. `who` names the program that uses a port.
    fn port_notes(&self, who: &dyn Fn(u16) -> Option<String>) -> Vec<String> {
        let Ports { https, http, ssh, registry } = self.ports;
        [
            (https, ports::HTTPS[0], format!("GitLab is at {}", url(&self.gitlab))),
            (http, ports::HTTP[0], format!("plain HTTP, which only redirects, is on port {http}")),
            (ssh, ports::SSH[0], format!("Git over SSH is on port {ssh}")),
            (registry, ports::REGISTRY[0], format!("the registry is at {}", self.registry)),
        ]
        .into_iter()
        .filter(|(port, usual, _)| port != usual)
        .map(|(_, usual, note)| match who(usual) {
            Some(holder) => format!("{note}; {usual} is used by {holder}"),
            None => note,
        })
        .collect()
    }

    /// The change that writes the files. It comes after the certificate and key; the compose file is the last, because
    /// with it GitLab can be started.
    pub(crate) fn changes(&self) -> Vec<Change> {
        if self.files.is_empty() {
            return Vec::new();
        }
        let put = |(path, contents, mode): &(PathBuf, Contents, u32)| Step::Put {
            path: path.clone(),
            contents: contents.clone(),
            mode: *mode,
        };
        let steps = self.files.iter().map(put).collect();
        vec![Change::of_files(STORE, &self.folder, Actor::Caller, steps)]
    }

    /// The command that starts it.
    pub(crate) fn start(&self) -> ShellLine {
        shell_line!("cd {} && docker compose up -d", self.folder)
    }
}

/// The warning about a `folder` inside somebody's git work tree: `git clean` deletes ignored and untracked files there.
fn work_tree_warning(world: &World, folder: &Path) -> Option<String> {
    let is_work_tree = |above: &&Path| exists(world, &above.join(".git")).unwrap_or(false);
    let work_tree = folder.ancestors().find(is_work_tree)?;
    Some(format!(
        "{} is inside the git work tree {}: GitLab would keep its data and keys there, and `git clean` may delete them",
        text::path(folder),
        text::path(work_tree)
    ))
}

fn occupied_error(path: &Path, why: &str, folder: &Path) -> anyhow::Error {
    fail(
        format!("{} {why}", path.display()),
        hint!(
            "for the GitLab that is started from there, pass its configuration folder: --gitlab {}; for a new GitLab, \
             give --prepare a new folder",
            folder.join("config")
        ),
    )
}

/// The endpoints in a gitlab.rb that labtrust wrote; an error if they are not the requested ones.
fn read_back(
    text: &str,
    path: &Path,
    folder: &Path,
    host: Option<&Target>,
    registry: Option<&Target>,
) -> Result<(Endpoint, Endpoint)> {
    let config = Config::read("", text);
    let address = |role, wanted: Option<&Target>| match config.address(role) {
        Known::Is(Address { https: true, endpoint, .. }) => {
            let fits = wanted.is_none_or(|wanted| {
                wanted.host == endpoint.host && wanted.port.is_none_or(|port| port == endpoint.port)
            });
            if fits {
                Ok(endpoint)
            } else {
                Err(occupied_error(path, &format!("is for {}", url(&endpoint)), folder))
            }
        }
        _ => Err(occupied_error(
            path,
            "exists already, and names no https URL for GitLab and its registry",
            folder,
        )),
    };
    Ok((address(Role::Gitlab, host)?, address(Role::Registry, registry)?))
}

fn choose_all(
    chooser: &mut Chooser<'_>,
    host: &Target,
    registry: Option<&Target>,
) -> Result<(Endpoint, Endpoint, Ports)> {
    let registry = registry.cloned().unwrap_or_else(|| Target { host: host.host.clone(), port: None });
    // Two hosts can share one port: nginx tells them apart by name.
    let usual = host.port.or(Some(ports::HTTPS[0]));
    let shares = registry.port == usual && registry.host != host.host;
    // Requested ports come before chosen ones.
    let wished = host.port.or(registry.port.filter(|_| shares));
    let wished = wished.map(|port| take(chooser, port)).transpose()?;
    let wished_registry = match registry.port.filter(|_| !shares) {
        Some(port) => Some(take(chooser, port)?),
        None => None,
    };
    let https = wished.map_or_else(|| choose(chooser, &ports::HTTPS), Ok)?;
    let registry_port = match wished_registry {
        Some(port) => port,
        None if shares => https,
        None => choose(chooser, &ports::REGISTRY)?,
    };
    let (http, ssh) = (choose(chooser, &ports::HTTP)?, choose(chooser, &ports::SSH)?);
    let ports = Ports { https, http, ssh, registry: registry_port };
    Ok((Endpoint::new(host.host.clone(), https), Endpoint::new(registry.host, registry_port), ports))
}

fn take(chooser: &mut Chooser<'_>, port: u16) -> Result<u16> {
    if chooser.take(port) {
        return Ok(port);
    }
    Err(fail(
        format!("port {port} of this machine is in use"),
        "leave the port out, so that setup chooses a free one; or pass another port",
    ))
}

fn choose(chooser: &mut Chooser<'_>, candidates: &[u16]) -> Result<u16> {
    chooser.choose(candidates).ok_or_else(|| {
        fail(
            "this machine has no free port left for GitLab",
            "stop a program that uses one of its ports, or use another machine",
        )
    })
}

#[cfg(test)]
mod tests;
