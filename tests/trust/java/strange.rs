//! Keystores and keytools that are not as usual.

use super::{serving, trust};
use crate::lab::{Jdk, Machine};

/// A keytool in place of that of a JDK, which calls the real one as `$real`.
fn replace_keytool(machine: &Machine, script: &str) {
    machine.sh("mv /opt/jdk/bin/keytool /opt/jdk/bin/real-keytool").succeeded();
    let script = format!("#!/bin/sh\nreal=/opt/jdk/bin/real-keytool\n{script}\n");
    machine.write_with_mode("/opt/jdk/bin/keytool", "755", script);
}

#[test]
fn a_keystore_that_hides_another_is_served_if_java_can_read_it() {
    let machine = machine!("jssecacerts");
    machine.without_hooks();
    let jdk = Jdk::install(&machine, "/opt/jdk");
    let (_, fingerprint) = serving(&machine);
    machine.sh("cp /opt/jdk/lib/security/cacerts /opt/jdk/lib/security/jssecacerts").succeeded();
    let before = machine.settled();
    machine.run(trust(&fingerprint)).succeeded().says("in /opt/jdk/lib/security/jssecacerts");
    assert!(jdk.trusts());
    machine.run(["labtrust", "untrust"]).succeeded();
    assert!(!jdk.trusts());
    assert_eq!(machine.changes_since(&before), [""; 0]);

    // Java reads it without a password, and nothing of it.
    let convert = "cd /opt/jdk/lib/security; rm jssecacerts; /opt/jdk/bin/keytool -importkeystore -noprompt -srckeystore cacerts \
                   -srcstorepass changeit -destkeystore jssecacerts -deststoretype PKCS12 -deststorepass changeit";
    machine.sh(convert).succeeded();
    let before = jdk.keytool("/opt/jdk/lib/security/jssecacerts", &["-list"]).succeeded().stdout;
    assert!(jdk.ask().contains("trustAnchors parameter must be non-empty"));
    machine
        .run(trust(&fingerprint))
        .exited(3)
        .says("Java, which reads it without a password, sees none of its entries");
    assert_eq!(jdk.keytool("/opt/jdk/lib/security/jssecacerts", &["-list"]).succeeded().stdout, before);
}

#[test]
fn a_keystore_with_another_password_needs_a_file_with_it() {
    let machine = machine!("jdk-password");
    machine.without_hooks();
    let jdk = Jdk::install(&machine, "/opt/jdk");
    let (_, fingerprint) = serving(&machine);
    let set = |old: &str, new: &str| {
        let keytool = "/opt/jdk/bin/keytool -storepasswd -keystore /opt/jdk/lib/security/cacerts";
        machine.sh(&format!("{keytool} -storepass {old} -new {new}")).succeeded();
    };
    set("changeit", "changeme");
    machine.run(trust(&fingerprint)).succeeded();
    machine.run(["labtrust", "untrust"]).succeeded();

    set("changeme", "correct-horse");
    let before = machine.settled();
    let refused =
        machine.run(trust(&fingerprint)).exited(3).says("has a password that labtrust does not know");
    assert_eq!(machine.changes_since(&before), [""; 0]);
    let line = refused.stdout.lines().find_map(|line| line.split_once("try again: ").map(|(_, line)| line));
    assert_eq!(line, Some("export LABTRUST_KEYSTORE_PASSWORD_FILE=/root/keystore-password"));
    machine.write_with_mode("/root/keystore-password", "600", "correct-horse\n");
    let before = machine.settled();
    let given = ["sh", "-c", &format!("{}; exec \"$@\"", line.unwrap()), "sh"];
    machine.run([&given[..], &trust(&fingerprint)].concat()).succeeded();
    assert!(jdk.trusts());
    machine.sh("! grep -r correct-horse /var/lib/labtrust").succeeded();
    // The receipt names the file.
    machine.run(["labtrust", "untrust"]).succeeded();
    assert!(!jdk.trusts());
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_keytool_that_speaks_another_language_or_loses_entries_does_no_harm() {
    let machine = machine!("keytool");
    machine.without_hooks();
    let jdk = Jdk::install(&machine, "/opt/jdk");
    let (_, fingerprint) = serving(&machine);
    let first = jdk.entries().lines().find_map(|line| Some(line.split_once(", ")?.0.to_owned())).unwrap();
    replace_keytool(&machine, "exec $real \"$@\" -J-Duser.language=de");
    let before = machine.settled();
    machine.run(trust(&fingerprint)).succeeded();
    assert!(jdk.trusts());
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);

    for (script, says) in [
        (
            "$real \"$@\" && $real -delete -alias \"$first\" -storepass changeit -keystore \"$keystore\"",
            "would change other entries",
        ),
        (": >\"$keystore\"", "does not leave a complete keystore"),
        ("exit 0", "does not change it"),
        ("echo no >&2; exit 1", "failed with exit code 1: no"),
    ] {
        let words = "for word; do [ \"$last\" != -keystore ] || keystore=$word; last=$word; done";
        let script = format!("first='{first}'\n{words}\n{script}");
        machine.write_with_mode(
            "/opt/jdk/bin/keytool",
            "755",
            format!("#!/bin/sh\nreal=/opt/jdk/bin/real-keytool\n{script}\n"),
        );
        let before = machine.settled();
        machine.run(trust(&fingerprint)).exited(3).says(says);
        assert_eq!(machine.changes_since(&before), [""; 0], "{script}");
    }
}

#[test]
fn root_runs_no_keytool_that_a_user_can_change() {
    let machine = machine!("keytool-user");
    machine.without_hooks();
    machine.ensure_user("alice");
    let jdk = Jdk::install(&machine, "/opt/jdk");
    let (_, fingerprint) = serving(&machine);
    replace_keytool(&machine, "id -u >>/tmp/ran; exec $real \"$@\"");
    for owned in ["/opt/jdk/bin/keytool", "/opt/jdk/bin", "/opt/jdk/lib/server/libjvm.so"] {
        machine.sh(&format!("chown alice {owned}")).succeeded();
        machine.run(trust(&fingerprint)).succeeded();
        assert!(jdk.trusts());
        machine.run(["labtrust", "untrust"]).succeeded();
        machine.sh(&format!("chown root {owned}")).succeeded();
    }
    assert!(!machine.has("/tmp/ran"));
    machine.run(trust(&fingerprint)).succeeded();
    assert_eq!(machine.read("/tmp/ran"), "0\n");
}
