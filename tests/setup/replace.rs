//! Existing certificates: kept, replaced only on request, or imported; and a CA that clients trust first.

use super::json;
use crate::lab::{Gitlab, HOST, Pair, Validity};

#[test]
fn a_foreign_pair_on_disk_is_not_replaced_without_being_told_to() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let foreign = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.serve(&foreign);
    let before = machine.manifest();
    machine.run(["labtrust", "setup", "--yes"]).exited(3).says("--replace").says("labtrust import");
    assert_eq!(machine.changes_since(&before), [""; 0]);

    machine.run(["labtrust", "setup", "--replace", "--no-trust"]).succeeded();
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
    gitlab.wait_served(&foreign.leaf);
}

#[test]
fn a_foreign_certificate_that_is_served_is_not_replaced_either() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab.serve(&Pair::made(&machine, &[HOST], Validity::Current));
    // nginx has loaded them, and then a person moved the files away.
    machine.sh("mkdir /root/aside && mv /etc/gitlab/ssl/* /root/aside/").succeeded();
    let before = machine.manifest();
    machine.run(["labtrust", "setup", "--yes"]).exited(3).says("--replace");
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_staged_ca_can_be_handed_out_before_anything_is_placed() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let foreign = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.serve(&foreign);
    let staged =
        machine.run(["labtrust", "setup", "--stage", "--no-trust"]).succeeded().says("not installed yet");
    gitlab.wait_served(&foreign.leaf);
    // The printed command for clients works before any file is installed.
    for line in staged.stdout.lines().chain(staged.stderr.lines()).map(str::trim) {
        if line.starts_with("labtrust export") || line.starts_with("labtrust trust") {
            machine.sh(&format!("cd /root; {line}")).succeeded();
        }
    }
    machine.run(["labtrust", "status"]).succeeded().says("✓  docker  trusted");
    let root = machine.run(["labtrust", "export"]).succeeded().stdout;
    machine.run(["labtrust", "setup", "--replace"]).succeeded();
    assert_eq!(
        machine.run(["labtrust", "export"]).succeeded().stdout,
        root,
        "the CA that was handed out stays"
    );
}

#[test]
fn what_people_have_is_imported_and_served() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let before = machine.settled();
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/leaf.pem", &pair.leaf);
    machine.write("/root/root.pem", &pair.root);
    machine.write("/root/key.pem", &pair.key);
    machine.write("/root/secret", "correct horse\n");
    let made = "cd /root; openssl pkcs12 -export -in leaf.pem -inkey key.pem -certfile root.pem -passout file:secret -out pair.p12";
    machine.sh(made).succeeded();
    let import = ["labtrust", "import", "--pkcs12", "/root/pair.p12"];
    machine.run(import).exited(3).says("--passphrase-file");
    machine.write("/root/wrong", "battery staple\n");
    machine.run([&import[..], &["--passphrase-file", "/root/wrong"]].concat()).exited(3).says("passphrase");
    machine.run([&import[..], &["--passphrase-file", "/root/secret"]].concat()).succeeded();
    gitlab.wait_served(&pair.leaf);

    let imported = machine.manifest();
    let parts = [
        "labtrust",
        "import",
        "--cert",
        "/root/leaf.pem",
        "--key",
        "/root/key.pem",
        "--chain",
        "/root/root.pem",
    ];
    machine.run(parts).succeeded().says("nothing was changed");
    assert_eq!(machine.changes_since(&imported), [""; 0]);

    let other = Pair::made(&machine, &["other.example.com"], Validity::Current);
    machine.write("/root/other.pem", other.chain());
    machine.write("/root/other.key", &other.key);
    let wrong = ["labtrust", "import", "--cert", "/root/other.pem", "--key", "/root/other.key"];
    machine.run([&wrong[..], &["--host", HOST]].concat()).exited(3).says("other.example.com");
    machine.run(["labtrust", "import", "--cert", "/root/leaf.pem", "--key", "/root/other.key"]).exited(3);
    assert_eq!(machine.changes_since(&imported).iter().filter(|line| !line.starts_with("/root/")).count(), 0);

    let undone = machine.run(["labtrust", "setup", "--undo", "--json"]).succeeded();
    assert_eq!(json(&undone.stdout)["schema"], 2);
    machine.sh("rm /root/*").succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}
