//! Java: each JDK's own keystore, with real Java programs as the judges.

use super::serving;
use crate::lab::{HOST, Jdk};

/// The lines that trust the server of the lab in Java, and nowhere else.
fn trust(fingerprint: &str) -> [&str; 7] {
    ["labtrust", "trust", HOST, "--fingerprint", fingerprint, "--store", "java"]
}

#[test]
fn every_jdk_trusts_until_untrust_and_its_keystore_comes_back_to_the_byte() {
    let machine = machine!("jdks");
    machine.without_hooks();
    let (old, new) = (
        Jdk::install(&machine, "/opt/jdk-old"),
        Jdk::install(&machine, "/usr/lib/jvm/jdk-new").without_password(),
    );
    machine.sh("ln -s /opt/jdk-old /usr/lib/jvm/default-jdk").succeeded();
    let (_, fingerprint) = serving(&machine);
    assert!(!old.trusts() && !new.trusts());
    let before = machine.settled();

    let output = machine.run(trust(&fingerprint)).succeeded().says("✓  java  trusted").stdout;
    assert_eq!(output.matches("in /opt/jdk-old/lib/security/cacerts").count(), 1, "{output}");
    assert!(output.contains("in /usr/lib/jvm/jdk-new/lib/security/cacerts"), "{output}");
    assert!(old.trusts() && new.trusts());
    machine.run(["labtrust", "status"]).says("✓  java").says("jdk-new");
    machine.run([&trust(&fingerprint)[..], &["--dry-run"]].concat()).succeeded().says("nothing would change");

    machine.run(["labtrust", "untrust"]).succeeded();
    assert!(!old.trusts() && !new.trusts());
    assert_eq!(machine.changes_since(&before), [""; 0]);
}
