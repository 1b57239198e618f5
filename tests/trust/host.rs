//! `untrust HOST`: the CA that is trusted for a host, however many there are.

use super::fingerprint;
use crate::{
    lab::{HOST, Pair, REGISTRY},
    setup::json,
};

#[test]
fn a_host_is_untrusted_twice_and_of_two_cas_one_is_chosen() {
    let machine = machine!("client");
    machine.without_hooks();
    let pairs = [(); 2].map(|()| Pair::constrained(&machine, &[HOST]));
    for (index, pair) in pairs.iter().enumerate() {
        let path = format!("/root/{index}.crt");
        machine.write(&path, &pair.root);
        machine.run(["labtrust", "trust", &path, "--for", REGISTRY, "--yes"]).succeeded();
    }
    let untrust = ["labtrust", "untrust", HOST];
    let asked = machine.run(untrust).exited(3).says("several CAs are trusted for mygitlab.example.com");
    let chosen =
        pairs.each_ref().map(|pair| fingerprint(&machine, &pair.root).replace(':', "").to_lowercase());
    for sha256 in &chosen {
        let row = asked.stderr.lines().find(|line| line.starts_with(&format!("  {sha256} (CN=")));
        assert!(row.is_some_and(|row| row.contains(", valid from 20")), "{asked:?}");
    }
    machine.run(["labtrust", "untrust", &chosen[0]]).succeeded();
    machine.run(untrust).succeeded().says("✓  docker  removed");

    let before = machine.manifest();
    machine
        .run(untrust)
        .succeeded()
        .says("labtrust installed no CA for mygitlab.example.com: nothing to undo");
    let report = machine.run([&untrust[..], &["--json"]].concat()).succeeded().stdout;
    assert_eq!(json(&report)["anchors"], serde_json::json!([]));
    machine.run([&untrust[..], &["--dry-run"]].concat()).succeeded().says("nothing would change");
    assert_eq!(machine.changes_since(&before), [""; 0]);
    machine.run([&untrust[..], &["--purge"]].concat()).exited(3).says("knows no CA for mygitlab.example.com");

    // Of a damaged receipt, nobody knows for which host it is.
    machine.run(["labtrust", "trust", "/root/0.crt", "--for", REGISTRY, "--yes"]).succeeded();
    machine
        .sh("for receipt in /var/lib/labtrust/receipts/trust-*/receipt.json; do echo x >$receipt; done")
        .succeeded();
    machine.run(untrust).exited(3).says("receipt.json");
}
