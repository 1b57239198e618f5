//! What an engine says is believed: that something in its folder makes it give up, and that it goes on trusting.

use super::*;
use crate::lab::{Manager, Release};

const FOLDER: &str = "/etc/docker/certs.d/mygitlab.example.com:4567";

fn started(machine: &Machine, release: Release) -> Engine<'_> {
    let manager = if release == Release::Current { Manager::Systemd } else { Manager::Init };
    Engine::start_as(machine, release, manager)
}

/// What makes a Docker engine give up, as a script in the folder, and a part of what it says then.
const BROKEN: [(&str, &str); 9] = [
    ("ln -s /nowhere b.crt", "/b.crt: no such file or directory"),
    ("mkdir ca.crt", "/ca.crt: is a directory"),
    ("ln -s /root/ca.pem/x b.crt", "/b.crt: not a directory"),
    ("cp /root/key.pem server.key", "client certificate server.cert for key server.key"),
    ("cp /root/leaf.pem server.cert", "key server.key for client certificate server.cert"),
    ("cp /root/others.pem s.cert; cp /root/key.pem s.key", "private key does not match public key"),
    ("echo x >s.cert; echo y >s.key", "failed to find any PEM data"),
    ("ln -s /nowhere s.cert; cp /root/key.pem s.key", "/s.cert: no such file or directory"),
    ("cp /root/leaf.pem s.cert; mkdir s.key", "/s.key: is a directory"),
];

#[test]
fn a_clients_certificate_without_its_key_is_named_and_nothing_is_left() {
    let machine = machine!("half-pair");
    let engine = Engine::start(&machine);
    let (_, fingerprint) = serving(&machine);
    let folder = format!("/etc/docker/certs.d/{REGISTRY}");
    machine
        .sh(&format!("mkdir -p '{folder}'; cp /etc/ssl/certs/ca-certificates.crt '{folder}/x.cert'"))
        .succeeded();
    let before = machine.settled();
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "docker"];
    machine.run(trust).exited(3).says("x.key").says("x.cert");
    assert!(engine.login().code() != 0);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    machine.sh(&format!("rm '{folder}/x.cert'")).succeeded();
    machine.run(trust).succeeded();
    engine.login().succeeded();
    // It comes afterwards.
    machine.sh(&format!("cp /etc/ssl/certs/ca-certificates.crt '{folder}/x.cert'")).succeeded();
    machine.run(["labtrust", "status"]).exited(1).says("x.cert");
}

#[test]
fn an_engine_that_cannot_read_its_folder_is_no_store_that_trusts() {
    for release in Release::ALL {
        let machine = machine!("client");
        machine.without_hooks();
        let engine = started(&machine, release);
        let (pair, fingerprint) = serving(&machine);
        let others = Pair::made(&machine, &[HOST], Validity::Current);
        for (name, text) in
            [("ca", &pair.root), ("leaf", &pair.leaf), ("key", &pair.key), ("others", &others.leaf)]
        {
            machine.write(&format!("/root/{name}.pem"), text);
        }
        let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "docker"];
        for (script, says) in BROKEN {
            machine.sh(&format!("rm -rf {FOLDER}; mkdir -p {FOLDER}; cd {FOLDER}; {script}")).succeeded();
            let before = machine.settled();
            machine.run(trust).exited(3).says("Docker says: ").says(says).says("labtrust doctor");
            engine.login().exited(1).says(says);
            assert_eq!(machine.changes_since(&before), [""; 0], "{script}");
        }
        machine.sh(&format!("rm -rf {FOLDER}")).succeeded();
        machine.run(trust).succeeded().says("Docker accepts mygitlab.example.com:4567");
        machine.sh(&format!("ln -s /nowhere {FOLDER}/b.crt")).succeeded();
        machine.run(["labtrust", "status"]).exited(1).says("/b.crt: no such file or directory");
        machine.run(trust).exited(3).says("/b.crt: no such file or directory");
    }
}

/// What labtrust itself cannot read either, and so names before it asks the engine.
const UNREADABLE: [&str; 4] = [
    "mkdir -p {}; ln -s /proc/self/mem {}/b.crt",
    "mkdir -p {}; ln -s loop.crt {}/loop.crt",
    "cp /root/ca.pem {}",
    "ln -s mygitlab.example.com:4567 {}",
];

#[test]
fn a_folder_that_nobody_can_read_is_named() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    let (pair, fingerprint) = serving(&machine);
    machine.write("/root/ca.pem", &pair.root);
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "docker"];
    for script in UNREADABLE {
        let script = script.replace("{}", FOLDER);
        machine.sh(&format!("rm -rf {FOLDER}; mkdir -p /etc/docker/certs.d; {script}")).succeeded();
        let before = machine.settled();
        machine.run(trust).exited(3).says(FOLDER);
        engine.login().exited(1).says(FOLDER);
        assert_eq!(machine.changes_since(&before), [""; 0], "{script}");
    }
}

#[test]
fn a_ca_is_trusted_also_before_its_registry_answers_and_that_is_said() {
    let machine = machine!("client");
    machine.without_hooks();
    let _engine = Engine::start(&machine);
    let pair = Pair::constrained(&machine, &[HOST]);
    machine.write("/root/ca.pem", &pair.root);
    let trust = ["labtrust", "trust", "/root/ca.pem", "--for", REGISTRY, "--yes"];
    machine.run(trust).succeeded().says("Docker cannot check").says("connection refused");
    machine.run(["labtrust", "untrust"]).succeeded().says("Docker cannot check");
    // It presents the certificate of another CA.
    serving(&machine);
    machine.run(trust).succeeded().says("does not present a valid certificate of this CA yet");
    machine.run(["labtrust", "untrust"]).succeeded().says("does not present a valid certificate of this CA");
}

#[test]
fn an_engine_that_remembers_the_ca_is_named_when_trust_is_taken_back() {
    for release in Release::ALL {
        let machine = machine!("client");
        machine.without_hooks();
        let engine = started(&machine, release);
        let (_, fingerprint) = serving(&machine);
        // It has verified nothing yet, and reads the system's store when it does so first: with the CA in it.
        let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint];
        machine.run(trust).succeeded();
        engine.login().succeeded();
        let undone = machine.run(["labtrust", "untrust"]).exited(4);
        let undone = undone.says("Docker accepts mygitlab.example.com:4567 until it is restarted");
        let is_named = |line: &&str| line.contains("docker restart") || line.contains("restart docker");
        assert_eq!(undone.stdout.lines().filter(is_named).count(), 1, "{undone:?}");
        engine.login().succeeded();
        engine.restart();
        engine.login().exited(1).says("unknown authority");

        // The same with the restart that was asked for.
        machine.run([&trust[..], &["--restart"]].concat());
        engine.restart();
        engine.login().succeeded();
        let undone = machine.run(["labtrust", "untrust", "--restart"]).succeeded();
        undone.says("was restarted");
        engine.wait();
        engine.login().exited(1).says("unknown authority");
    }
}

#[test]
fn an_engine_that_never_knew_the_ca_but_by_its_folder_forgets_it_at_once() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    let (_, fingerprint) = serving(&machine);
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    machine.run(["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint]).succeeded();
    machine.run(["labtrust", "untrust"]).succeeded().says("Docker rejects mygitlab.example.com:4567");
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
}

#[test]
fn what_still_reads_the_system_store_is_not_promised_by_a_restart() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    let (_, fingerprint) = serving(&machine);
    machine.run(["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint]).succeeded();
    engine.login().succeeded();
    let undone = machine.run(["labtrust", "untrust", "--store", "docker", "--restart"]).exited(1);
    undone.says("still trusted by the system store");
    engine.login().succeeded();
    machine.run(["labtrust", "untrust"]).exited(4).says("service docker restart");
    engine.restart();
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
}

#[test]
fn a_purge_names_the_engine_that_remembers() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    let (pair, _) = serving(&machine);
    for file in [format!("{FOLDER}/by-hand.crt"), "/usr/local/share/ca-certificates/by-hand.crt".into()] {
        machine.write(&file, &pair.root);
    }
    machine.write("/root/ca.pem", &pair.root);
    machine.run(["update-ca-certificates"]).succeeded();
    engine.login().succeeded();
    // Of this registry no trust is recorded, and its folder is found all the same.
    let purge = ["labtrust", "untrust", "/root/ca.pem", "--purge"];
    machine.run(purge).exited(4).says("service docker restart");
    engine.login().succeeded();
    engine.restart();
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
}

#[test]
fn an_engine_that_looks_at_no_certificate_has_forgotten_nothing_that_a_restart_would_change() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    engine.settings(&format!(r#"{{"insecure-registries": ["{REGISTRY}"]}}"#));
    let (_, fingerprint) = serving(&machine);
    machine.run(["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint]).succeeded();
    engine.login().succeeded();
    let undone = machine.run(["labtrust", "untrust"]);
    undone.says("it does not check the certificate").says("insecure-registries").succeeded();
}

#[test]
fn status_shows_an_engine_that_remembers_the_ca_of_this_server() {
    let machine = machine!("gitlab");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    let _gitlab = Gitlab::start(&machine);
    machine.run(["labtrust", "setup", HOST]).succeeded();
    engine.login().succeeded();
    machine.run(["labtrust", "untrust"]).exited(4).says("docker restart");
    let status = machine.run(["labtrust", "status"]).exited(1);
    status.says("Docker accepts mygitlab.example.com:4567 until it is restarted").says("docker restart");
    engine.restart();
    let status = machine.run(["labtrust", "status"]).exited(1);
    assert!(!status.stdout.contains("until it is restarted"), "{status:?}");
}

/// What stands in the folder of registries of an engine that keeps its images in containerd: logins succeed beside it, pulls are
/// refused.
const MASKS: [&str; 3] = [
    "mkdir mygitlab.example.com_4567_",
    "mkdir REGISTRY; echo 'server = \"https://REGISTRY\"' >REGISTRY/hosts.toml",
    "mkdir mygitlab.example.com_4567_; echo '[host.\"https://REGISTRY\"]' >mygitlab.example.com_4567_/hosts.toml",
];

#[test]
fn an_engine_with_containerd_pulls_by_the_folder_that_containerd_reads() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::with_containerd(&machine);
    let (_, fingerprint) = serving(&machine);
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "docker"];
    for script in MASKS {
        let script = script.replace("REGISTRY", REGISTRY);
        machine
            .sh(&format!("cd /etc/docker; rm -rf certs.d; mkdir certs.d; cd certs.d; {script}"))
            .succeeded();
        let before = machine.settled();
        engine.pull().says(UNKNOWN_AUTHORITY).says("/v2/");
        // Pulls get their token with the system store, which is another test.
        machine.run(trust).says("Docker accepts");
        engine.login().succeeded();
        let pull = engine.pull();
        assert!(
            !pull.stderr.contains("manifests") && pull.stderr.contains("/jwt/auth"),
            "{script}: {pull:?}"
        );
        machine.run(["labtrust", "untrust"]).succeeded();
        engine.pull().says(UNKNOWN_AUTHORITY).says("/v2/");
        assert_eq!(machine.changes_since(&before), [""; 0], "{script}");
    }
}
