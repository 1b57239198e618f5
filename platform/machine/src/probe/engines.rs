//! Finds the Docker engines of the machine and of its users.

mod files;
mod named;
#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use labtrust_plan::{
    Command,
    fact::{DEFAULT_SOCKET, DOCKER_SOCKETS, Engine, EngineKind, Facts, Os, ServiceManager, User},
    store::{self, MACHINE_ENGINES, MachineEngine},
};

use self::files::{engine_of, may_be_socket, registries};
use super::{
    daemon::{addresses, daemon_command_line, daemon_settings_file, sockets},
    docker_context::{DockerContext, docker_context},
    process, users,
};
use crate::world::{Peer, World, peer, started};

/// The time limit for a socket to accept a connection. A socket with a full queue accepts none.
const LIMIT: Duration = Duration::from_secs(2);

/// The name of the socket of a user's own engine.
const SOCKET: &str = "docker.sock";

pub(super) fn find(facts: &Facts) -> Vec<Engine> {
    let mut engines = Vec::new();
    if facts.os == Os::Linux {
        let snap = Path::new("/var/snap/docker/current").exists();
        engines.extend(rows().filter(|row| row.is_installed(snap)).map(|row| row.engine(facts)));
    }
    for user in facts.people() {
        engines.extend(rootless(facts, user).filter(|_| facts.os == Os::Linux));
        engines.extend(virtual_engines(facts, user));
    }
    mark_chosen(&mut engines, facts, docker_context(facts).as_ref());
    engines.into_iter().map(|engine| with_own_files(with_start(engine, facts), facts)).collect()
}

/// `engine`, and whether a service manager started it.
fn with_start(mut engine: Engine, facts: &Facts) -> Engine {
    let is_managed = match (engine.kind, engine.pid) {
        (EngineKind::Other | EngineKind::Outside, _) => false,
        (_, Some(pid)) if facts.services == Some(ServiceManager::Systemd) => process::is_systemds(pid),
        _ => true,
    };
    if !is_managed {
        engine.is_unmanaged = true;
        engine.restart = None;
    }
    engine
}

/// `engine` with its own folders, if its process sees other files than this machine's.
fn with_own_files(mut engine: Engine, facts: &Facts) -> Engine {
    let Some(pid) = engine.pid else { return engine };
    if let Some(root) = process::own_root(pid, &engine.certs_d) {
        engine.certs_d = process::below(&root, &engine.certs_d);
        engine.registries = registries(&engine.certs_d);
        engine.root = Some(root);
    }
    let bundle = store::bundle(facts);
    engine.has_own_store = bundle.is_some_and(|bundle| process::own_root(pid, &bundle).is_some());
    engine
}

/// Marks the engine that the docker command uses, which `context` names; adds it if it is not one of `engines`.
fn mark_chosen(engines: &mut Vec<Engine>, facts: &Facts, context: Option<&DockerContext>) {
    let (socket, chosen_by) = match context {
        None => (Path::new(DOCKER_SOCKETS[0]), DEFAULT_SOCKET),
        Some(context) => match context.socket() {
            Some(socket) => (socket, &*context.told_by),
            // It is on another machine, or the setting is broken.
            None => return,
        },
    };
    let is_it = |engine: &&mut Engine| match &engine.socket {
        Some(known) => is_same(known, socket),
        // It does not run.
        None => context.is_some() && usual_sockets(engine, facts).iter().any(|usual| is_same(usual, socket)),
    };
    if let Some(engine) = engines.iter_mut().find(is_it) {
        engine.chosen_by = Some(chosen_by.to_owned());
    } else if context.is_some() {
        let engine = named::virtual_engine(facts, socket)
            .or_else(|| may_be_socket(socket).then(|| named_engine(socket)));
        engines.extend(engine.map(|engine| Engine { chosen_by: Some(chosen_by.to_owned()), ..engine }));
    }
}

/// The engine that listens on `socket`, where no engine listens by itself.
fn named_engine(socket: &Path) -> Engine {
    let peer = peer(socket, LIMIT);
    let owner = peer.and_then(|peer| users::with_id(peer.uid).ok()?).filter(|user| user.uid != 0);
    let pid = peer.and_then(|peer: Peer| peer.pid);
    // docs.docker.com, "Rootless mode": a daemon without root's rights reads its user's own folder.
    let certs_d = match &owner {
        Some(user) => user.home.join(".config/docker/certs.d"),
        None => PathBuf::from("/etc/docker/certs.d"),
    };
    let is_outside = peer.is_some() && pid.is_none();
    let kind = if is_outside { EngineKind::Outside } else { EngineKind::Other };
    Engine {
        socket: Some(socket.to_owned()),
        owner,
        pid,
        started: pid.and_then(started),
        ..engine_of(kind, certs_d)
    }
}

/// The sockets on which `engine` listens if no setting names another.
fn usual_sockets(engine: &Engine, facts: &Facts) -> Vec<PathBuf> {
    let Some(user) = &engine.owner else {
        let rows = rows().filter(|row| row.0.kind == engine.kind);
        return rows.map(|row| row.0.socket.into()).collect();
    };
    let rows = VIRTUAL.iter().filter(|row| row.kind == engine.kind && row.os == facts.os);
    let mut sockets: Vec<_> = rows.flat_map(|row| row.sockets).map(|path| user.home.join(path)).collect();
    sockets.extend((engine.kind == EngineKind::Rootless).then(|| runtime_folder(facts, user).join(SOCKET)));
    sockets
}

/// Whether both paths lead to the same file, or would if it existed.
fn is_same(one: &Path, other: &Path) -> bool {
    let is_one = |one: &Path, other: &Path| {
        one == other
            || fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
    };
    let folders = one.parent().zip(other.parent());
    is_one(one, other)
        || one.file_name() == other.file_name() && folders.is_some_and(|(one, other)| is_one(one, other))
}

/// An engine that belongs to the machine, if it is installed.
struct EngineRow(&'static MachineEngine);

fn rows() -> impl Iterator<Item = EngineRow> {
    MACHINE_ENGINES.iter().map(EngineRow)
}

impl EngineRow {
    fn is_installed(&self, snap: bool) -> bool {
        // The snap and the machine's own engine use the same socket path: it is the snap's if the snap is installed.
        self.has_signs()
            || (!snap && self.0.kind == EngineKind::Rootful && may_be_socket(Path::new(self.0.socket)))
    }

    fn engine(&self, facts: &Facts) -> Engine {
        let is_daemon = |pid: &u32| !daemon_command_line(*pid).is_empty();
        let pid = pid(Path::new(self.0.pid)).filter(is_daemon);
        if pid.is_none()
            && !self.has_signs()
            && let Some(engine) = self.foreign(facts)
        {
            return engine;
        }
        Engine {
            socket: self.listening(pid),
            pid,
            started: pid.and_then(started),
            restart: restart(facts, self.0.service),
            ..engine_of(self.0.kind, self.0.certs_d.into())
        }
    }

    fn has_signs(&self) -> bool {
        self.0.signs.iter().any(|sign| Path::new(sign).exists())
    }

    /// The engine that listens on its socket, if that is not an engine of this machine: only its socket is in reach.
    fn foreign(&self, facts: &Facts) -> Option<Engine> {
        // The package podman-docker links it to the socket of podman's service.
        let target = fs::canonicalize(self.0.socket).or_else(|_| fs::read_link(self.0.socket));
        let linked = target.ok().and_then(|path| named::virtual_engine(facts, &path));
        if linked.is_some() {
            return linked;
        }
        let engine = named_engine(Path::new(self.0.socket));
        let is_foreign = engine.kind == EngineKind::Outside
            || engine.pid.is_some_and(|pid| process::own_root(pid, &engine.certs_d).is_some());
        is_foreign.then_some(engine)
    }

    /// The socket on which the engine, the process `pid` if it runs, listens: its usual one, unless its command line or its
    /// settings name others.
    fn listening(&self, pid: Option<u32>) -> Option<PathBuf> {
        let usual = Path::new(self.0.socket);
        let line = pid.map(daemon_command_line).unwrap_or_default();
        let file = daemon_settings_file(self.0.kind, Path::new(self.0.certs_d), &line);
        let addresses = addresses(&line, file.as_deref());
        let named: Vec<_> = sockets(&addresses, usual).filter(|path| may_be_socket(path)).collect();
        let is_usual = |path: &&&Path| is_same(path, usual);
        let found = named.iter().find(is_usual).or_else(|| named.first()).copied();
        found.or_else(|| may_be_socket(usual).then_some(usual)).map(Path::to_owned)
    }
}

/// docs.docker.com, "Rootless mode": configuration under `~/.config/docker`, socket in the user's runtime folder.
fn rootless(facts: &Facts, user: &User) -> Option<Engine> {
    let config = own_folder(facts, user, "XDG_CONFIG_HOME").unwrap_or_else(|| user.home.join(".config"));
    let runtime = runtime_folder(facts, user);
    let socket = runtime.join(SOCKET);
    let unit = user.home.join(".config/systemd/user/docker.service");
    let pid = pid(&runtime.join("docker.pid"));
    (may_be_socket(&socket) || unit.exists()).then(|| Engine {
        socket: may_be_socket(&socket).then_some(socket),
        owner: Some(user.clone()),
        pid,
        started: pid.and_then(started),
        ..engine_of(EngineKind::Rootless, config.join("docker/certs.d"))
    })
}

/// The folder of `user` for sockets.
fn runtime_folder(facts: &Facts, user: &User) -> PathBuf {
    let own = own_folder(facts, user, "XDG_RUNTIME_DIR");
    own.unwrap_or_else(|| PathBuf::from(format!("/run/user/{}", user.uid)))
}

/// An engine in a user's virtual machine, which copies the user's `~/.docker/certs.d` when it starts.
struct Virtual {
    os: Os,
    kind: EngineKind,
    /// Paths that show that it is installed: absolute, or in the home folder.
    signs: &'static [&'static str],
    /// Its possible sockets, in the home folder.
    sockets: &'static [&'static str],
}

/// Sources: docs.docker.com, "Add TLS certificates" of Docker Desktop; Colima's
/// `environment/vm/lima/certs.go` and `config/files.go`.
const VIRTUAL: &[Virtual] = &[
    Virtual {
        os: Os::Macos,
        kind: EngineKind::Desktop,
        signs: &["/Applications/Docker.app", "Applications/Docker.app"],
        sockets: &[".docker/run/docker.sock"],
    },
    Virtual {
        os: Os::Linux,
        kind: EngineKind::Desktop,
        signs: &["/opt/docker-desktop"],
        sockets: &[".docker/desktop/docker.sock"],
    },
    Virtual {
        os: Os::Macos,
        kind: EngineKind::Colima,
        signs: &[".colima/default/colima.yaml", ".config/colima/default/colima.yaml"],
        sockets: &[".colima/default/docker.sock", ".config/colima/default/docker.sock"],
    },
];

fn virtual_engines(facts: &Facts, user: &User) -> impl Iterator<Item = Engine> {
    VIRTUAL.iter().filter(|machine| machine.os == facts.os).filter_map(|machine| {
        let socket = machine.sockets.iter().map(|path| user.home.join(path)).find(|path| may_be_socket(path));
        let installed = machine.signs.iter().any(|sign| user.home.join(sign).exists());
        (installed || socket.is_some()).then(|| Engine {
            socket,
            owner: Some(user.clone()),
            ..engine_of(machine.kind, user.home.join(".docker/certs.d"))
        })
    })
}

/// A folder from this process's environment, if `user` is the user of this process.
fn own_folder(facts: &Facts, user: &User, variable: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os(variable)?);
    (facts.user.uid == user.uid && folder.is_absolute()).then_some(folder)
}

fn restart(facts: &Facts, service: &str) -> Option<Command> {
    // On Synology's DSM the engine is a package, and its systemd unit has another name.
    let package = ["ContainerManager", "Docker"]
        .into_iter()
        .find(|package| service == "docker" && Path::new("/var/packages").join(package).exists());
    if let Some(package) = package {
        return Some(Command::new("/usr/syno/bin/synopkg", ["restart", package]));
    }
    let tool = |name: &str| facts.tools.get(name);
    match facts.services? {
        ServiceManager::Systemd => Some(Command::new(tool("systemctl")?, ["restart", service])),
        ServiceManager::Openrc => Some(Command::new(tool("rc-service")?, [service, "restart"])),
        ServiceManager::Sysv if Path::new("/etc/init.d").join(service).exists() => {
            Some(Command::new(tool("service")?, [service, "restart"]))
        }
        ServiceManager::Sysv => None,
    }
}

/// The process whose number the file `path` holds.
fn pid(path: &Path) -> Option<u32> {
    // The file may be a user's, and may be a pipe or endless.
    let pid = World::read_named(path).ok()??;
    std::str::from_utf8(&pid).ok()?.trim().parse().ok()
}
