//! install.sh as people run it: from a folder or out of a pipe, in every shell. A run that fails changes nothing.

mod download;
mod failures;
pub(crate) mod hints;
mod stranger;
mod versions;

use crate::lab::{Machine, Manifest};

const TEMPLATE: &str = include_str!("../scripts/package/install.sh");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The shells in which it runs: scripts/install-shells installs them.
const SHELLS: [&str; 7] = ["dash", "busybox ash", "mksh", "posh", "yash", "ksh93", "bash"];

/// A program that only says its version, for what does not depend on what it does.
const STAND_IN: &str = "#!/bin/sh\necho \"labtrust VERSION (abc1234, x86_64-unknown-linux-musl)\"\n";

/// A machine without labtrust, with a release of the built program in /srv/dist.
fn with_release(machine: &Machine) {
    machine.sh("cp /usr/local/bin/labtrust /root/program && umount /usr/local/bin/labtrust && rm /usr/local/bin/labtrust").succeeded();
    release(machine, "/root/program", VERSION, "/srv/dist");
}

/// The same with a release of the stand-in.
fn with_stand_in(machine: &Machine) {
    machine.sh("umount /usr/local/bin/labtrust && rm /usr/local/bin/labtrust").succeeded();
    stand_in(machine, VERSION, "/srv/dist");
}

/// A release of the stand-in as this version.
fn stand_in(machine: &Machine, version: &str, dist: &str) {
    machine.write_with_mode("/root/stand-in", "755", STAND_IN.replace("VERSION", version));
    release(machine, "/root/stand-in", version, dist);
}

fn release(machine: &Machine, program: &str, version: &str, dist: &str) {
    let line = ["sh", "-c", include_str!("install/release.sh"), "release", program, version, dist];
    machine.command(line).stdin(TEMPLATE).run().succeeded();
}

#[track_caller]
fn is_unchanged(machine: &Machine, before: &Manifest, after: &str) {
    assert_eq!(machine.changes_since(before), [""; 0], "{after}");
}

#[test]
fn every_shell_installs_the_same_and_removes_it() {
    let machine = machine!("client");
    with_stand_in(&machine);
    let before = machine.manifest();
    let mut first: Option<Vec<String>> = None;
    for shell in SHELLS {
        let install = format!("{shell} /srv/dist/install.sh");
        let said = machine.sh(&install).succeeded();
        assert_eq!(said.stderr, "", "{shell}");
        assert!(said.stdout.starts_with(&format!("labtrust {VERSION}")), "{shell}: {said}");
        let said = said.says("is installed: /usr/local/bin/labtrust").says("\n  labtrust setup HOST\n");
        assert!(!said.stdout.contains("PATH"), "{shell}: {said}");
        machine.run(["labtrust"]).succeeded().says(VERSION);
        let changes = machine.changes_since(&before);
        assert_eq!(*first.get_or_insert_with(|| changes.clone()), changes, "{shell}");
        machine.sh(&install).succeeded().says("is already installed: /usr/local/bin/labtrust");
        assert_eq!(machine.changes_since(&before), changes, "{shell}");
        machine.sh(&format!("{install} --uninstall")).succeeded().says("is removed from /usr/local/bin");
        is_unchanged(&machine, &before, shell);
    }
    let changes = first.unwrap();
    for path in [
        "/usr/local/bin/labtrust: nothing -> file 0755 0:0",
        "/usr/local/share/man/man1/labtrust-setup.1: nothing -> file 0644 0:0",
        "/usr/local/share/bash-completion/completions/labtrust: nothing",
        "/usr/local/share/zsh/site-functions/_labtrust: nothing",
        "/usr/local/share/fish/vendor_completions.d/labtrust.fish: nothing",
        "/usr/local/share/labtrust/installed: nothing",
    ] {
        assert!(changes.iter().any(|line| line.starts_with(path)), "{path}: {changes:#?}");
    }
}

#[test]
fn a_user_gets_it_at_home_and_is_told_what_path_lacks() {
    let machine = machine!("client");
    with_stand_in(&machine);
    machine.ensure_user("alice");
    machine.sh("umask 022; ln -s /usr/bin/env /usr/bin/labtrust").succeeded();
    let before = machine.manifest();
    let said = machine.run_as("alice", ["sh", "-c", "umask 077; exec sh /srv/dist/install.sh"]).succeeded();
    let said = said
        .says("is installed: /home/alice/.local/bin/labtrust")
        .says("Another labtrust comes first in PATH: /usr/bin/labtrust.")
        .says("/home/alice/.local/bin is not in PATH.");
    let export = said.stdout.lines().find(|line| line.trim_start().starts_with("export PATH=")).unwrap();
    let script = format!("{export}\ncommand -v labtrust; sh /srv/dist/install.sh");
    let again = machine.run_as("alice", ["sh", "-c", &script]).succeeded();
    assert!(again.stdout.starts_with("/home/alice/.local/bin/labtrust\n"), "{again}");
    assert!(!again.stdout.contains("PATH"), "{again}");
    let changes = machine.changes_since(&before);
    assert!(changes.iter().all(|line| line.starts_with("/home/alice/.local")), "{changes:#?}");
    machine.run_as("alice", ["sh", "/srv/dist/install.sh", "--uninstall"]).succeeded();
    is_unchanged(&machine, &before, "uninstalled");
    // A folder that is not called bin gets the program and the record, and nothing beside it.
    machine.sh("mkdir '/srv/my tools'").succeeded();
    let before = machine.manifest();
    machine.sh("cd /srv && sh dist/install.sh --to='my tools'").succeeded();
    assert_eq!(machine.changes_since(&before).len(), 2);
    machine.sh("cd '/srv/my tools' && LABTRUST_INSTALL_TO=. sh ../dist/install.sh --uninstall").succeeded();
    is_unchanged(&machine, &before, "uninstalled");
}

#[test]
fn a_part_of_the_script_does_nothing() {
    let machine = machine!("client");
    with_stand_in(&machine);
    let before = machine.manifest();
    // Cut after each line, and within the last one after each byte; out of a pipe, too.
    let script = "cd /srv/dist
        lines=$(wc -l <install.sh) last=$(tail -n 1 install.sh | wc -c)
        for shell in dash bash; do
            line=0
            while [ $line -lt $lines ]; do head -n $line install.sh >/tmp/part.sh; $shell /tmp/part.sh --from /srv/dist; line=$((line + 1)); done
            byte=2
            while [ $byte -le $last ]; do head -c -$byte install.sh | $shell -s -- --from /srv/dist; byte=$((byte + 1)); done
        done 2>/dev/null
        echo $line";
    let said = machine.sh(script).succeeded();
    assert_eq!(said.stdout, format!("{}\n", machine.read("/srv/dist/install.sh").lines().count()));
    is_unchanged(&machine, &before, "a part");
    machine.sh("cat /srv/dist/install.sh | sh -s -- --from /srv/dist").succeeded();
}

#[test]
fn the_judges_of_shell_scripts_accept_it() {
    let machine = machine!("client");
    machine.write("/root/install.sh", TEMPLATE);
    machine.run(["shellcheck", "/root/install.sh"]).succeeded();
    machine.run(["checkbashisms", "--posix", "/root/install.sh"]).succeeded();
    machine.sh("sh /root/install.sh").exited(1).says("error: this is the template");
}

/// The changes of labtrust are undone before the program is removed: the script stops a person who would lose the way.
#[test]
fn it_is_not_removed_while_it_has_changes_to_undo() {
    let machine = machine!("client");
    machine.without_hooks();
    with_release(&machine);
    let before = machine.settled();
    let uninstall = |more: &str| machine.sh(&format!("sh /srv/dist/install.sh --uninstall {more}"));
    machine.sh("sh /srv/dist/install.sh").succeeded();
    machine.run(["labtrust", "setup", crate::lab::HOST, "--out", "/srv/pair"]).succeeded();
    // A record of the doctor's, even one that nothing can read any more, is something to undo.
    machine.sh("umask 077; mkdir /var/lib/labtrust/receipts/doctor; echo x >/var/lib/labtrust/receipts/doctor/receipt.json").succeeded();
    // The hints work when pasted: one for the stores, one for the server, one for the doctor's fixes.
    for command in ["untrust --all", "setup --undo", "doctor --undo"] {
        let stopped = uninstall("").exited(1).says("error: labtrust still has changes on this machine");
        let hint = stopped.stderr.split("undo them first: ").nth(1).unwrap().split(" (").next().unwrap();
        assert_eq!(hint, format!("/usr/local/bin/labtrust {command}"));
        machine.sh(hint).succeeded();
    }
    machine.sh("cd /var/lib && rm -r labtrust/damaged-* && rmdir labtrust/receipts labtrust").succeeded();
    uninstall("").succeeded();
    is_unchanged(&machine, &before, "uninstalled");
    machine.sh("sh /srv/dist/install.sh").succeeded();
    machine.run(["labtrust", "setup", crate::lab::HOST, "--out", "/srv/pair"]).succeeded();
    uninstall("--keep-changes").succeeded();
    assert!(!machine.has("/usr/local/bin/labtrust") && machine.has("/srv/pair"));
}
