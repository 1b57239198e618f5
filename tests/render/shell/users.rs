//! The script without root: it serves the user's own stores, as the program does.

use super::*;

const RUN: &str = "/tmp/labtrust-trust.sh";
/// Alice's Docker and containerd without root, and the database of her browser.
const HERS: &str = "cd && mkdir -p .config/systemd/user .local/share/pki/nssdb
    touch .config/systemd/user/docker.service .config/systemd/user/containerd.service
    certutil -N --empty-password -d sql:.local/share/pki/nssdb </dev/null";
const LISTED: &str = "cd && certutil -L -d sql:.local/share/pki/nssdb";

/// A machine whose system store trusts the CA, and alice.
fn with_alice(machine: &Machine) {
    let _pair = client(machine);
    machine.without_docker();
    machine.sh("rm -f /usr/bin/podman /usr/bin/buildah /usr/bin/skopeo /usr/bin/containerd").succeeded();
    render(machine, "shell", "").succeeded();
    run(machine, "sh", "").ends_with(0, true);
    machine.ensure_user("alice");
    machine.run_as("alice", ["sh", "-c", HERS]).succeeded();
    machine.sh(&format!("cp {SCRIPT} {RUN}; cp /root/ca.crt /tmp; chmod 644 /tmp/ca.crt {RUN}")).succeeded();
}

fn by_alice(machine: &Machine, shell: &str, words: &str) -> Run {
    Run::of(&machine.run_as("alice", ["sh", "-c", &format!("{shell} {RUN} {words}")]))
}

#[test]
fn a_user_gets_what_the_program_writes_for_a_user() {
    let machine = machine!("client");
    with_alice(&machine);
    let before = machine.manifest();
    let changes = || -> Vec<String> {
        let is_files = |line: &String| !line.contains("share/labtrust") && !line.contains("pki/nssdb");
        machine.changes_since(&before).into_iter().filter(is_files).collect()
    };
    let listed = || machine.run_as("alice", ["sh", "-c", LISTED]).succeeded().stdout;
    let nothing = listed();
    let trust = format!(
        "labtrust trust /tmp/ca.crt --for {REGISTRY} -y --store docker --store containerd --store chromium"
    );
    machine.run_as("alice", ["sh", "-c", &trust]).succeeded();
    let by_program = (changes(), listed());
    assert!(by_program.0.iter().any(|line| line.contains(".config/docker/certs.d")), "{by_program:?}");
    assert!(by_program.0.iter().any(|line| line.contains(".config/containerd/certs.d")), "{by_program:?}");
    machine.run_as("alice", ["labtrust", "untrust"]).exited(3).says("Needs root");
    assert_eq!((changes(), listed()), (Vec::new(), nothing.clone()));
    for shell in SHELLS {
        let asked = by_alice(&machine, shell, "check").ends_with(1, false);
        for id in ["docker", "containerd", "chromium"] {
            assert_eq!(asked.state(id), "untrusted", "{shell}: {}", asked.said);
        }
        by_alice(&machine, shell, "").ends_with(0, true);
        assert_eq!((changes(), listed()), by_program, "{shell}");
        by_alice(&machine, shell, "").ends_with(0, false);
        by_alice(&machine, shell, "remove --dry-run").ends_with(3, false);
        by_alice(&machine, shell, "remove").ends_with(3, true);
        assert_eq!((changes(), listed()), (Vec::new(), nothing.clone()), "{shell}");
    }
}

#[test]
fn entries_of_others_in_a_database_stay() {
    let machine = machine!("client");
    with_alice(&machine);
    let certutil = |words: &str| {
        let line = format!("cd && certutil {words} -d sql:.local/share/pki/nssdb");
        machine.run_as("alice", ["sh", "-c", &line]).succeeded().stdout
    };
    // Whatever its nickname, the certificate itself decides.
    certutil("-A -n mine -t C,, -i /tmp/ca.crt");
    let done = by_alice(&machine, "sh", "");
    assert_eq!((done.state("chromium"), done.code), ("trusted", 0), "{}", done.said);
    let left = by_alice(&machine, "sh", "remove");
    assert!(left.said.contains("lists it as mine: somebody else put it there"), "{}", left.said);
    certutil("-M -n mine -t ,,");
    let untrusted = by_alice(&machine, "sh", "");
    assert!(untrusted.said.contains("without trust (,,): run the program"), "{}", untrusted.said);
    certutil("-D -n mine");
    // With a password that nobody gives, certutil leaves half an entry, which goes.
    machine.write_with_mode("/tmp/old", "644", "\n");
    machine.write_with_mode("/tmp/new", "644", "a password\n");
    certutil("-W -f /tmp/old -@ /tmp/new");
    let locked = by_alice(&machine, "busybox ash", "");
    assert_eq!(locked.state("chromium"), "failed", "{}", locked.said);
    assert!(!certutil("-L").contains("labtrust-"));
    // A policy makes the browser ignore the database.
    machine.sh("rm -r /home/alice/.local/share/pki/nssdb/*").succeeded();
    machine.run_as("alice", ["sh", "-c", HERS]).succeeded();
    machine
        .sh("mkdir -p /usr/lib/chromium; touch /usr/lib/chromium/chromium; chmod +x /usr/lib/chromium/chromium")
        .succeeded();
    let policy = "/etc/chromium/policies/recommended/corp.json";
    machine.write_with_mode(policy, "644", r#"{"CAPlatformIntegrationEnabled" : false}"#);
    let masked = by_alice(&machine, "sh", "");
    assert_eq!(masked.state("chromium"), "failed", "{}", masked.said);
    assert!(masked.said.contains(policy) && !certutil("-L").contains("labtrust-"), "{}", masked.said);
    machine.sh(&format!("rm -r {policy} /usr/lib/chromium")).succeeded();
    // Nothing is known of a database that cannot be read.
    machine.sh("echo broken >/home/alice/.local/share/pki/nssdb/cert9.db").succeeded();
    for words in ["check", "remove --dry-run", "remove"] {
        let unread = by_alice(&machine, "sh", words);
        assert_eq!(unread.state("chromium"), "failed", "{}", unread.said);
        assert!(unread.said.contains("cannot be read: certutil:"), "{}", unread.said);
    }
    // A browser that has not run yet has no database.
    machine.sh("rm -r /home/alice/.local/share/pki/nssdb/*").succeeded();
    let none = by_alice(&machine, "sh", "");
    assert!(none.code == 0 && none.said.contains("After the first start of Chromium"), "{}", none.said);
}
