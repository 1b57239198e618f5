//! The commands that start engines that are not services of the machine.

use std::path::Path;

use labtrust_plan::{
    ShellLine,
    fact::{Engine, EngineKind, Os},
};

/// How to start an engine.
pub(super) struct Start {
    pub advice: &'static str,
    pub command: Option<ShellLine>,
}

/// How to start `engine`, which listens on `socket` while it runs; none for a service of the machine.
pub(super) fn start(engine: &Engine, socket: Option<&Path>, os: Os) -> Option<Start> {
    let name = socket.and_then(|socket| engine.kind.instance(socket));
    let (advice, words): (_, Vec<&str>) = match engine.kind {
        EngineKind::Desktop => ("start Docker Desktop", Vec::new()),
        EngineKind::Colima => {
            let profile = name.as_deref().filter(|name| *name != "default");
            ("start it:", ["colima", "start"].into_iter().chain(profile).collect())
        }
        EngineKind::Rootless => ("start it:", vec!["systemctl", "--user", "start", "docker"]),
        EngineKind::OrbStack => ("start it:", vec!["orb", "start"]),
        EngineKind::Rancher => ("start it:", vec!["rdctl", "start"]),
        EngineKind::Lima => {
            ("start its virtual machine:", vec!["limactl", "start", name.as_deref().unwrap_or("docker")])
        }
        EngineKind::Podman => ("start it:", podman(engine, socket, os)),
        EngineKind::Rootful | EngineKind::Snap | EngineKind::Other | EngineKind::Outside => return None,
    };
    Some(Start { advice, command: (!words.is_empty()).then(|| ShellLine::of(words)) })
}

/// The command that starts podman's service: in its virtual machine, of the machine, or of a user.
fn podman(engine: &Engine, socket: Option<&Path>, os: Os) -> Vec<&'static str> {
    let is_below = |folder: &str| socket.is_some_and(|socket| socket.starts_with(folder));
    let is_virtual =
        os != Os::Linux || socket.is_some_and(|socket| socket.iter().any(|name| name == "machine"));
    if is_virtual {
        vec!["podman", "machine", "start"]
    } else if engine.owner.is_none() && !is_below("/run/user") {
        vec!["sudo", "systemctl", "start", "podman.socket"]
    } else {
        vec!["systemctl", "--user", "start", "podman.socket"]
    }
}
