//! podman, and Docker with containerd's image store: they have ways of their own.

use super::{CERTS_D, labtrust, refusing};
use crate::{
    doctor::{ask, serving},
    lab::{Engine, HOST, Machine, Manager, Podman, REGISTRY, Release},
    trust::fingerprint,
};

#[test]
fn a_folder_of_podmans_that_hides_the_one_with_the_ca() {
    let machine = machine!("client");
    let podman = Podman::install(&machine);
    let (engine, pair) = refusing(&machine);
    podman.login().exited(125).says("unknown authority");
    machine.write(&format!("{CERTS_D}/{REGISTRY}/ca.crt"), &pair.root);
    engine.login().succeeded();
    podman.login().succeeded();
    for folder in ["/etc/containers", "/root/.config/containers"] {
        let folder = format!("{folder}/certs.d/{REGISTRY}");
        machine.run(["mkdir", "-p", &folder]).succeeded();
        podman.login().exited(125).says("unknown authority");
        ask(&machine).blames("certsd-masked");

        let before = machine.settled();
        labtrust(&machine, &["doctor", REGISTRY, "--fix", "--yes"]);
        podman.login().succeeded();
        labtrust(&machine, &["untrust"]).says("podman");
        podman.login().exited(125);
        assert_eq!(machine.changes_since(&before), [""; 0]);
        machine.run(["rmdir", &folder]).succeeded();
    }
}

/// An engine that keeps images in containerd, and what a pull of an image that is not there says.
fn with_containerd(machine: &Machine) -> (Engine<'_>, impl Fn() -> String) {
    machine.without_hooks();
    let engine = Engine::start_as(machine, Release::Current, Manager::Systemd);
    engine.settings(r#"{"features": {"containerd-snapshotter": true}}"#);
    let pull = || {
        let image = format!("{REGISTRY}/labtrust/probe");
        machine.run(["docker", "--config", "/tmp/docker", "pull", &image]).exited(1).stderr
    };
    (engine, pull)
}

#[test]
fn a_pull_that_wants_the_ca_in_the_system_store_before_the_engine_starts() {
    let machine = machine!("client");
    let (engine, pull) = with_containerd(&machine);
    let pair = serving(&machine);
    let sha256 = fingerprint(&machine, &pair.root);
    labtrust(&machine, &["trust", REGISTRY, "--fingerprint", &sha256, "--store", "docker"]).succeeded();
    engine.login().succeeded();
    assert!(pull().contains("unknown authority"));
    let report = ask(&machine);
    assert_eq!(report.causes(), ["untrusted-system"], "{:#}", report.json);

    labtrust(&machine, &["doctor", REGISTRY, "--fix", "--yes"]).exited(4).says("restart docker");
    assert!(pull().contains("unknown authority"));
    let report = ask(&machine);
    assert_eq!(report.causes(), ["daemon-needs-restart"], "{:#}", report.json);
    labtrust(&machine, &["doctor", REGISTRY, "--fix", "--yes", "--restart"]).succeeded();
    assert!(pull().contains("not found"));
    ask(&machine).is_healthy();
}

#[test]
fn a_folder_of_containerds_that_hides_the_one_with_the_ca() {
    let machine = machine!("client");
    let (engine, pull) = with_containerd(&machine);
    let pair = serving(&machine);
    machine.write(&format!("{CERTS_D}/{REGISTRY}/ca.crt"), &pair.root);
    engine.login().succeeded();
    assert!(pull().contains("/jwt/auth"));
    machine.run(["mkdir", &format!("{CERTS_D}/{HOST}_4567_")]).succeeded();
    engine.login().succeeded();
    assert!(pull().contains("/v2/labtrust"));
    let report = ask(&machine).blames("certsd-masked");
    let command = report.json["findings"][0]["fix"]["commands"][0].as_str().unwrap().to_owned();
    machine.sh(command.trim_start_matches("sudo ")).succeeded();
    assert!(pull().contains("/jwt/auth"));
    assert_eq!(ask(&machine).causes(), ["untrusted-system"]);
}
