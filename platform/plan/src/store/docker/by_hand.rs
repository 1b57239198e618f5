//! Engines whose folder labtrust cannot write: in a container, in a virtual machine, or outside of this container. A person
//! copies the CA there, from a folder of this machine.

use std::path::Path;

use super::super::row::{ByHand, Done};
use crate::{
    Anchor, Endpoint, Service, ShellLine,
    fact::{Engine, EngineKind},
};

/// The folder of the machine's own engine. A container can share it.
const MACHINE: &str = "/etc/docker/certs.d";

/// `engine` as if it read the folder of this machine from which a person copies the CA; none if nothing can be copied.
pub(super) fn source(engine: &Engine) -> Option<Engine> {
    let here = Engine { socket: None, root: None, kind: EngineKind::Other, ..engine.clone() };
    match engine.kind {
        EngineKind::Outside => None,
        // The virtual machine sees the home folder.
        EngineKind::Rancher | EngineKind::Lima => Some(here),
        _ => Some(Engine { certs_d: MACHINE.into(), owner: None, ..here }),
    }
}

/// The step for a person that makes `engine` trust the anchor.
pub(super) fn step(engine: &Engine, anchor: &Anchor, endpoint: &Endpoint) -> ByHand {
    let title = Service::engine(engine).title;
    let file =
        |folder: &Path| folder.join(endpoint.certs_d_folder()).join(anchor.file_name()).display().to_string();
    let from = source(engine).map(|source| file(&source.certs_d)).unwrap_or_default();
    let (why, advice, command) = match engine.kind {
        EngineKind::Rancher => (
            "has a virtual machine with files of its own",
            "copy the CA into it, and again after it was reset:",
            install(["rdctl", "shell", "sudo"], &from, &file(Path::new(MACHINE))),
        ),
        EngineKind::Lima => (
            "has a virtual machine with files of its own",
            "copy the CA into it:",
            lima(engine, &from, &format!("{}/{}", endpoint.certs_d_folder(), anchor.file_name())),
        ),
        EngineKind::Outside => (
            "reads files that cannot be reached from here",
            "run this outside of the container:",
            ShellLine::of([
                "labtrust",
                "trust",
                &endpoint.to_string(),
                "--fingerprint",
                &anchor.sha256().to_string(),
            ]),
        ),
        _ => (
            "runs in a container, with files of its own",
            "mount /etc/docker/certs.d into its container; until that is recreated, copy the CA:",
            by_its_owner(engine, install([], &from, &file(&engine.certs_d))),
        ),
    };
    ByHand {
        commands: vec![command],
        done: engine.socket.clone().map(Done::Accepted),
        ..ByHand::new(format!("{title} {why}"), advice)
    }
}

/// `line`, run with the rights of the user of `engine`: root must not write where another user decides.
fn by_its_owner(engine: &Engine, line: ShellLine) -> ShellLine {
    if engine.owner.is_none() { line.by_root() } else { line }
}

/// The command that copies the file `from` to `to`, after the words `by`.
fn install<const N: usize>(by: [&str; N], from: &str, to: &str) -> ShellLine {
    ShellLine::of(by.into_iter().chain(["install", "-D", "-m", "644", from, to]))
}

/// The command that copies the file `from` to the `file` of the folders that an engine in Lima reads: root's engine one, and a
/// user's engine another.
fn lima(engine: &Engine, from: &str, file: &str) -> ShellLine {
    let script = r#"for folder in "$HOME/.config" /etc; do sudo install -D -m 644 "$1" "$folder/docker/certs.d/$2"; done"#;
    let instance = engine.socket.as_deref().and_then(|socket| engine.kind.instance(socket));
    let instance = instance.unwrap_or_else(|| "docker".into());
    ShellLine::of(["limactl", "shell", &instance, "sh", "-c", script, "sh", from, file])
}
