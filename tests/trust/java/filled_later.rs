//! A keystore that labtrust filled, and that the system's updater fills since: whatever is taken back first, Java trusts
//! nothing in the end.

use super::{super::java_trusts, serving, trust};
use crate::lab::Machine;

const UPDATER: &str = "/usr/sbin/update-ca-certificates";

/// Takes the updater away, and the file that tells of which distribution this is; and puts both back.
fn hide_updater(machine: &Machine, is_hidden: bool) {
    let (from, to) = if is_hidden { ("", ".away") } else { (".away", "") };
    machine.sh(&format!("for f in {UPDATER} /etc/os-release /usr/lib/os-release; do [ ! -e $f{from} -a ! -L $f{from} ] || mv $f{from} $f{to}; done")).succeeded();
}

#[test]
fn an_entry_of_before_the_updater_is_gone_after_untrust_in_any_order() {
    for first in [&[][..], &["--store", "java"], &["--store", "system"]] {
        let machine = machine!("jdk-later");
        let (pair, fingerprint) = serving(&machine);
        machine.run(["update-ca-certificates"]).succeeded();
        let before = machine.settled();
        hide_updater(&machine, true);
        machine.run(trust(&fingerprint)).succeeded();
        assert!(java_trusts(&machine, &pair.root));
        hide_updater(&machine, false);
        machine.run([&trust(&fingerprint)[..], &["--store", "system"]].concat()).succeeded();

        machine.run([&["labtrust", "untrust"][..], first].concat());
        machine.run(["labtrust", "untrust"]).succeeded();
        assert!(!java_trusts(&machine, &pair.root), "{first:?}");
        assert_eq!(machine.changes_since(&before), [""; 0], "{first:?}");
    }
}
