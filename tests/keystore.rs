//! Java's keystore, which the updater's hook rewrites in place: never lost, never robbed of what
//! somebody else put there.

use crate::{
    lab::{HOST, Machine, Pair, REGISTRY, Validity},
    trust::{fingerprint, java_trusts},
};

const KEYSTORE: &str = "/etc/ssl/certs/java/cacerts";

fn scene(machine: &Machine) -> (Pair, Vec<String>) {
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    machine.write("/root/ca.crt", &pair.root);
    let fingerprint = fingerprint(machine, &pair.root);
    let line = ["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--fingerprint", &fingerprint];
    (pair, line.map(str::to_owned).to_vec())
}

#[test]
fn a_keystore_that_a_killed_hook_left_empty_is_put_back_in_both_directions() {
    let machine = machine!("client");
    let (pair, trust) = scene(&machine);
    let before = machine.settled();
    let empty = format!(": >{KEYSTORE}");

    // Killed while it waits for the updater, whose hook dies between emptying the file and filling it.
    let kill = format!("#!/bin/sh\n{empty}\nkill -9 $(pidof labtrust)\n");
    machine.sh("mv /etc/ca-certificates/update.d/jks-keystore /root/hook").succeeded();
    machine.write_with_mode("/etc/ca-certificates/update.d/jks-keystore", "755", kill);
    assert_ne!(machine.run(&trust).code(), 0);
    machine.sh("mv -f /root/hook /etc/ca-certificates/update.d/jks-keystore").succeeded();
    machine.run(&trust).succeeded();
    assert!(java_trusts(&machine, &pair.root));

    machine.sh(&empty).succeeded();
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn an_entry_that_another_program_adds_between_two_runs_stays() {
    let machine = machine!("client");
    let (pair, trust) = scene(&machine);
    machine.settled();
    machine.run(&trust).succeeded();
    let stranger = Pair::made(&machine, &["other.example.com"], Validity::Current);
    machine.write("/root/other.crt", &stranger.root);
    let import =
        "keytool -importcert -noprompt -storepass changeit -alias other -file /root/other.crt -keystore";
    machine.sh(&format!("{import} {KEYSTORE}")).succeeded();
    // The anchor is gone from the bundle, so the next run settles again.
    machine.sh("rm /usr/local/share/ca-certificates/labtrust-*; update-ca-certificates").succeeded();
    machine.run(&trust).succeeded();
    machine.run(["labtrust", "untrust"]).succeeded();
    assert!(java_trusts(&machine, &stranger.root));
    assert!(!java_trusts(&machine, &pair.root));
}

#[test]
fn a_keytool_that_is_installed_between_two_runs_changes_nothing_of_what_stood_there() {
    let machine = machine!("client");
    let (_, trust) = scene(&machine);
    let before = machine.settled();
    machine.sh("mv /usr/bin/keytool /root/keytool").succeeded();
    machine.run(&trust).succeeded();
    // The anchor is gone from the bundle, so the next run settles again.
    let again = "mv /root/keytool /usr/bin/keytool; rm /usr/local/share/ca-certificates/labtrust-*; update-ca-certificates";
    machine.sh(again).succeeded();
    machine.run(&trust).succeeded();
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_keystore_whose_hook_an_administrator_turned_off_is_left_alone() {
    let machine = machine!("client");
    let (pair, trust) = scene(&machine);
    machine.sh("sed -i s/cacerts_updates=yes/cacerts_updates=no/ /etc/default/cacerts").succeeded();
    let before = machine.settled();
    machine.run(&trust).succeeded().says("✓  system  trusted");
    assert!(!java_trusts(&machine, &pair.root));
    machine.run(["labtrust", "untrust"]).succeeded();
    // The hook's own list of what it was told, which it keeps until it is turned on again.
    let mut changes = machine.changes_since(&before);
    changes.retain(|change| !change.starts_with("/var/lib/ca-certificates-java/pending:"));
    assert_eq!(changes, [""; 0]);
}
