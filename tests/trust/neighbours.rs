//! What strangers keep in the folder of links that the distribution's updater rewrites is given back, to the byte.

use super::*;
use crate::lab::Manifest;

const CERTS: &str = "/etc/ssl/certs";
const LOCAL: &str = "/usr/local/share/ca-certificates";

/// What a stranger may have there, as a script in the folder.
const STRANGERS: [(&str, &str); 6] = [
    (
        "a file that an anchor's link would replace",
        "cp /root/stranger.pem x.pem; cp /root/other.pem $L/x.crt",
    ),
    (
        "the same, found by its number",
        "cp /root/stranger.pem x.pem; openssl rehash .; cp /root/other.pem $L/x.crt",
    ),
    (
        "one whose anchor's name has letters that are changed",
        "cp /root/stranger.pem My_CA_=2=.pem; cp /root/other.pem \"$L/My CA (2).crt\"",
    ),
    ("a link to elsewhere", "ln -s /root/stranger.pem x.pem; cp /root/other.pem $L/x.crt"),
    ("a link that leads to nothing", "ln -s /nowhere x.pem"),
    ("a number that leads elsewhere", "ln -s /root/stranger.pem 0a1b2c3d.0"),
];

fn client(machine: &Machine) {
    machine.without_hooks();
    let pair = Pair::constrained(machine, &[HOST]);
    machine.write("/root/ca.crt", &pair.root);
    for name in ["stranger", "other"] {
        machine.write(&format!("/root/{name}.pem"), Pair::made(machine, &[HOST], Validity::Current).root);
    }
    machine.run(["update-ca-certificates"]).succeeded();
}

fn trust(machine: &Machine) {
    let line = ["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--yes", "--store", "system"];
    machine.run(line).succeeded();
}

/// What changed in the folder of links since `before`, the bundle aside: an anchor that was not in it yet is now.
fn changes(machine: &Machine, before: &Manifest) -> Vec<String> {
    let mut changes = machine.changes_since(before);
    changes.retain(|line| !line.starts_with("/etc/ssl/certs/ca-certificates.crt:"));
    changes
}

#[test]
fn what_the_updater_replaced_of_a_strangers_comes_back() {
    for (what, script) in STRANGERS {
        let machine = machine!("client");
        client(&machine);
        machine.sh(&format!("L={LOCAL}; cd {CERTS}; {script}")).succeeded();
        let before = machine.manifest();
        trust(&machine);
        assert_ne!(changes(&machine, &before), [""; 0], "{what}");
        machine.run(["labtrust", "untrust"]).succeeded();
        assert_eq!(changes(&machine, &before), [""; 0], "{what}");
        machine.run(["labtrust", "untrust"]).succeeded().says("nothing to undo");
    }
}

#[test]
fn what_the_updater_would_replace_when_trust_is_taken_back_stays_too() {
    let machine = machine!("client");
    client(&machine);
    trust(&machine);
    machine.sh(&format!("cp /root/stranger.pem {CERTS}/x.pem; cp /root/other.pem {LOCAL}/x.crt")).succeeded();
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.read(&format!("{CERTS}/x.pem")), machine.read("/root/stranger.pem"));
    machine.sh(&format!("[ ! -L {CERTS}/x.pem ] && [ ! -d /var/lib/labtrust/receipts ]")).succeeded();
}

#[test]
fn what_somebody_put_there_since_is_left() {
    let machine = machine!("client");
    client(&machine);
    machine.sh(&format!("cp /root/stranger.pem {CERTS}/x.pem; cp /root/other.pem {LOCAL}/x.crt")).succeeded();
    trust(&machine);
    machine.sh(&format!("rm {CERTS}/x.pem; echo mine >{CERTS}/x.pem; rm {LOCAL}/x.crt")).succeeded();
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.read(&format!("{CERTS}/x.pem")), "mine\n");
}

#[test]
fn what_somebody_put_there_since_stays_when_the_updater_replaces_it_again() {
    let machine = machine!("client");
    client(&machine);
    machine.sh(&format!("cp /root/stranger.pem {CERTS}/x.pem; cp /root/other.pem {LOCAL}/x.crt")).succeeded();
    trust(&machine);
    // The anchor is still there, so the updater makes its link once more when trust is taken back.
    machine.sh(&format!("rm {CERTS}/x.pem; echo newer >{CERTS}/x.pem")).succeeded();
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.read(&format!("{CERTS}/x.pem")), "newer\n");
}
