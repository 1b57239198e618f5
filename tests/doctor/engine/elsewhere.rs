//! A Docker daemon at another socket than the default one.

use crate::{
    doctor::{EVIDENCE, Report, ask, serving},
    lab::{Engine, Machine, Output, REGISTRY},
    trust::fingerprint,
};

const SOCKET: &str = "/srv/docker.sock";
const ADDRESS: &str = "unix:///srv/docker.sock";
/// The setting that names the daemon at that socket.
const SET: [(&str, &str); 1] = [("DOCKER_HOST", ADDRESS)];

/// Starts a GitLab that nothing trusts yet, and gives the SHA-256 of its root.
fn untrusted(machine: &Machine) -> String {
    machine.without_hooks();
    fingerprint(machine, &serving(machine).root)
}

/// The doctor's report with these variables.
fn ask_with(machine: &Machine, variables: &[(&str, &str)]) -> Report {
    let line = ["labtrust", "doctor", REGISTRY, "--json", "--evidence", EVIDENCE];
    Report::of(machine, &with(machine, &line, variables))
}

fn with(machine: &Machine, line: &[&str], variables: &[(&str, &str)]) -> Output {
    machine.command(line.iter().copied()).envs(variables).run()
}

fn login(machine: &Machine, variables: &[(&str, &str)]) -> Output {
    let line = "docker login --username developer --password-stdin";
    machine.command(line.split(' ').chain([REGISTRY])).envs(variables).stdin("correct horse").run()
}

#[test]
fn the_daemon_that_docker_host_or_a_context_names_is_asked_and_trusts() {
    let machine = machine!("client");
    let sha256 = untrusted(&machine);
    Engine::start_by_hand(&machine, SOCKET, &[]);
    login(&machine, &SET).exited(1).says("unknown authority");

    let report = ask_with(&machine, &SET);
    assert_eq!(report.causes(), ["untrusted-docker"], "{:#}", report.json);
    assert!(report.what().contains(&format!("the Docker daemon at {SOCKET}")), "{:#}", report.json);

    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &sha256];
    with(&machine, &trust, &SET).succeeded().says("Docker accepts");
    login(&machine, &SET).succeeded();
    ask_with(&machine, &SET).is_healthy();
    with(&machine, &["labtrust", "status"], &SET).says("Docker accepts");

    let context = ["docker", "context", "create", "own", "--docker", &format!("host={ADDRESS}")];
    machine.run(context).succeeded();
    let (own, far) = ([("DOCKER_CONTEXT", "own")], [("DOCKER_CONTEXT", "nowhere")]);
    ask_with(&machine, &own).is_healthy();
    let report = ask_with(&machine, &far);
    assert!(report.json.to_string().contains("the context nowhere does not name a Docker daemon"));
    machine.run(["docker", "context", "use", "own"]).succeeded();
    ask(&machine).is_healthy();
    with(&machine, &["labtrust", "status"], &[]).says("Docker accepts");
}

#[test]
fn a_setting_that_names_a_socket_where_nobody_listens() {
    let machine = machine!("client");
    serving(&machine);
    let engine = Engine::start(&machine);
    let gone = [("DOCKER_HOST", "unix:///run/user/1000/gone.sock")];
    with(&machine, &["docker", "info"], &gone).exited(1).says("gone.sock");
    let report = ask_with(&machine, &gone).blames("daemon-other-socket");
    assert!(report.what().contains("gone.sock (set by DOCKER_HOST)"), "{:#}", report.json);
    assert_eq!(report.commands()[0], "unset DOCKER_HOST", "{:#}", report.json);

    engine.stop();
    let report = ask_with(&machine, &gone);
    assert_eq!(report.causes()[0], "daemon-down", "{:#}", report.json);
    assert!(report.what().contains("gone.sock (set by DOCKER_HOST)"), "{:#}", report.json);
}

#[test]
fn a_daemon_whose_settings_name_another_socket() {
    let machine = machine!("client");
    let sha256 = untrusted(&machine);
    let engine = Engine::start(&machine);
    engine.stop();
    machine.write("/etc/docker/daemon.json", format!(r#"{{"hosts": ["{ADDRESS}"]}}"#));
    machine.run(["service", "docker", "start"]).succeeded();
    Engine::wait_at(&machine, SOCKET);
    machine.run(["docker", "info"]).exited(1).says("Cannot connect to the Docker daemon");
    let report = ask(&machine).blames("daemon-other-socket");
    assert!(report.what().contains(&format!("the Docker daemon listens on {SOCKET}")), "{:#}", report.json);

    // The command of the report makes both work.
    let line = report.commands()[0];
    machine
        .sh(&format!("labtrust trust {REGISTRY} --fingerprint {sha256}"))
        .succeeded()
        .says("Docker accepts");
    machine.sh(&format!("{line}; labtrust doctor {REGISTRY}")).succeeded();
    login(&machine, &SET).succeeded();
}

#[test]
fn a_daemon_with_files_of_its_own_is_not_fixed_by_this_machines_files() {
    let machine = machine!("client");
    let sha256 = untrusted(&machine);
    Engine::start_by_hand(&machine, SOCKET, &[("ETC", "own")]);
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &sha256];
    let done = with(&machine, &trust, &SET).exited(3).says("runs in a container, with files of its own");
    login(&machine, &SET).exited(1).says("unknown authority");
    let report = ask_with(&machine, &SET);
    assert_eq!(report.causes(), ["untrusted-docker"], "{:#}", report.json);
    let command = report.commands()[0];
    assert!(format!("{done}").contains(command), "{command}: {done}");

    machine.sh(command.trim_start_matches("sudo ")).succeeded();
    login(&machine, &SET).succeeded();
    ask_with(&machine, &SET).is_healthy();
    with(&machine, &trust, &SET).succeeded().says("it accepts the registry");
    with(&machine, &["labtrust", "status"], &SET).says("it accepts the registry");
}

#[test]
fn a_daemon_outside_of_the_container_is_asked_but_its_files_are_not_looked_for_here() {
    let machine = machine!("client");
    let sha256 = untrusted(&machine);
    Engine::start_by_hand(&machine, SOCKET, &[("ETC", "own")]);
    let inside = |words: &[&str]| {
        let line = [&["unshare", "--pid", "--fork", "--mount-proc"], words].concat();
        with(&machine, &line, &SET)
    };
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &sha256];
    let doctor = ["labtrust", "doctor", REGISTRY];
    inside(&doctor).exited(1).says("the Docker daemon outside of this container reports: ");
    let refused = inside(&trust).exited(3);
    refused.says("the Docker daemon outside of this container").says("run this outside of the container");
    let report = ask_with(&machine, &SET);
    machine.sh(report.commands()[0].trim_start_matches("sudo ")).succeeded();
    inside(&doctor).succeeded();
    inside(&trust).succeeded().says("it accepts the registry");
}

#[test]
fn the_command_for_a_virtual_machine_makes_its_daemon_trust() {
    let machine = machine!("client");
    let sha256 = untrusted(&machine);
    // Stand-ins for the two programs: they run a command beside a daemon with files of its own.
    let shell = "while [ \"$1\" != sudo ] && [ \"$1\" != sh ]; do shift; done\n\
                 exec nsenter --mount --target $(cat /tmp/by-hand/pid) \"$@\"\n";
    machine.write_with_mode("/usr/local/bin/sudo", "755", "#!/bin/sh\nexec \"$@\"\n");
    for program in ["rdctl", "limactl"] {
        machine.write_with_mode(&format!("/usr/bin/{program}"), "755", format!("#!/bin/sh\n{shell}"));
    }
    for (socket, title) in [
        ("/root/.rd/docker.sock", "Rancher Desktop"),
        ("/root/.lima/work/sock/docker.sock", "Docker in Lima"),
    ] {
        let host = format!("unix://{socket}");
        let set = [("DOCKER_HOST", host.as_str())];
        let report = ask_with(&machine, &set);
        assert_eq!(report.causes()[0], "daemon-down", "{:#}", report.json);
        assert!(report.what().contains(title), "{:#}", report.json);

        Engine::start_by_hand(&machine, socket, &[("ETC", "own")]);
        let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &sha256, "--store", "docker"];
        with(&machine, &trust, &set)
            .exited(3)
            .says(title)
            .says("has a virtual machine with files of its own");
        login(&machine, &set).exited(1).says("unknown authority");
        let report = ask_with(&machine, &set);
        let command = report.commands()[0];
        assert!(report.what().contains(title), "{:#}", report.json);
        machine.sh(command).succeeded();
        login(&machine, &set).succeeded();
        with(&machine, &trust, &set).succeeded().says("it accepts the registry");
        // The daemon of the next turn begins with a copy of this machine's files.
        with(&machine, &["labtrust", "untrust"], &set);
        machine.sh("kill $(cat /tmp/by-hand/pid); while kill -0 $(cat /tmp/by-hand/pid); do sleep 0.1; done 2>/dev/null; rm -rf /tmp/by-hand /tmp/etc").succeeded();
    }
}
