//! A backup is accepted only if it is usable: each key must match its certificate.

use super::{FILE, IDENTITY, PASSPHRASE, RECIPIENT, labtrust};
use crate::lab::HOST;

#[test]
fn what_holds_no_usable_key_is_no_backup() {
    let machine = machine!("gitlab");
    machine.write_with_mode("/root/key", "600", IDENTITY);
    machine.write_with_mode("/root/passphrase", "600", "correct horse\n");
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/proxy", "--no-trust"]).succeeded();
    machine.run(["labtrust", "rotate", "start"]).succeeded();
    machine.run(["labtrust", "request", "other.example.com"]).succeeded();
    let script = "cp -a /var/lib/labtrust /root/whole; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out /root/other.key";
    machine.sh(script).succeeded();
    let (state, next) = ("/var/lib/labtrust", "authority-*");
    for (file, damage) in [
        ("authority/intermediate.key", "rm $file"),
        ("authority/intermediate.key", "cat /root/other.key >$file"),
        ("authority/intermediates.crt", "rm $file"),
        (&format!("{next}/intermediate.key"), "head -c 60 $file >/root/x; cat /root/x >$file"),
        (&format!("{next}/intermediate.key"), "rm $file"),
        ("requests/*/key", "rm $file"),
        ("requests/*/key", ": >$file"),
    ] {
        let script = format!(
            "rm -rf {state}; cp -a /root/whole {state}; file=$(ls {state}/{file}); {damage}; echo $file"
        );
        let path = machine.sh(&script).succeeded().stdout.trim().to_owned();
        for lock in [&PASSPHRASE[..], &["--recipient", RECIPIENT]] {
            let refused = machine.run(labtrust(&[&["backup", FILE][..], lock].concat())).exited(3);
            assert!(refused.stderr.contains(&path), "{damage}: {refused}");
            assert!(!machine.has(FILE), "{path}: {damage}");
        }
        let status = machine.run(["labtrust", "status"]);
        assert!(!status.stdout.contains("Last backup"), "{path}: {status}");
    }
    machine.sh(&format!("rm -rf {state}; cp -a /root/whole {state}")).succeeded();
    machine.run(labtrust(&[&["backup", FILE][..], &PASSPHRASE].concat())).succeeded();
}

#[test]
fn a_damaged_receipt_is_left_out_and_keeps_no_ca_from_being_saved() {
    let machine = machine!("gitlab");
    machine.write_with_mode("/root/key", "600", IDENTITY);
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/proxy", "--no-trust"]).succeeded();
    let state = "/var/lib/labtrust";
    machine.sh(&format!("mkdir -m 700 {state}/receipts/doctor && cp -a {state} /root/whole")).succeeded();
    for receipt in ["doctor", "setup"] {
        let path = format!("{state}/receipts/{receipt}/receipt.json");
        machine.sh(&format!("rm -rf {state} {FILE}; cp -a /root/whole {state}; echo x >{path}")).succeeded();
        let saved = machine.run(labtrust(&["backup", FILE, "--recipient", RECIPIENT])).succeeded();
        assert!(saved.stderr.contains(&path), "{saved}");
        machine.sh(&format!("mv {state} /root/damaged")).succeeded();
        let sha256 = machine.sh("openssl x509 -in /root/damaged/authority/root.crt -outform der | sha256sum");
        let sha256 = sha256.succeeded().stdout[..64].to_owned();
        let restore = ["restore", FILE, "--identity", "/root/key", "--fingerprint", &sha256];
        machine.run(labtrust(&restore)).succeeded();
        machine
            .sh(&format!("cmp {state}/authority/intermediate.key /root/damaged/authority/intermediate.key"))
            .succeeded();
        machine.sh("rm -r /root/damaged").succeeded();
    }
    // Only the receipt names an imported certificate, and a missing key for it is an error.
    machine.sh(&format!("rm -rf {state}/authority {state}/receipts; mkdir -m 700 -p {state}/receipts/setup; echo x >{state}/receipts/setup/receipt.json")).succeeded();
    machine.run(["labtrust", "request", "other.example.com"]).succeeded();
    machine.run(labtrust(&["backup", "/root/x.age", "--recipient", RECIPIENT])).exited(3);
}

#[test]
fn what_cannot_be_saved_is_named_and_a_ca_behind_a_link_is_not_left_out() {
    let machine = machine!("gitlab");
    let state = "/var/lib/labtrust";
    let backup = ["labtrust", "backup", FILE, "--recipient", RECIPIENT, "--replace"];
    for kind in [&[][..], &["--self-signed"]] {
        let setup = ["labtrust", "setup", HOST, "--out", "/srv/proxy", "--no-trust", "--replace"];
        machine.run([&setup[..], kind].concat()).succeeded();
        // A name that labtrust never uses.
        machine.sh(&format!("touch {state}/authority/Kopie\u{e9}")).succeeded();
        machine.run(backup).succeeded().says("Kopie").says("is not saved");
        let rest = machine.sh(&format!("rm {state}/authority/Kopie*; rm {FILE}"));
        rest.succeeded();
        machine
            .sh(&format!(
                "mkdir -p /srv/disk; mv {state}/authority /srv/disk; ln -s /srv/disk/authority {state}"
            ))
            .succeeded();
        machine.run(backup).exited(3).says(&format!("{state}/authority")).says("hint: ");
        assert!(!machine.has(FILE));
        machine.sh(&format!("rm {state}/authority; mv /srv/disk/authority {state}")).succeeded();
        machine.sh(&format!("mkfifo {state}/requests.pipe")).succeeded();
        machine.run(backup).exited(3).says(&format!("{state}/requests.pipe"));
        machine.sh(&format!("rm {state}/requests.pipe")).succeeded();
        machine.run(backup).succeeded();
        machine.run(["labtrust", "setup", "--undo", "--yes"]).succeeded();
    }
}
