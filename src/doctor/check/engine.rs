//! Checks that a Docker daemon is running, and that this user can ask it.

mod other_socket;

use labtrust_machine::engine::SocketState;
use labtrust_plan::{
    Command, ShellLine,
    fact::{Engine, EngineKind, ServiceManager},
};

use self::other_socket::{OTHER_SOCKET, Used};
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
    if let Some(finding) = on_other_machine(case) {
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
    let Some((index, engine)) = case.engine() else { return no_engine(case) };
    let socket = engine.socket.as_ref().map_or_else(String::new, |path| path.display().to_string());
    let fact = case.evidence.facts.engines.get(index);
    match &engine.socket_state {
        SocketState::Open => {
            version(engine, &socket, fact.is_some_and(|fact| fact.kind == EngineKind::Podman))
        }
        SocketState::Forbidden => no_permission(case, &socket),
        SocketState::Absent | SocketState::NoListener => down(case, engine, fact),
        SocketState::Unknown(why) => CheckResult::fault(format!("{socket}: {why}")),
    }
}

/// The address of the daemon that the docker command uses, if it is on another machine.
pub(crate) fn remote<'e>(case: &Case<'e>) -> Option<&'e str> {
    let at = case.evidence.client.docker_context.as_ref()?.at.answer()?;
    let address = at.split_once("://").map_or("", |(_, rest)| rest);
    let is_here = at.starts_with("unix://")
        || at.starts_with("npipe://")
        || ["localhost", "127.", "[::1]"].iter().any(|local| address.starts_with(local));
    (!is_here && !address.is_empty()).then_some(at)
}

fn on_other_machine(case: &Case<'_>) -> Option<Finding> {
    let at = remote(case)?;
    let told_by = &case.evidence.client.docker_context.as_ref()?.told_by;
    let what = format!("the docker command uses the Docker daemon at {at} (set by {told_by})");
    let why = "that daemon contacts the registry: the trust stores and the proxy of this machine have no effect on \
               docker login";
    let finding = Finding::new(&REMOTE, what, why)
        .advise("run labtrust on that machine, or make the docker command use this machine's daemon:");
    Some(finding.command(if told_by == "DOCKER_HOST" {
        "unset DOCKER_HOST"
    } else {
        "docker context use default"
    }))
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

fn no_permission(case: &Case<'_>, socket: &str) -> CheckResult {
    let user = &case.evidence.facts.user.name;
    let what = format!("{user} cannot use the socket {socket}");
    Finding::new(&NO_PERMISSION, what, "only root and the members of the group docker can use it")
        .advise("join the group docker (its members can do what root can) and log in again, or use sudo:")
        .run(["sudo", "usermod", "-aG", "docker", user])
        .run(["sudo", "labtrust", "doctor", &case.endpoint().to_string()])
        .into()
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
    if let Some(start) = fact.and_then(|fact| STARTS.iter().find(|start| start.kind == fact.kind)) {
        return start
            .commands
            .iter()
            .fold(finding.advise(start.advice), |finding, line| finding.command(*line))
            .into();
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

/// How to start an engine that is not a service of the machine.
struct Start {
    kind: EngineKind,
    advice: &'static str,
    commands: &'static [&'static str],
}

const STARTS: &[Start] = &[
    Start { kind: EngineKind::Desktop, advice: "start Docker Desktop", commands: &[] },
    Start { kind: EngineKind::Colima, advice: "start it:", commands: &["colima start"] },
    Start { kind: EngineKind::Rootless, advice: "start it:", commands: &["systemctl --user start docker"] },
    Start { kind: EngineKind::OrbStack, advice: "start it:", commands: &["orb start"] },
    Start { kind: EngineKind::Rancher, advice: "start it:", commands: &["rdctl start"] },
    Start {
        kind: EngineKind::Lima,
        advice: "start its virtual machine:",
        commands: &["limactl start docker"],
    },
    Start {
        kind: EngineKind::Podman,
        advice: "start it:",
        commands: &["systemctl --user start podman.socket"],
    },
];

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
