//! JDKs in home folders, and users without root.

use super::{serving, sudo, trust};
use crate::lab::Jdk;

const SDKMAN: &str = "/home/alice/.sdkman/candidates/java/17-tem";

#[test]
fn a_users_own_jdk_is_served_as_that_user() {
    let machine = machine!("sdkman");
    machine.without_hooks();
    machine.ensure_user("alice");
    let jdk = Jdk::install_for(&machine, "alice", SDKMAN);
    machine
        .run_as("alice", ["ln", "-s", "17-tem", "/home/alice/.sdkman/candidates/java/current"])
        .succeeded();
    let (_, fingerprint) = serving(&machine);
    let before = machine.settled();

    let ids = sudo(&machine, "alice");
    let ids: Vec<_> = ids.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for by_root in [true, false] {
        let command = |line: &[&str]| {
            let command = machine.command(line.to_vec());
            if by_root { command.envs(&ids).run() } else { command.user("alice").run() }
        };
        let output = command(&trust(&fingerprint)).succeeded().stdout;
        assert_eq!(output.matches("/lib/security/cacerts").count(), 1, "{output}");
        assert!(jdk.trusts());
        let owner = machine.run(["stat", "-c", "%U %a", &jdk.cacerts()]).stdout;
        assert_eq!(owner, "alice 644\n");
        command(&["labtrust", "untrust"]).succeeded();
        assert!(!jdk.trusts());
        assert_eq!(machine.changes_since(&before), [""; 0]);
    }
}

#[test]
fn a_link_in_a_home_folder_leads_root_nowhere() {
    let machine = machine!("sdkman-link");
    machine.without_hooks();
    machine.ensure_user("alice");
    let jdk = Jdk::install(&machine, "/srv/jdk");
    let (_, fingerprint) = serving(&machine);
    let link = "mkdir -p ~/.sdkman/candidates/java && ln -s /srv/jdk ~/.sdkman/candidates/java/linked";
    machine.run_as("alice", ["sh", "-c", link]).succeeded();
    let before = machine.settled();
    let ids = sudo(&machine, "alice");
    let ids: Vec<_> = ids.iter().map(|(name, value)| (*name, value.as_str())).collect();
    machine.command(trust(&fingerprint)).envs(&ids).run().exited(1).says("not root alone decides that");
    assert!(!jdk.trusts());
    assert_eq!(machine.changes_since(&before), [""; 0]);
    // Root names it.
    machine.command(trust(&fingerprint)).env("JAVA_HOME", "/srv/jdk").run().succeeded();
    assert!(jdk.trusts());
}

#[test]
fn a_path_through_a_developers_folder_leads_root_nowhere() {
    let machine = machine!("jdk-led");
    machine.without_hooks();
    machine.ensure_user("alice");
    let jdk = Jdk::install(&machine, "/srv/jdk");
    let (_, fingerprint) = serving(&machine);
    for (make, owned) in [
        // A link of hers, to a JDK and to a keystore alone; a folder of hers that has a link of root's; and a folder without links.
        ("mkdir -m 755 /opt/dev && ln -s /srv/jdk /opt/dev/jdk", "alice"),
        (
            "mkdir -p /opt/dev/jdk/lib/security && ln -s /srv/jdk/lib/security/cacerts /opt/dev/jdk/lib/security/cacerts",
            "alice",
        ),
        (
            "mkdir -p /opt/dev/jdk/lib/security && ln -s /srv/jdk/lib/security /opt/dev/jdk/lib/x && rmdir /opt/dev/jdk/lib/security && mv /opt/dev/jdk/lib/x /opt/dev/jdk/lib/security",
            "root:users",
        ),
        ("mkdir -p /opt/dev && cp -a /srv/jdk /opt/dev/jdk", "alice"),
    ] {
        machine
            .sh(&format!("{make} && chown -h {owned} /opt/dev /opt/dev/jdk && chmod 775 /opt/dev"))
            .succeeded();
        let before = machine.settled();
        let output = machine.command(trust(&fingerprint)).env("JAVA_HOME", "/opt/dev/jdk").run();
        output.exited(1).says("not root alone decides that").says("if /");
        assert!(!jdk.trusts(), "{make}");
        assert_eq!(machine.changes_since(&before), [""; 0], "{make}");
        machine.sh("rm -r /opt/dev").succeeded();
    }

    // The command that it prints does it, once root has decided so.
    machine
        .sh("mkdir -m 755 /opt/dev && ln -s /srv/jdk /opt/dev/jdk && chown -R -h alice /opt/dev")
        .succeeded();
    let run = || machine.command(trust(&fingerprint)).env("JAVA_HOME", "/opt/dev/jdk").run();
    let output = run().exited(1).stdout;
    let (_, lines) = output.split_once("run as root:").unwrap();
    machine.sh(lines.trim().lines().next().unwrap()).succeeded();
    assert!(jdk.trusts());
    run().succeeded();
}

#[test]
fn a_user_without_root_is_told_how_to_use_a_copy() {
    let machine = machine!("jdk-copy");
    machine.without_hooks();
    machine.ensure_user("alice");
    let jdk = Jdk::install(&machine, "/opt/jdk");
    let (_, fingerprint) = serving(&machine);
    let output = machine.run_as("alice", trust(&fingerprint)).exited(3).says("Needs root").stdout;
    let (_, lines) = output.split_once("without root, Java can use a copy").unwrap();
    let lines: Vec<&str> = lines.lines().skip(1).map(str::trim).take(5).collect();
    let lines: Vec<&str> =
        lines.into_iter().filter(|line| *line != "add these lines to ~/.profile:").collect();
    let ask = "/opt/jdk/bin/java /tmp/Ask.java mygitlab.example.com 443";
    let pasted = machine.run_as("alice", ["sh", "-c", &format!("set -e\n{}\n{ask}", lines.join("\n"))]);
    assert!(pasted.succeeded().stdout.ends_with("trusted\n"));
    assert!(!jdk.trusts());
    // A shell that has the line is told no more.
    let again = format!("{}; {}", lines[3], trust(&fingerprint).join(" "));
    let again = machine.run_as("alice", ["sh", "-c", &again]).exited(3).stdout;
    assert!(!again.contains("without root, Java can use a copy"), "{again}");

    // With all stores, one block has the lines for the profile.
    let all: Vec<&str> =
        trust(&fingerprint).into_iter().filter(|word| !word.starts_with("--store")).collect();
    let output = machine.run_as("alice", all.into_iter().filter(|word| *word != "java")).exited(3).stdout;
    assert_eq!(output.matches("add these lines to").count(), 1, "{output}");
    let (_, block) = output.split_once("add these lines to ~/.profile:").unwrap();
    let block: Vec<&str> = block.lines().skip(1).map(str::trim).take(3).collect();
    assert!(block.iter().all(|line| line.starts_with("export ")) && block[2] == lines[3], "{output}");
}
