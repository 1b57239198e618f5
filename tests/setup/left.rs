//! A user's setup, and the trust that root added to the machine's stores with the printed command: undoing one does not
//! forget the other.

use crate::lab::{HOST, Machine};

/// Alice's setup, and root's run of the command that it prints.
fn trusted(machine: &Machine) -> String {
    machine.ensure_user("alice");
    let made = machine.run_as("alice", ["labtrust", "setup", HOST, "--out", "/home/alice/proxy"]).exited(3);
    let sudo =
        made.stdout.lines().find(|line| line.contains("sudo ")).unwrap().trim().replacen("sudo ", "", 1);
    machine
        .sh(&format!("SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice {sudo}"))
        .succeeded();
    let root = machine.run_as("alice", ["labtrust", "export"]).succeeded().stdout;
    crate::trust::fingerprint(machine, &root).replace(':', "").to_lowercase()
}

#[test]
fn a_user_who_takes_a_setup_back_is_told_what_root_has_to_run() {
    let machine = machine!("gitlab");
    let sha256 = trusted(&machine);
    let line = format!("labtrust untrust {sha256}");
    let untrusted = machine.run_as("alice", ["labtrust", "untrust"]).exited(3);
    let untrusted = untrusted.says("root installed it with labtrust").says(&line);
    assert!(!untrusted.stdout.contains("somebody else installed it too"), "{untrusted}");
    let undone = machine.run_as("alice", ["labtrust", "setup", "--undo", "--yes"]).exited(3);
    let undone = undone.says("root installed it with labtrust").says(&line);
    assert!(undone.stdout.contains("undone in part"), "{undone}");
    let next = undone.stdout.lines().find(|line| line.contains("sudo ")).unwrap().trim();
    machine.sh(&next.replacen("sudo ", "", 1)).succeeded();
    machine.sh("! ls /usr/local/share/ca-certificates/labtrust-* 2>/dev/null").succeeded();
    machine.run_as("alice", ["labtrust", "status"]).succeeded().says("knows no CA on this machine");
}

#[test]
fn what_somebody_else_trusts_is_said_of_a_setup_that_is_taken_back() {
    let machine = machine!("gitlab");
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/proxy", "--no-trust"]).succeeded();
    let place = "labtrust export -o /usr/local/share/ca-certificates/theirs.crt && update-ca-certificates";
    machine.sh(place).succeeded();
    machine.run(["labtrust", "setup", "--undo", "--yes"]).exited(1).says("still trusted");
}
