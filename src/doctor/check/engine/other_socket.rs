//! Finds a docker command that uses a socket on which no daemon listens, while a daemon listens on another one.

use labtrust_machine::engine::SocketState;
use labtrust_plan::{
    ShellLine,
    fact::{DOCKER_SOCKETS, Engine, Os},
};

use crate::doctor::{Case, Code, Finding, evidence::EngineSeen};

pub(super) const OTHER_SOCKET: Code = Code::error("daemon-other-socket");

/// The socket that the docker command uses, and the setting that names it.
pub(super) struct Used<'e> {
    pub socket: &'e str,
    /// None for the default socket.
    pub told_by: Option<&'e str>,
}

impl<'e> Used<'e> {
    /// The socket that the docker command uses; none if it uses a daemon at another kind of address.
    pub(super) fn of(case: &Case<'e>) -> Option<Self> {
        let Some(context) = &case.evidence.client.docker_context else {
            return Some(Self { socket: DOCKER_SOCKETS[0], told_by: None });
        };
        let socket = context.at.answer()?.strip_prefix("unix://")?;
        Some(Self { socket, told_by: Some(&context.told_by) })
    }

    /// The reason why the docker command uses it, in brackets; empty for the default socket.
    pub(super) fn reason(&self) -> String {
        self.told_by.map(|setting| format!(" (set by {setting})")).unwrap_or_default()
    }
}

/// The finding, if no daemon listens where the docker command expects one, but one listens elsewhere.
pub(super) fn finding(case: &Case<'_>) -> Option<Finding> {
    let facts = &case.evidence.facts;
    let used = Used::of(case)?;
    let is_unused =
        |engine: &EngineSeen| matches!(engine.socket_state, SocketState::Absent | SocketState::NoListener);
    let pairs = || case.evidence.engines.iter().zip(&facts.engines);
    if facts.os != Os::Linux || pairs().any(|(seen, engine)| engine.chosen_by.is_some() && !is_unused(seen)) {
        return None;
    }
    // sudo passes none of the user's variables on, which may name the user's own daemon.
    let may_be_used = |engine: &Engine| facts.invoker.is_some() && engine.owner.is_some();
    let (other, engine) = pairs().find(|(seen, _)| seen.socket_state == SocketState::Open)?;
    let there = other.socket.as_ref()?.to_str()?;
    if used.told_by.is_none() && (DOCKER_SOCKETS.contains(&there) || may_be_used(engine)) {
        return None;
    }
    let what = format!(
        "the docker command uses the socket {}{}, where no program listens, but {} listens on {there}",
        used.socket,
        used.reason(),
        other.title
    );
    let finding = Finding::new(
        &OTHER_SOCKET,
        what,
        "the docker command asks only the daemon at the socket that it is set to use",
    )
    .advise("make the docker command use the daemon that is running:");
    let switch = ShellLine::of(["export", &format!("DOCKER_HOST=unix://{there}")]);
    Some(match used.told_by {
        Some(told_by) if DOCKER_SOCKETS.contains(&there) => finding.command(back_to_default(told_by)),
        _ => finding.command(switch),
    })
}

/// The command that takes back the setting `told_by`, so that the docker command uses its default socket.
pub(super) fn back_to_default(told_by: &str) -> ShellLine {
    match variable(told_by) {
        Some(variable) => ShellLine::of(["unset", variable]),
        None => ShellLine::of(["docker", "context", "use", "default"]),
    }
}

/// The variable of the shell that is the setting `told_by`; none for a context in the docker command's own settings.
pub(super) fn variable(told_by: &str) -> Option<&'static str> {
    ["DOCKER_HOST", "DOCKER_CONTEXT"].into_iter().find(|variable| told_by.starts_with(variable))
}
