//! The places in which runners of this machine keep their settings: root's, a user's own, and folders that containers mount.

use std::path::{Path, PathBuf};

use crate::{
    Actor, Command, Facts, Host, Service,
    fact::{DOCKER_SOCKETS, Engine, RunnerContainer, ServiceManager},
};

/// The runner's program, and the name of its process.
pub(super) const PROGRAM: &str = "gitlab-runner";

/// The settings folder of a runner that root runs, and of a runner in a container.
pub(super) const MACHINE: &str = "/etc/gitlab-runner";

/// The settings folder of a runner that another user runs, below the home folder.
const OWN: &str = ".gitlab-runner";

/// A runner's settings folder.
pub(super) struct Place {
    /// The folder.
    pub folder: PathBuf,
    /// The folder `certs`.
    certs: PathBuf,
    /// The folder's path for the runner, if the runner is in a container.
    inside: Option<&'static str>,
    /// The owner.
    pub actor: Actor,
    /// The runner that must restart to find a new file, if it runs.
    pub service: Option<Service>,
}

impl Place {
    fn new(folder: PathBuf, actor: Actor, service: Option<Service>) -> Self {
        Self { certs: folder.join("certs"), folder, inside: None, actor, service }
    }

    /// Its `config.toml`.
    pub(super) fn settings(&self) -> PathBuf {
        self.folder.join("config.toml")
    }

    /// The file that the runner reads for `host`. None for an IPv6 address: the runner cuts it at its first colon.
    pub(super) fn file(&self, host: &Host) -> Option<PathBuf> {
        let name = host.to_string();
        (!name.contains(':')).then(|| self.certs.join(format!("{name}.crt")))
    }

    /// Whether `path` is a file of certificates here; `.auth.crt` is a client's own.
    pub(super) fn is_in_certs(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.parent() == Some(&*self.certs) && name.ends_with(".crt") && !name.ends_with(".auth.crt")
    }

    /// The path on this machine of the runner's file `path`; none if nothing here shows it.
    pub(super) fn outside(&self, path: &Path) -> Option<PathBuf> {
        let Some(inside) = self.inside else { return path.is_absolute().then(|| path.to_owned()) };
        let below = path.strip_prefix(inside).ok()?;
        Some(
            below
                .strip_prefix("certs")
                .map_or_else(|_| self.folder.join(below), |name| self.certs.join(name)),
        )
    }

    /// Whether the file `path` of this machine is one of the runner's own.
    pub(super) fn owns(&self, path: &Path) -> bool {
        path.starts_with(&self.folder) || path.starts_with(&self.certs)
    }

    /// Whether the runner reads this machine's files.
    pub(super) fn is_here(&self) -> bool {
        self.inside.is_none()
    }
}

/// The places on this machine.
pub(super) fn places(facts: &Facts) -> Vec<Place> {
    let is_roots = facts.has(MACHINE) || facts.tools.contains_key(PROGRAM);
    let machine = is_roots.then(|| Place::new(MACHINE.into(), Actor::Machine, service(facts)));
    let own = facts.people().map(|user| (user, user.home.join(OWN)));
    let own = own.filter(|(_, folder)| facts.has(folder.join("config.toml")));
    // Nothing shows which runner is whose process.
    let own = own.map(|(user, folder)| Place::new(folder, Actor::User(user.clone()), None));
    let mounted = containers(facts).filter_map(|(engine, container)| {
        let folder = container.config.clone()?;
        let certs = container.certs.clone().unwrap_or_else(|| folder.join("certs"));
        let service = service_of(facts, engine, container);
        Some(Place { folder, certs, inside: Some(MACHINE), actor: Actor::Machine, service })
    });
    machine.into_iter().chain(own).chain(mounted).collect()
}

/// The containers of runners whose settings are in the container itself.
pub(super) fn unmounted(facts: &Facts) -> impl Iterator<Item = &str> {
    containers(facts)
        .filter(|(_, container)| container.config.is_none())
        .map(|(_, container)| &*container.name)
}

fn containers(facts: &Facts) -> impl Iterator<Item = (&Engine, &RunnerContainer)> {
    let engines = facts.engines.iter().filter(|engine| engine.has_folder_here());
    engines.flat_map(|engine| engine.runners.iter().map(move |container| (engine, container)))
}

/// The runner that root runs, if one runs.
fn service(facts: &Facts) -> Option<Service> {
    let started = *facts.running.get(PROGRAM)?;
    let tool = |name: &str| facts.tools.get(name);
    let restart = match facts.services {
        Some(ServiceManager::Systemd) => {
            tool("systemctl").map(|tool| Command::new(tool, ["restart", PROGRAM]))
        }
        _ => tool(PROGRAM).map(|tool| Command::new(tool, ["restart"])),
    };
    Some(Service::new("GitLab Runner", Some(started), restart))
}

/// The runner in `container`, if it runs.
fn service_of(facts: &Facts, engine: &Engine, container: &RunnerContainer) -> Option<Service> {
    let started = container.started?;
    let restart = facts.tools.get("docker").zip(engine.socket.as_deref()).map(|(docker, socket)| {
        let is_usual = DOCKER_SOCKETS.iter().any(|usual| socket == Path::new(usual));
        let host = (!is_usual).then(|| format!("--host=unix://{}", socket.display()));
        let arguments = ["restart".to_owned(), container.name.clone()];
        Command::new(docker, host.into_iter().chain(arguments))
    });
    let title = format!("the container {} of GitLab Runner", container.name);
    Some(Service::new(title, Some(started), restart))
}
