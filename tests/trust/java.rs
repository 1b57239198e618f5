//! Java: each JDK's own keystore, with real Java programs as the judges.

mod filled_later;
mod own;
mod settings;
mod strange;

use std::thread;

use super::{fingerprint, serving};
use crate::lab::{HOST, Jdk, Machine, Pair, Validity};

/// The line that trusts the server of the lab in Java, and nowhere else.
fn trust(fingerprint: &str) -> [&str; 7] {
    ["labtrust", "trust", HOST, "--fingerprint", fingerprint, "--store", "java"]
}

/// The environment that sudo sets for `user`.
fn sudo(machine: &Machine, user: &str) -> [(&'static str, String); 3] {
    let id = |option| machine.run(["id", option, user]).succeeded().stdout.trim().to_owned();
    [("SUDO_USER", user.to_owned()), ("SUDO_UID", id("-u")), ("SUDO_GID", id("-g"))]
}

/// Adds `certificate` to the keystore of `jdk`, as a person does.
fn import(machine: &Machine, jdk: &Jdk<'_>, alias: &str, certificate: &str) {
    machine.write("/tmp/import.crt", certificate);
    let line = ["-importcert", "-noprompt", "-file", "/tmp/import.crt", "-alias", alias];
    jdk.keytool(&jdk.cacerts(), &line).succeeded();
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

#[test]
fn a_certificate_that_was_there_is_not_added_again_and_stays_until_it_is_purged() {
    let machine = machine!("jdk-alias");
    machine.without_hooks();
    let jdk = Jdk::install(&machine, "/opt/jdk");
    let (pair, fingerprint) = serving(&machine);
    machine.write("/root/ca.crt", &pair.root);
    let before = machine.settled();
    import(&machine, &jdk, "company", &pair.root);
    let with_company = jdk.entries();
    assert!(jdk.trusts());

    machine.run(trust(&fingerprint)).succeeded();
    assert_eq!(jdk.entries(), with_company);
    // labtrust has no entry there, and the keystore still trusts the CA.
    machine.run(["labtrust", "untrust", "/root/ca.crt"]).exited(1).says("--purge");
    assert_eq!(jdk.entries(), with_company);
    // Another person adds the CA after labtrust did.
    jdk.keytool(&jdk.cacerts(), &["-delete", "-alias", "company"]).succeeded();
    machine.run(trust(&fingerprint)).succeeded();
    import(&machine, &jdk, "later", &pair.root);
    machine.run(["labtrust", "untrust"]).exited(1);
    assert!(jdk.trusts() && !jdk.entries().contains("labtrust-"));

    machine.run(["labtrust", "untrust", "/root/ca.crt", "--purge"]).succeeded();
    assert!(!jdk.trusts());
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn runs_and_another_programs_keytool_at_once_lose_no_entry() {
    let machine = machine!("jdk-race");
    machine.without_hooks();
    let jdk = Jdk::install(&machine, "/opt/jdk");
    machine.ensure_user("alice");
    machine.sh("mkdir /opt/states; chmod 1777 /opt/states; chown -R alice: /opt/jdk").succeeded();
    let pairs: Vec<Pair> = (0..4).map(|_| Pair::made(&machine, &[HOST], Validity::Current)).collect();
    for (index, pair) in pairs.iter().enumerate() {
        machine.write(&format!("/tmp/{index}.crt"), &pair.root);
    }
    let ids = sudo(&machine, "alice");
    let ids: Vec<_> = ids.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // The keystore is alice's, and root acts for her: the runs share no lock.
    thread::scope(|scope| {
        for (index, pair) in pairs.iter().enumerate() {
            let (machine, ids, sha256) = (&machine, &ids, fingerprint(&machine, &pair.root));
            scope.spawn(move || {
                let (file, state) = (format!("/tmp/{index}.crt"), format!("/opt/states/{index}"));
                let line =
                    ["labtrust", "trust", &file, "--fingerprint", &sha256, "--store", "java", "--state"];
                let user = if index % 2 == 0 { "alice" } else { "root" };
                let command = machine.command([&line[..], &[&*state]].concat()).user(user);
                if user == "root" { command.envs(ids).run() } else { command.run() }.succeeded();
            });
        }
    });
    let aliases = jdk.entries().lines().filter(|line| line.starts_with("labtrust-")).count();
    assert_eq!(aliases, pairs.len());
    assert_eq!(machine.run(["stat", "-c", "%U", &jdk.cacerts()]).stdout, "alice\n");
}

#[test]
fn a_java_program_that_runs_is_named_until_it_was_restarted() {
    let machine = machine!("jdk-running");
    machine.without_hooks();
    let jdk = Jdk::install(&machine, "/opt/jdk");
    let (_, fingerprint) = serving(&machine);
    machine.write(
        "/tmp/Sleep.java",
        "class Sleep { public static void main(String[] a) throws Exception { Thread.sleep(600000); } }",
    );
    machine.sh("/opt/jdk/bin/java /tmp/Sleep.java >/dev/null 2>&1 & echo $! >/tmp/pid; sleep 1").succeeded();
    machine.run(trust(&fingerprint)).exited(4).says("restart the Java programs that use it");
    assert!(jdk.trusts());
    machine
        .sh("kill $(cat /tmp/pid); while kill -0 $(cat /tmp/pid) 2>/dev/null; do sleep 0.1; done")
        .succeeded();
    machine.run(trust(&fingerprint)).succeeded();
}

#[test]
fn a_keystore_that_the_system_fills_is_asked_and_not_written() {
    let machine = machine!("jdk-filled");
    let (pair, fingerprint) = serving(&machine);
    machine.run(trust(&fingerprint)).exited(3).says("trust it there too: --store system");
    let both = [&trust(&fingerprint)[..], &["--store", "system"]].concat();
    machine.run(both).succeeded().says("in /etc/ssl/certs/java/cacerts");
    assert!(super::java_trusts(&machine, &pair.root));
    let aliases = machine.sh(super::KEYSTORE).succeeded().stdout;
    assert!(!aliases.lines().any(|line| line.starts_with("Alias name: labtrust-")), "{aliases}");
}
