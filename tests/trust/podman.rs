//! podman and skopeo: the folder that wins is written, and the programs themselves are the judges.

use super::{UNKNOWN_AUTHORITY, serving};
use crate::lab::{Engine, Machine, Podman, REGISTRY};

const CONTAINERS: &str = "/etc/containers/certs.d";
/// The token service of the lab answers so to nobody in particular.
const AUTHENTICATION: &str = "invalid status code from registry 403";

fn probe(machine: &Machine, user: &str) -> String {
    let image = format!("docker://{REGISTRY}/labtrust/probe");
    machine.run_as(user, ["skopeo", "list-tags", "--no-creds", &image]).exited(1).stderr
}

#[test]
fn podman_logs_in_at_once_and_no_more_after_untrust() {
    let machine = machine!("podman-trust");
    machine.without_docker();
    let podman = Podman::install(&machine);
    let (_, fingerprint) = serving(&machine);
    podman.login().exited(125).says(UNKNOWN_AUTHORITY);
    let before = machine.settled();

    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "podman"];
    machine.run(trust).succeeded().says(&format!("skopeo accepts {REGISTRY}"));
    podman.login().succeeded();
    machine.run(["labtrust", "status"]).exited(1).says("✓  podman  trusted");
    machine.run([&trust[..], &["--dry-run"]].concat()).succeeded().says("nothing would change");

    machine.run(["labtrust", "untrust"]).succeeded();
    podman.login().exited(125).says(UNKNOWN_AUTHORITY);
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn what_a_program_says_of_the_folder_is_no_trust() {
    let machine = machine!("podman-fatal");
    machine.without_docker();
    let _podman = Podman::install(&machine);
    let (_, fingerprint) = serving(&machine);
    machine.sh(&format!("mkdir -p '{CONTAINERS}/{REGISTRY}/x.crt'")).succeeded();
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "podman"];
    machine.run(trust).exited(3).says("x.crt");
}

#[test]
fn the_folder_that_wins_is_written_and_none_is_made_before_it() {
    let machine = machine!("podman-user");
    machine.without_docker();
    machine.ensure_user("alice");
    let _podman = Podman::install(&machine);
    let (_, fingerprint) = serving(&machine);
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "podman"];

    // A user's own folder would hide the machine's, which root must fill.
    machine.sh(&format!("mkdir -p '{CONTAINERS}/{REGISTRY}'")).succeeded();
    machine.run_as("alice", trust).exited(3).says("needs root");
    machine.sh(&format!("rmdir '{CONTAINERS}/{REGISTRY}'")).succeeded();

    machine.run_as("alice", trust).succeeded().says("/home/alice/.config/containers/certs.d");
    assert!(probe(&machine, "alice").contains(AUTHENTICATION));
    assert!(probe(&machine, "root").contains(UNKNOWN_AUTHORITY));
    machine.run(trust).succeeded();
    assert!(probe(&machine, "root").contains(AUTHENTICATION));
    machine.run_as("alice", ["labtrust", "untrust"]).exited(3).says("because of another store that it reads");
}

#[test]
fn dockers_folder_serves_podman_too() {
    let machine = machine!("podman-docker");
    let engine = Engine::start(&machine);
    let podman = Podman::install(&machine);
    let (_, fingerprint) = serving(&machine);
    podman.login().exited(125).says(UNKNOWN_AUTHORITY);
    let before = machine.settled();
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint];
    for stores in [&["--store", "docker", "--store", "podman"][..], &["--store", "podman"]] {
        machine.run([&trust[..], stores].concat()).succeeded().says(&format!("skopeo accepts {REGISTRY}"));
        assert!(!machine.has(CONTAINERS));
        podman.login().succeeded();
        engine.login().succeeded();
        machine.run(["labtrust", "untrust"]).succeeded();
        podman.login().exited(125).says(UNKNOWN_AUTHORITY);
        engine.login().exited(1).says(UNKNOWN_AUTHORITY);
        assert_eq!(machine.changes_since(&before), [""; 0]);
    }
}

#[test]
fn a_folder_that_only_root_may_look_into_is_named() {
    let machine = machine!("podman-closed");
    machine.without_docker();
    machine.ensure_user("alice");
    let _podman = Podman::install(&machine);
    let (_, fingerprint) = serving(&machine);
    let folder = format!("{CONTAINERS}/{REGISTRY}");
    machine.sh(&format!("mkdir -p '{folder}'; chmod 700 '{folder}'")).succeeded();
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "podman"];
    let sudo = "export SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice;";
    let as_sudo = format!("{sudo} {}", trust.join(" "));
    machine
        .sh(&as_sudo)
        .exited(3)
        .says("only root may look into it")
        .says(&format!("sudo chmod 755 {folder}"));
    assert!(probe(&machine, "alice").contains(UNKNOWN_AUTHORITY));
    machine.run(["chmod", "755", &folder]).succeeded();
    machine.sh(&as_sudo).succeeded();
    assert!(probe(&machine, "alice").contains(AUTHENTICATION));
}

#[test]
fn a_file_that_only_root_may_read_is_named_before_and_after() {
    let machine = machine!("podman-unread");
    machine.without_docker();
    machine.ensure_user("alice");
    let _podman = Podman::install(&machine);
    let (_, fingerprint) = serving(&machine);
    let file = format!("{CONTAINERS}/{REGISTRY}/x.crt");
    machine
        .sh(&format!("mkdir -p '{CONTAINERS}/{REGISTRY}'; echo x >'{file}'; chmod 600 '{file}'"))
        .succeeded();
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "podman"];
    let sudo = "export SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice;";
    let as_sudo = format!("{sudo} {}", trust.join(" "));
    let command = format!("sudo chmod 644 {file}");
    machine.sh(&as_sudo).exited(3).says("only root may read it").says(&command);
    assert!(probe(&machine, "alice").contains("permission denied"));
    machine.sh(&format!("{sudo} labtrust status")).says("only root may read it");
    machine.sh(&command.replacen("sudo ", "", 1)).succeeded();
    machine.sh(&as_sudo).succeeded();
    assert!(probe(&machine, "alice").contains(AUTHENTICATION));
}

#[test]
fn without_skopeo_the_folder_is_the_proof_and_podman_the_judge() {
    let machine = machine!("podman-alone");
    machine.without_docker();
    let podman = Podman::install(&machine);
    machine.sh("umount /usr/bin/skopeo; rm -f /usr/bin/skopeo; ! command -v skopeo").succeeded();
    let (_, fingerprint) = serving(&machine);
    podman.login().exited(125).says(UNKNOWN_AUTHORITY);
    let before = machine.settled();
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "podman"];
    machine.run(trust).succeeded().says(&format!("in {CONTAINERS}/{REGISTRY}/labtrust-"));
    podman.login().succeeded();
    machine.run(["labtrust", "untrust"]).succeeded();
    podman.login().exited(125).says(UNKNOWN_AUTHORITY);
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_folder_of_newer_versions_is_written_beside_the_usual_one() {
    let machine = machine!("podman-newer");
    machine.without_docker();
    let _podman = Podman::install(&machine);
    let (_, fingerprint) = serving(&machine);
    let newer = format!("/etc/containers/certs.rootful.d/{REGISTRY}");
    machine.run(["mkdir", "-p", &newer]).succeeded();
    let before = machine.settled();
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "podman"];
    machine.run(trust).succeeded().says("skopeo accepts");
    for folder in [&newer, &format!("{CONTAINERS}/{REGISTRY}")] {
        machine.sh(&format!("ls {folder}/labtrust-*.crt")).succeeded();
    }
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}
