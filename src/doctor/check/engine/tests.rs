//! Cases that the lab has no machine for: recorded evidence, edited to that of another machine.

use labtrust_plan::fact::{Os, User};

use super::*;
use crate::doctor::{Evidence, diagnose, evidence::DockerContextSeen};

fn recorded() -> Evidence {
    serde_json::from_str(include_str!("../../../../tests/evidence/daemon-down.json")).expect("evidence")
}

fn context(told_by: &str, at: &str) -> DockerContextSeen {
    DockerContextSeen { told_by: told_by.into(), at: Asked::Answered(at.into()) }
}

fn first(evidence: &Evidence) -> (&'static str, Vec<String>) {
    let finding = diagnose(evidence).findings.remove(0);
    (finding.code.id, finding.fix.commands.iter().map(ToString::to_string).collect())
}

#[test]
fn the_setting_that_counts_is_taken_back() {
    for (told_by, command) in [
        ("DOCKER_HOST", "unset DOCKER_HOST"),
        ("DOCKER_CONTEXT: the context far", "unset DOCKER_CONTEXT"),
        ("the context far", "docker context use default"),
    ] {
        let mut evidence = recorded();
        evidence.client.docker_context = Some(context(told_by, "ssh://admin@build.example"));
        assert_eq!(first(&evidence), ("daemon-remote", vec![command.to_owned()]), "{told_by}");
        evidence.client.docker_context = Some(context(told_by, "unix:///srv/gone.sock"));
        evidence.engines[0].socket = Some("/var/run/docker.sock".into());
        evidence.engines[0].socket_state = SocketState::Open;
        evidence.facts.engines[0].chosen_by = None;
        assert_eq!(first(&evidence), ("daemon-other-socket", vec![command.to_owned()]), "{told_by}");
    }
}

#[test]
fn a_daemon_at_any_address_but_a_socket_is_one_that_cannot_be_asked() {
    for at in ["tcp://localhost:2375", "tcp://127.0.0.1:2376", "tcp://[::1]:2375", "http://build.example"] {
        let mut evidence = recorded();
        evidence.facts.engines.clear();
        evidence.engines.clear();
        evidence.client.docker_context = Some(context("DOCKER_HOST", at));
        let finding = diagnose(&evidence).findings.remove(0);
        assert_eq!(finding.code.id, "daemon-remote", "{at}");
        assert_eq!(finding.what.contains("through TCP"), !at.starts_with("http"), "{}", finding.what);
    }
}

#[test]
fn the_command_starts_the_engine_of_the_socket() {
    let alice = || Some(User { name: "alice".into(), uid: 1000, gid: 1000, home: "/home/alice".into() });
    for (kind, os, owner, socket, expected) in [
        (EngineKind::Colima, Os::Macos, alice(), "/Users/alice/.colima/default/docker.sock", "colima start"),
        (
            EngineKind::Colima,
            Os::Macos,
            alice(),
            "/Users/alice/.colima/work/docker.sock",
            "colima start work",
        ),
        (
            EngineKind::Lima,
            Os::Linux,
            alice(),
            "/home/alice/.lima/work/sock/docker.sock",
            "limactl start work",
        ),
        (
            EngineKind::Podman,
            Os::Linux,
            None,
            "/run/podman/podman.sock",
            "sudo systemctl start podman.socket",
        ),
        (
            EngineKind::Podman,
            Os::Linux,
            None,
            "/run/user/1000/podman/podman.sock",
            "systemctl --user start podman.socket",
        ),
        (
            EngineKind::Podman,
            Os::Macos,
            alice(),
            "/Users/alice/.local/share/containers/podman/machine/podman.sock",
            "podman machine start",
        ),
    ] {
        let mut evidence = recorded();
        evidence.facts.os = os;
        let engine = &mut evidence.facts.engines[0];
        (engine.kind, engine.owner, engine.chosen_by) = (kind, owner, Some("DOCKER_HOST".into()));
        (engine.socket, evidence.engines[0].socket) = (None, None);
        evidence.engines[0].socket_state = SocketState::Absent;
        evidence.client.docker_context = Some(context("DOCKER_HOST", &format!("unix://{socket}")));
        assert_eq!(first(&evidence), ("daemon-down", vec![expected.to_owned()]), "{socket}");
    }
}

#[test]
fn the_group_docker_opens_only_the_machines_own_daemon() {
    let registry = Case::new(&recorded()).endpoint().to_string();
    let own = format!("sudo labtrust doctor {registry}");
    let kept = format!("sudo --preserve-env=DOCKER_HOST labtrust doctor {registry}");
    for (kind, set, expected) in [
        (EngineKind::Rootful, false, vec!["sudo usermod -aG docker root", &own]),
        (EngineKind::Other, true, vec!["unset DOCKER_HOST", &kept]),
        (
            EngineKind::Podman,
            false,
            vec![
                "systemctl --user start podman.socket",
                "export DOCKER_HOST=unix:///run/user/0/podman/podman.sock",
                &own,
            ],
        ),
    ] {
        let mut evidence = recorded();
        evidence.facts.engines[0].kind = kind;
        evidence.facts.engines[0].chosen_by = Some("x".into());
        evidence.engines[0].socket = Some("/srv/docker.sock".into());
        evidence.engines[0].socket_state = SocketState::Forbidden;
        evidence.client.docker_context = set.then(|| context("DOCKER_HOST", "unix:///srv/docker.sock"));
        let (code, commands) = first(&evidence);
        assert_eq!(
            (code, commands),
            ("daemon-no-permission", expected.into_iter().map(str::to_owned).collect())
        );
    }
}
