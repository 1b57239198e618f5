//! Anchors and files that another program or person put where labtrust works, or changed there.

use super::*;

#[test]
fn another_cas_file_in_the_same_folder_is_left_alone() {
    let machine = machine!("client");
    let _engine = Engine::start(&machine);
    let (_, fingerprint) = serving(&machine);
    let other = Pair::made(&machine, &["other.example.com"], Validity::Current);
    let folder = format!("/etc/docker/certs.d/{REGISTRY}");
    machine.write(&format!("{folder}/ca.crt"), &other.root);
    let before = machine.settled();

    machine.run(["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint]).succeeded();
    assert_eq!(machine.read(&format!("{folder}/ca.crt")), other.root);
    // The engine verified nothing before the CA was in the system's store, and remembers it.
    machine.run(["labtrust", "untrust", "--all"]).exited(4);
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn trust_that_another_program_added_stays_until_it_is_purged() {
    let machine = machine!("client");
    let _engine = Engine::start(&machine);
    let (pair, fingerprint) = serving(&machine);
    let folder = format!("/etc/docker/certs.d/{REGISTRY}");
    machine.write("/usr/local/share/ca-certificates/by-hand.crt", &pair.root);
    machine.write(&format!("{folder}/by-hand.crt"), &pair.root);
    machine.run(["update-ca-certificates"]).succeeded();

    let trusted = machine.manifest();
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint];
    machine.run(trust).succeeded().says("another program or person added it");
    assert_eq!(machine.changes_since(&trusted), [""; 0], "an anchor that is there is not added again");

    machine.write("/root/ca.crt", &pair.root);
    let untrust = ["labtrust", "untrust", "/root/ca.crt"];
    machine
        .run([&untrust[..], &["--store", "system"]].concat())
        .exited(1)
        .says("still trusted, without a receipt");
    machine.run([&untrust[..], &["--purge"]].concat());
    machine.run(["labtrust", "untrust", "/root/ca.crt"]).succeeded();
    assert!(!machine.has(&format!("{folder}/by-hand.crt")));
    assert!(!machine.read("/etc/ssl/certs/ca-certificates.crt").contains(pair.root.trim()));
    assert!(!java_trusts(&machine, &pair.root));
    let dangling = machine.sh("find /etc/ssl/certs -xtype l").succeeded();
    assert_eq!(dangling.stdout, "");
}

#[test]
fn a_users_purge_prints_the_command_with_which_root_purges() {
    let machine = machine!("client");
    machine.ensure_user("alice");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/usr/local/share/ca-certificates/by-hand.crt", &pair.root);
    machine.run(["update-ca-certificates"]).succeeded();
    machine.write("/tmp/ca.crt", &pair.root);
    let purged = machine.run_as("alice", ["labtrust", "untrust", "/tmp/ca.crt", "--purge"]).exited(3);
    let purged = purged.says("labtrust untrust /tmp/ca.crt --purge");
    assert!(!purged.stdout.contains("To remove it:"), "{purged}");
    machine.run(["labtrust", "untrust", "/tmp/ca.crt", "--purge"]).succeeded();
    assert!(!machine.read("/etc/ssl/certs/ca-certificates.crt").contains(pair.root.trim()));
}

#[test]
fn a_file_that_was_changed_since_is_left_and_named() {
    let machine = machine!("client");
    let (pair, fingerprint) = serving(&machine);
    machine.write("/root/ca.crt", &pair.root);
    let trust = ["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--fingerprint", &fingerprint];
    machine.run(trust).succeeded();
    machine.sh(
        "for file in /usr/local/share/ca-certificates/labtrust-*.crt; do echo '# mine now' >>$file; done",
    );
    machine
        .run(["labtrust", "untrust"])
        .exited(1)
        .says("left in place, because another program or person changed it");
    machine.sh("grep -q 'mine now' /usr/local/share/ca-certificates/labtrust-*.crt").succeeded();
}

#[test]
fn a_folder_that_two_cas_share_goes_with_the_last_of_them() {
    let machine = machine!("client");
    machine.without_hooks();
    let before = machine.settled();
    let mut fingerprints = Vec::new();
    for name in ["one", "two"] {
        let pair = Pair::constrained(&machine, &[HOST]);
        let file = format!("/tmp/{name}.crt");
        machine.write(&file, &pair.root);
        fingerprints.push(fingerprint(&machine, &pair.root));
        machine.run(["labtrust", "trust", &file, "--for", REGISTRY, "--yes"]).succeeded();
    }
    for sha256 in fingerprints {
        machine.run(["labtrust", "untrust", &sha256]).succeeded();
    }
    assert_eq!(machine.changes_since(&before), [""; 0]);
    // All at once, where the CA that made the folder is the one that was trusted again last.
    for (name, registry) in [("one", "a"), ("two", "b"), ("one", "c")] {
        let (file, registry) = (format!("/tmp/{name}.crt"), format!("{registry}.{HOST}"));
        let trust = ["labtrust", "trust", &file, "--for", &registry, "--store", "docker", "--yes"];
        machine.run(trust).succeeded();
    }
    machine.run(["labtrust", "untrust", "--all"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn root_serves_all_people_and_one_home_out_of_reach_fails_alone() {
    let machine = machine!("terminal-server");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/ca.crt", &pair.root);
    let engine = "mkdir -p ~/.config/systemd/user; touch ~/.config/systemd/user/docker.service";
    for user in ["alice", "bob", "carol"] {
        machine.run_as(user, ["sh", "-c", engine]).succeeded();
    }
    // Neither is a person: a service with a home, and one who cannot log in.
    machine.sh("useradd --system --create-home --shell /bin/bash service; useradd --create-home --shell /usr/sbin/nologin gone").succeeded();
    for user in ["service", "gone"] {
        machine.sh(&format!("mkdir -p /home/{user}/.config/systemd/user; touch /home/{user}/.config/systemd/user/docker.service")).succeeded();
    }
    machine.sh("chown root: /home/carol/.config; chmod 700 /home/carol/.config").succeeded();
    let before = machine.settled();
    let sha256 = fingerprint(&machine, &pair.root);
    let trust = ["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--fingerprint", &sha256];
    let all = [&trust[..], &["--all-users"]].concat();
    machine.run_as("alice", all.clone()).exited(3).says("--all-users needs root").says("sudo ");
    machine.run(trust).succeeded();
    assert!(!machine.has("/home/alice/.config/docker"));

    machine.run(all.clone()).exited(3).says("/home/carol/.config/docker");
    let owners = "stat -c '%U %n' /home/*/.config/docker/certs.d/*/labtrust-*.crt | sed 's,/[^/]*$,,'";
    let folder = format!(".config/docker/certs.d/{REGISTRY}");
    assert_eq!(machine.sh(owners).stdout, format!("alice /home/alice/{folder}\nbob /home/bob/{folder}\n"));
    machine.run([&all[..], &["--dry-run"]].concat()).exited(1);
    let status = machine.run(["labtrust", "status", "--all-users"]);
    assert!(status.code() != 0, "{status}");
    status.says("/home/bob/.config/docker").says("cannot look at /home/carol/.config/docker");

    // The receipt knows whose stores they are.
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}
