//! The systemd unit of a Docker daemon.

use std::path::Path;

use labtrust_plan::{
    ShellLine,
    fact::{Engine, EngineKind},
};

/// The system unit that runs `engine`; none if a user's systemd or a virtual machine runs it.
pub(super) fn unit(engine: &Engine) -> Option<String> {
    match engine.kind {
        EngineKind::Rootful => Some(match package(engine) {
            // On Synology's DSM, a package runs the daemon.
            Some(package) => format!("pkg-{package}-dockerd.service"),
            None => "docker.service".into(),
        }),
        EngineKind::Snap => Some("snap.docker.dockerd.service".into()),
        _ => None,
    }
}

/// The command that restarts `engine`, with sudo where root runs the daemon.
pub(super) fn restart_line(engine: &Engine) -> Option<ShellLine> {
    let restart = ShellLine::from(engine.restart.as_ref()?);
    let is_roots = matches!(engine.kind, EngineKind::Rootful | EngineKind::Snap);
    Some(if is_roots { restart.by_root() } else { restart })
}

/// The package that a restart of `engine` restarts, if it is one.
fn package(engine: &Engine) -> Option<&str> {
    let restart = engine.restart.as_ref()?;
    let is_package = restart.program == Path::new("/usr/syno/bin/synopkg");
    is_package.then(|| restart.arguments.last().map(String::as_str)).flatten()
}
