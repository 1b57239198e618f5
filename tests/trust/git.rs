//! git of a user who is not root: the CA counts for one server's URLs, and git itself is the judge.

use super::fingerprint;
use crate::lab::{Gitlab, HOST, Machine, Pair, REGISTRY, Validity};

const MINE: &str = "[user]\n\tname = Alice # her comment\n[http]\n\tproxy =\n";
const CONFIG: &str = "/home/alice/.gitconfig";

fn fetch(machine: &Machine) -> String {
    let url = format!("https://{HOST}/group/project.git");
    machine.run_as("alice", ["git", "ls-remote", &url]).exited(128).stderr
}

#[test]
fn a_user_without_root_fetches_by_git_and_takes_it_back_to_the_byte() {
    let machine = machine!("git-user");
    machine.ensure_user("alice");
    let (old, new) =
        (Pair::made(&machine, &[HOST], Validity::Current), Pair::made(&machine, &[HOST], Validity::Current));
    let gitlab = Gitlab::start(&machine);
    gitlab.serve(&old);
    machine.sh(&format!("printf '%s' '{MINE}' > {CONFIG}; chown alice: {CONFIG}")).succeeded();
    assert!(fetch(&machine).contains("certificate"));
    let before = machine.manifest();

    let trust = |pair: &Pair| {
        let sha256 = fingerprint(&machine, &pair.root);
        let line = ["labtrust", "trust", REGISTRY, "--fingerprint", &sha256, "--store", "git"];
        machine.run_as("alice", line)
    };
    trust(&old).succeeded().says("✓  git  trusted");
    assert!(fetch(&machine).contains("not found"));
    let made = machine.read(CONFIG);
    assert!(made.starts_with(MINE) && made.contains(&format!("[http \"https://{HOST}/\"]")), "{made}");

    // While one CA follows another, both are there, and each goes by itself.
    gitlab.serve(&new);
    assert!(fetch(&machine).contains("certificate"));
    trust(&new).succeeded();
    assert!(fetch(&machine).contains("not found"));
    machine.run_as("alice", ["labtrust", "untrust", &fingerprint(&machine, &old.root)]).succeeded();
    assert!(fetch(&machine).contains("not found"));
    gitlab.serve(&old);
    assert!(fetch(&machine).contains("certificate"));

    machine.run_as("alice", ["labtrust", "untrust", "--all"]).succeeded();
    assert_eq!(machine.read(CONFIG), MINE);
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn root_leaves_git_to_the_system_store() {
    let machine = machine!("git-root");
    let gitlab = Gitlab::start(&machine);
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.serve(&pair);
    let trust = ["labtrust", "trust", HOST, "--fingerprint", &fingerprint(&machine, &pair.root)];
    machine.run([&trust[..], &["--store", "git"]].concat()).exited(1).says("git reads the system store");
}
