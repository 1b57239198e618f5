//! podman, and Docker with the containerd image store, which read other files.

use labtrust::doctor::{Evidence, diagnose};

use super::{CERTS_D, labtrust, refusing};
use crate::{
    doctor::{Report, ask, serving},
    lab::{Engine, HOST, Manager, Passing, Podman, Proxy, REGISTRY, Release},
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

#[test]
fn a_pull_that_wants_the_ca_in_the_system_store_before_the_engine_starts() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::with_containerd(&machine);
    let pair = serving(&machine);
    let sha256 = fingerprint(&machine, &pair.root);
    let alone = ["trust", REGISTRY, "--fingerprint", &sha256, "--store", "docker"];
    labtrust(&machine, &alone).exited(1).says("partly trusted").says("--store system");
    engine.login().succeeded();
    engine.pull().says("unknown authority");
    let report = ask(&machine);
    assert_eq!(report.causes(), ["untrusted-system"], "{:#}", report.json);

    labtrust(&machine, &["doctor", REGISTRY, "--fix", "--yes"]).exited(4).says("restart docker");
    engine.pull().says("unknown authority");
    let report = ask(&machine);
    assert_eq!(report.causes(), ["daemon-needs-restart"], "{:#}", report.json);
    // Docker 29.5 gets its token with certs.d.
    let mut seen: serde_json::Value = serde_json::from_str(&report.evidence).unwrap();
    seen["engines"][0]["version"]["answered"]["version"] = "29.5.0".into();
    let newer: Evidence = serde_json::from_value(seen).unwrap();
    assert!(diagnose(&newer).findings.is_empty(), "{:?}", diagnose(&newer).findings);
    labtrust(&machine, &["doctor", REGISTRY, "--fix", "--yes", "--restart"]).succeeded();
    engine.pull().says("not found");
    ask(&machine).is_healthy();
    labtrust(&machine, &alone).succeeded();
}

#[test]
fn a_folder_of_containerds_that_hides_the_one_with_the_ca() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::with_containerd(&machine);
    let pair = serving(&machine);
    machine.write(&format!("{CERTS_D}/{REGISTRY}/ca.crt"), &pair.root);
    engine.login().succeeded();
    engine.pull().says("/jwt/auth");
    machine.run(["mkdir", &format!("{CERTS_D}/{HOST}_4567_")]).succeeded();
    engine.login().succeeded();
    engine.pull().says("/v2/labtrust");
    let report = ask(&machine).blames("certsd-masked");
    machine.sh(report.commands()[0].trim_start_matches("sudo ")).succeeded();
    engine.pull().says("/jwt/auth");
    assert_eq!(ask(&machine).causes(), ["untrusted-system"]);
}

#[test]
fn a_proxy_that_is_in_the_way_of_a_ca_that_nobody_trusts() {
    let machine = machine!("client");
    machine.without_hooks();
    let proxy = Proxy::start(&machine, Passing::Never("503 Service Unavailable"));
    let engine = Engine::start_as(&machine, Release::Installed, Manager::Systemd);
    engine.drop_in("proxy.conf", &format!("Environment=HTTPS_PROXY={}", proxy.url()));
    let pair = serving(&machine);
    engine.login().exited(1).says("Service Unavailable");
    let report = ask(&machine);
    assert_eq!(report.causes(), ["proxy-not-bypassed", "untrusted-docker"], "{:#}", report.json);

    // One of the two alone is not enough.
    let before = machine.settled();
    let sha256 = fingerprint(&machine, &pair.root);
    let fix = ["doctor", REGISTRY, "--fix", "--yes", "--restart", "--fingerprint", &sha256];
    labtrust(&machine, &fix).succeeded();
    engine.login().succeeded();
    ask(&machine).is_healthy();
    labtrust(&machine, &["untrust", "--restart"]);
    labtrust(&machine, &["doctor", "--undo", "--restart"]);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    engine.login().exited(1).says("Service Unavailable");
}

#[test]
fn containerd_with_a_folder_for_the_registry() {
    let machine = machine!("node");
    let (engine, pair) = refusing(&machine);
    let folder = format!("/etc/containerd/certs.d/{REGISTRY}");
    let pull = |says: &str| {
        let image = format!("{REGISTRY}/labtrust/probe:latest");
        let socket = "/run/docker/containerd/containerd.sock";
        let line =
            ["ctr", "--address", socket, "images", "pull", "--hosts-dir", "/etc/containerd/certs.d", &image];
        machine.run(line).exited(1).says(says);
    };
    machine.write(&format!("{folder}/ca.crt"), &pair.root);
    pull("403 Forbidden");
    engine.login().exited(1);
    let state = |report: &Report| {
        let lines = report.json["checks"].as_array().unwrap();
        lines.iter().find(|line| line["id"] == "containerd").unwrap()["state"].clone()
    };
    assert_eq!(state(&ask(&machine)), "passed");
    machine.run(["mkdir", &format!("/etc/containerd/certs.d/{HOST}_4567_")]).succeeded();
    pull("unknown authority");
    let report = ask(&machine);
    assert!(report.causes().contains(&"certsd-masked"), "{:#}", report.json);
    machine.run(["rmdir", &format!("/etc/containerd/certs.d/{HOST}_4567_")]).succeeded();

    // containerd rejects a folder because of other files than Docker.
    for (file, made_by, says, cause) in [
        ("x.crt", "ln -s /nowhere", "no such file", Some("certsd-unreadable")),
        ("x.crt", "echo x >", "unable to load CA cert", Some("certsd-unreadable")),
        ("x.cert", "cp ca.crt", "failed to load X509 key pair", Some("certsd-stray-key")),
        ("x.key", "echo x >", "403 Forbidden", None),
        ("x.crt", "mkdir", "403 Forbidden", None),
    ] {
        machine.sh(&format!("cd '{folder}' && {made_by} {file}")).succeeded();
        pull(says);
        let report = ask(&machine);
        assert_eq!(state(&report) == "passed", cause.is_none(), "{file} by {made_by}: {:#}", report.json);
        assert!(cause.is_none_or(|cause| report.causes().contains(&cause)), "{file}: {:#}", report.json);
        machine.sh(&format!("cd '{folder}' && rm -r {file}")).succeeded();
    }
}
