//! The unit by which systemd runs an engine.

use std::path::Path;

use labtrust_plan::fact::{Engine, EngineKind};

/// The unit of the machine's that runs `engine`; none if it is a user's, or in a virtual machine.
pub(super) fn unit(engine: &Engine) -> Option<String> {
    match engine.kind {
        EngineKind::Rootful => Some(match package(engine) {
            // Synology's DSM: an engine is a package there.
            Some(package) => format!("pkg-{package}-dockerd.service"),
            None => "docker.service".into(),
        }),
        EngineKind::Snap => Some("snap.docker.dockerd.service".into()),
        EngineKind::Rootless | EngineKind::Desktop | EngineKind::Colima => None,
    }
}

/// The package that the engine is, where that is what is restarted.
fn package(engine: &Engine) -> Option<&str> {
    let restart = engine.restart.as_ref()?;
    let is_package = restart.program == Path::new("/usr/syno/bin/synopkg");
    is_package.then(|| restart.arguments.last().map(String::as_str)).flatten()
}
