//! No Docker daemon, or one that cannot be asked.

mod elsewhere;

use std::time::{Duration, Instant};

use super::{ask, recorded, serving, trusting};
use crate::lab::{Engine, Machine, REGISTRY};

#[test]
fn docker_is_not_installed() {
    let server = machine!("gitlab");
    serving(&server);
    let client = machine!("client");
    server.connect(&client, "192.0.2.20");
    for machine in [&server, &client] {
        machine.without_docker();
        machine.sh("rm -f /usr/bin/podman").succeeded();
    }
    ask(&client).blames("docker-missing");
    // The server needs no daemon.
    let causes = ask(&server);
    assert!(!causes.causes().contains(&"docker-missing"), "{:#}", causes.json);
}

#[test]
fn podman_alone_is_no_fault() {
    let machine = machine!("client");
    machine.without_hooks();
    let pair = serving(&machine);
    machine.without_docker();
    machine.write_with_mode("/usr/bin/podman", "755", "#!/bin/sh\nexit 1\n");
    trusting(&machine, &pair);
    let report = ask(&machine);
    assert_eq!(report.causes(), [""; 0], "{:#}", report.json);
}

#[test]
fn the_engine_does_not_run() {
    let machine = machine!("client");
    serving(&machine);
    let engine = Engine::start(&machine);
    engine.stop();
    machine.run(["docker", "info"]).exited(1).says("Cannot connect to the Docker daemon");
    ask(&machine).blames("daemon-down");
}

#[test]
fn an_engine_that_was_killed_leaves_its_socket() {
    let machine = machine!("client");
    serving(&machine);
    let _engine = Engine::start(&machine);
    machine.sh("kill -KILL $(cat /run/docker.pid)").succeeded();
    machine.sh("while curl -s --unix-socket /run/docker.sock http://x/_ping; do sleep 0.1; done").succeeded();
    machine.run(["docker", "info"]).exited(1).says("Cannot connect to the Docker daemon");
    let report = ask(&machine).blames("daemon-down");
    assert!(
        report.json["findings"][0]["what"].as_str().unwrap().contains("no program listens"),
        "{:#}",
        report.json
    );
}

#[test]
fn the_engines_socket_is_not_for_everybody() {
    let machine = machine!("client");
    serving(&machine);
    let _engine = Engine::start(&machine);
    let report = ask_as(&machine, "developer", &[]);
    assert_eq!(report["findings"][0]["code"], "daemon-no-permission", "{report:#}");
    machine.sh("usermod -aG docker developer").succeeded();
    let report = ask_as(&machine, "developer", &[]);
    assert_ne!(report["findings"][0]["code"], "daemon-no-permission", "{report:#}");
}

#[test]
fn the_docker_command_asks_another_engine() {
    let machine = machine!("client");
    serving(&machine);
    let _engine = Engine::start(&machine);
    let context = ["docker", "context", "create", "far", "--docker", "host=ssh://admin@build.example"];
    machine.run(context).succeeded();
    assert_eq!(ask(&machine).causes()[0], "untrusted-docker");
    let report = ask_as(&machine, "root", &[("DOCKER_CONTEXT", "far")]);
    assert_eq!(report["findings"][0]["fix"]["commands"][0], "unset DOCKER_CONTEXT", "{report:#}");
    machine.run(["docker", "context", "use", "far"]).succeeded();
    let report = ask(&machine).blames("daemon-remote");
    assert_eq!(report.causes(), ["daemon-remote", "untrusted-system"], "{:#}", report.json);
    assert_eq!(report.commands()[0], "docker context use default", "{:#}", report.json);
    machine.run(["docker", "context", "use", "default"]).succeeded();
    for (host, is_remote) in [
        ("tcp://build.example:2375", true),
        ("ssh://admin:secret@build.example", true),
        ("unix:///run/docker.sock", false),
        // Nothing shows whose files a daemon at such an address reads.
        ("tcp://127.0.0.1:2375", true),
    ] {
        let report = ask_as(&machine, "root", &[("DOCKER_HOST", host)]);
        let found = report["findings"][0]["code"] == "daemon-remote";
        assert_eq!(found, is_remote, "{host}: {report:#}");
        assert!(!report.to_string().contains("secret"), "{report:#}");
    }
}

/// The doctor's report for `user` with these variables.
fn ask_as(machine: &Machine, user: &str, environment: &[(&str, &str)]) -> serde_json::Value {
    let evidence = "/tmp/seen.json";
    machine.sh(&format!("rm -f {evidence}")).succeeded();
    let line = ["labtrust", "doctor", REGISTRY, "--json", "--evidence", evidence];
    let mut command = machine.command(line).user(user);
    for (name, value) in environment {
        command = command.env(name, value);
    }
    let output = command.run();
    let report: serde_json::Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    let seen = machine.read(evidence);
    assert!(!seen.contains("secret"), "{seen}");
    if let Some(code) = report["findings"][0]["code"].as_str().filter(|code| *code == "daemon-no-permission")
    {
        recorded::keep(code, &seen);
    }
    report
}

#[test]
fn a_socket_that_lets_nobody_in_holds_up_nobody() {
    let machine = machine!("client");
    serving(&machine);
    let queue = "import socket, time
full = socket.socket(socket.AF_UNIX)
full.bind('/run/docker.sock')
full.listen(0)
ones = [socket.socket(socket.AF_UNIX) for _ in range(3)]
for one in ones:
    one.setblocking(False)
    one.connect_ex('/run/docker.sock')
open('/tmp/ready', 'w').close()
time.sleep(600)";
    machine.write("/tmp/full.py", queue);
    let started = "setsid python3 /tmp/full.py >/dev/null 2>&1 </dev/null & \
        for i in $(seq 200); do [ -e /tmp/ready ] && exit; sleep 0.05; done; exit 1";
    machine.sh(started).succeeded();
    let begun = Instant::now();
    let report = ask(&machine);
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    let engine = &report.json["checks"][0];
    assert_eq!((&engine["id"], &engine["state"]), (&"engine".into(), &"failed".into()), "{:#}", report.json);
}
