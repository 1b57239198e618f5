//! Checks that a Docker daemon is running, and that this user can ask it.

mod other_socket;
mod start;
#[cfg(test)]
mod tests;

use std::path::Path;

use labtrust_machine::engine::SocketState;
use labtrust_plan::{
    Command, ShellLine,
    fact::{Engine, EngineKind, ServiceManager},
};

use self::other_socket::{OTHER_SOCKET, Used, back_to_default, variable};
use self::start::start;
use super::{Check, CheckResult};
use crate::doctor::{
    Case, Code, Finding,
    evidence::{Asked, EngineSeen},
};

pub(crate) const CHECK: Check = Check {
    id: "engine",
    title: "Docker daemon",
    codes: &[&REMOTE, &OTHER_SOCKET, &MISSING, &DOWN, &NO_PERMISSION],
    judge,
};

const REMOTE: Code = Code::warning("daemon-remote").explaining(&["untrusted-docker"]);
const MISSING: Code = Code::error("docker-missing");
const DOWN: Code = Code::error("daemon-down");
const NEEDED: &str = "docker login needs the Docker daemon, which contacts the registry";
const NO_PERMISSION: Code = Code::error("daemon-no-permission");

fn judge(case: &Case<'_>) -> CheckResult {
    if let Some(finding) = not_at_a_socket(case) {
        return finding.into();
    }
    if let Some(context) = &case.evidence.client.docker_context
        && let Some(why) = context.at.fault()
    {
        return CheckResult::fault(format!("{} does not name a Docker daemon: {why}", context.told_by));
    }
    if let Some(finding) = other_socket::finding(case) {
        return finding.into();
    }
    if let Some(finding) = no_socket(case) {
        return finding.into();
    }
    let Some((engine, fact)) = case.engine() else { return no_engine(case) };
    let socket = engine.socket.as_ref().map_or_else(String::new, |path| path.display().to_string());
    match &engine.socket_state {
        SocketState::Open => version(engine, &socket, fact.is_some_and(|fact| fact.kind.is_podman())),
        SocketState::Forbidden => no_permission(case, &socket, fact),
        SocketState::Absent | SocketState::NoListener => down(case, engine, fact),
        SocketState::Unknown(why) => CheckResult::fault(format!("{socket}: {why}")),
    }
}

/// The address of the daemon that the docker command uses, if it is not a socket or a pipe of this machine: such a daemon is not
/// asked.
pub(crate) fn remote<'e>(case: &Case<'e>) -> Option<&'e str> {
    let at = case.evidence.client.docker_context.as_ref()?.at.answer()?;
    let (scheme, address) = at.split_once("://")?;
    (!["unix", "npipe"].contains(&scheme) && !address.is_empty()).then_some(at)
}

fn not_at_a_socket(case: &Case<'_>) -> Option<Finding> {
    let at = remote(case)?;
    let told_by = &case.evidence.client.docker_context.as_ref()?.told_by;
    let address = at.split_once("://").map_or("", |(_, rest)| rest);
    let is_here = ["localhost", "127.", "[::1]"].iter().any(|local| address.starts_with(local));
    let (through, why, advice) = if is_here {
        (
            " through TCP",
            "that daemon contacts the registry, and may be in a virtual machine or a container: whether the trust stores and \
             the proxy of this machine have an effect on docker login is not known",
            "run labtrust where that daemon runs, or make the docker command use a socket:",
        )
    } else {
        (
            "",
            "that daemon contacts the registry: the trust stores and the proxy of this machine have no effect on docker login",
            "run labtrust on that machine, or make the docker command use this machine's daemon:",
        )
    };
    let what = format!("the docker command uses the Docker daemon at {at}{through} (set by {told_by})");
    Some(Finding::new(&REMOTE, what, why).advise(advice).command(back_to_default(told_by)))
}

/// The finding that the socket that a setting of the docker command names does not exist, and no other daemon runs.
fn no_socket(case: &Case<'_>) -> Option<Finding> {
    let used = Used::of(case).filter(|used| used.told_by.is_some())?;
    if case.evidence.facts.engines.iter().any(|engine| engine.chosen_by.is_some()) {
        return None;
    }
    let what = format!("no Docker daemon is running at {}{}: there is no socket", used.socket, used.reason());
    Some(Finding::new(&DOWN, what, NEEDED).advise("start that daemon, or correct the setting"))
}

fn no_engine(case: &Case<'_>) -> CheckResult {
    if case.evidence.gitlab.is_some() {
        return CheckResult::skipped("Docker is not installed, and the server does not need it");
    }
    if case.evidence.facts.tools.contains_key("podman") {
        return CheckResult::skipped("Docker is not installed; podman is");
    }
    Finding::new(
        &MISSING,
        "Docker is not installed",
        "without Docker or podman, nothing can log in to the registry",
    )
    .advise("install Docker or podman, if this machine needs the registry")
    .into()
}

fn no_permission(case: &Case<'_>, socket: &str, fact: Option<&Engine>) -> CheckResult {
    let user = &case.evidence.facts.user;
    let what = format!("{} cannot use the socket {socket}", user.name);
    let told_by = Used::of(case).and_then(|used| used.told_by);
    let finding = |why| Finding::new(&NO_PERMISSION, what, why);
    let finding =
        match fact.map_or(EngineKind::Rootful, |fact| fact.kind) {
            EngineKind::Rootful | EngineKind::Snap => finding(
                "only root and the members of the group docker can use it",
            )
            .advise("join the group docker (its members can do what root can) and log in again, or use sudo:")
            .run(["sudo", "usermod", "-aG", "docker", &user.name]),
            EngineKind::Podman => finding("only the user whose podman it is can use it, and root")
                .advise("use your own podman, or use sudo:")
                .run(["systemctl", "--user", "start", "podman.socket"])
                .run(["export", &format!("DOCKER_HOST=unix:///run/user/{}/podman/podman.sock", user.uid)]),
            _ => {
                let finding = finding("only its owner can use it, and root");
                match told_by {
                    Some(told_by) => finding
                        .advise("make the docker command use this machine's daemon, or use sudo:")
                        .command(back_to_default(told_by)),
                    None => finding.advise("use sudo:"),
                }
            }
        };
    // sudo removes the variable.
    let kept = told_by.and_then(variable).map(|name| format!("--preserve-env={name}"));
    let registry = case.endpoint().to_string();
    let words = ["sudo"].into_iter().chain(kept.as_deref()).chain(["labtrust", "doctor", &registry]);
    finding.run(words).into()
}

fn down(case: &Case<'_>, engine: &EngineSeen, fact: Option<&Engine>) -> CheckResult {
    let title = &engine.title;
    let what = match (&engine.socket_state, &engine.socket) {
        (SocketState::NoListener, Some(socket)) => {
            format!("{title} is not running: no program listens on {}", socket.display())
        }
        _ => format!("{title} is not running: it has no socket"),
    };
    let finding = Finding::new(&DOWN, what, NEEDED);
    if let Some(fact) = fact
        && let Some(start) = start(fact, socket(case, engine, fact), case.evidence.facts.os)
    {
        return start.command.into_iter().fold(finding.advise(start.advice), Finding::command).into();
    }
    match fact.and_then(|fact| fact.restart.as_ref()) {
        Some(restart) => {
            let finding = finding
                .advise("start it; if it stops again, its log shows the reason:")
                .command(ShellLine::from(&start_command(restart)).by_root());
            match case.evidence.facts.services {
                Some(ServiceManager::Systemd) => finding.command("sudo journalctl -u docker -n 20"),
                _ => finding.command("sudo tail -n 20 /var/log/docker.log"),
            }
        }
        None => finding.advise("start it"),
    }
    .into()
}

/// The socket of `engine`; if it is not there, the one at which the docker command expects it.
fn socket<'e>(case: &Case<'e>, engine: &'e EngineSeen, fact: &Engine) -> Option<&'e Path> {
    let expected = || Used::of(case).filter(|_| fact.chosen_by.is_some());
    engine.socket.as_deref().or_else(|| expected().map(|used| Path::new(used.socket)))
}

/// The command that starts the service that `restart` restarts.
fn start_command(restart: &Command) -> Command {
    let mut start = restart.clone();
    for argument in start.arguments.iter_mut().filter(|argument| *argument == "restart") {
        "start".clone_into(argument);
    }
    start
}

fn version(engine: &EngineSeen, socket: &str, is_podmans: bool) -> CheckResult {
    match &engine.version {
        Asked::Answered(version) => {
            let name = if is_podmans { "podman" } else { "Docker" };
            CheckResult::passed(format!("{name} {} answers on {socket}", version.version))
        }
        Asked::Failed(why) => CheckResult::fault(why.clone()),
        Asked::Not => CheckResult::fault(format!("the daemon at {socket} was not asked")),
    }
}
