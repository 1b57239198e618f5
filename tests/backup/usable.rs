//! A backup counts only if what it holds could be used: the keys are held against their certificates.

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
