//! Stores with more than a file: the policies of browsers, and daemons that read the system store when they start.

use super::*;

/// The policies in /etc of Chromium and Firefox, and where each is made known to be there.
pub(super) const CHROMIUM: &str = "/etc/chromium/policies/managed/labtrust.json";
pub(super) const FIREFOX: &str = "/etc/firefox/policies/policies.json";
const BROWSERS: &str = "rm -rf /etc/chromium /etc/firefox /usr/lib/firefox* /usr/lib/thunderbird
    mkdir -p /usr/lib/chromium /usr/lib/firefox-esr /usr/lib/x86_64-linux-gnu/pkcs11
    touch /usr/lib/firefox-esr/libxul.so /usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-trust.so
    touch /usr/lib/chromium/chromium; chmod +x /usr/lib/chromium/chromium";
const POLICIES: &str = "--store system --store chromium-policy --store firefox-policy";

/// A machine with both browsers.
pub(super) fn with_browsers(machine: &Machine) {
    machine.without_hooks();
    machine.without_docker();
    machine.sh(BROWSERS).succeeded();
}

/// Renders the script for `pair` and `host` into the folder `name`, and returns the words that trust it with the program.
pub(super) fn rendered(machine: &Machine, pair: &Pair, host: &str, name: &str) -> String {
    machine.write(&format!("/root/{name}.crt"), &pair.root);
    let line =
        format!("openssl x509 -in /root/{name}.crt -noout -fingerprint -sha256 | sed 's/.*=//;s/://g'");
    let sha256 = machine.sh(&line).succeeded().stdout;
    let source = format!("/root/{name}.crt --for {host}:4567 -y --fingerprint {}", sha256.trim());
    machine.sh(&format!("labtrust render {source} --as shell -o /root/{name}")).succeeded();
    source
}

pub(super) fn script(machine: &Machine, shell: &str, name: &str, words: &str) -> Run {
    Run::of(&machine.sh(&format!("{shell} /root/{name}/labtrust-trust.sh {words}")))
}

#[test]
fn the_policies_are_those_of_the_program() {
    let machine = machine!("client");
    with_browsers(&machine);
    // A CA that limits its names, and one that the policy limits.
    for pair in [Pair::constrained(&machine, &[HOST]), Pair::made(&machine, &[HOST], Validity::Current)] {
        let source = rendered(&machine, &pair, HOST, "one");
        machine.run(["update-ca-certificates"]).succeeded();
        let before = machine.settled();
        machine.sh(&format!("labtrust trust {source} {POLICIES}")).succeeded();
        let by_program = [machine.read(CHROMIUM), machine.read(FIREFOX)];
        // What the program did is nothing to do for the script, which takes it back.
        script(&machine, "mksh", "one", "").ends_with(0, false);
        machine.run(["labtrust", "untrust"]).succeeded();
        assert_eq!(machine.changes_since(&before), [""; 0]);
        script(&machine, "ksh93", "one", "check").ends_with(1, false);
        let done = script(&machine, "sh", "one", "").ends_with(0, true);
        for id in ["chromium-policy", "firefox-policy"] {
            assert_eq!(done.state(id), "trusted", "{}", done.said);
        }
        assert_eq!([machine.read(CHROMIUM), machine.read(FIREFOX)], by_program);
        script(&machine, "posh", "one", "").ends_with(0, false);
        script(&machine, "yash", "one", "check").ends_with(0, false);
        script(&machine, "busybox ash", "one", "remove").ends_with(0, true);
        assert_eq!(machine.changes_since(&before), [""; 0]);
        // The program takes back what the script did. Without a folder of a registry, it does not know the servers of the policy.
        script(&machine, "bash", "one", "").ends_with(0, true);
        if machine.read(CHROMIUM).contains("WithConstraints") {
            machine.sh("labtrust untrust --purge -y").succeeded();
            script(&machine, "dash", "one", "check").ends_with(1, false);
            script(&machine, "dash", "one", "remove");
        } else {
            machine.run(["labtrust", "untrust"]).succeeded();
        }
        assert_eq!(machine.changes_since(&before), [""; 0]);
    }
}

#[test]
fn what_somebody_else_set_is_left_to_the_program() {
    let machine = machine!("client");
    with_browsers(&machine);
    let pair = Pair::constrained(&machine, &[HOST]);
    rendered(&machine, &pair, HOST, "one");
    machine.write("/etc/chromium/policies/managed/corp.json", r#"{"CACertificates": []}"#);
    // Only one policies.json is in force: this one is, as long as there is none in /etc.
    let own = "/usr/lib/firefox-esr/distribution/policies.json";
    machine.write(own, r#"{"policies": {"DisableTelemetry": true}}"#);
    let before = machine.settled();
    for words in ["check", "", ""] {
        let other = script(&machine, "sh", "one", words);
        assert_eq!(other.state("chromium-policy"), "failed", "{}", other.said);
        assert_eq!(other.state("firefox-policy"), "failed", "{}", other.said);
        assert_eq!(other.said.matches("run the program labtrust there").count(), 6, "{}", other.said);
    }
    script(&machine, "sh", "one", "remove").ends_with(0, true);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    // Without p11-kit's module, Firefox cannot follow the system store.
    machine.sh(&format!("rm -r {own} /etc/chromium /usr/lib/*/pkcs11/p11-kit-trust.so")).succeeded();
    let missing = script(&machine, "sh", "one", "");
    assert_eq!(missing.state("firefox-policy"), "failed", "{}", missing.said);
    assert!(missing.said.contains("p11-kit-modules"), "{}", missing.said);
    assert!(!machine.has(FIREFOX));
}

#[test]
fn two_authorities_on_one_machine_keep_their_trust() {
    let machine = machine!("client");
    with_browsers(&machine);
    let one = rendered(&machine, &Pair::constrained(&machine, &[HOST]), HOST, "one");
    let pair = Pair::made(&machine, &["other.example"], Validity::Current);
    rendered(&machine, &pair, "other.example", "two");
    let third = Pair::constrained(&machine, &["third.example"]);
    rendered(&machine, &third, "third.example", "three");
    let before = machine.settled();
    let names = ["one", "two", "three"];
    for name in names {
        script(&machine, "sh", name, "").ends_with(0, true);
    }
    let all = [machine.read(CHROMIUM), machine.read(FIREFOX)];
    for name in names {
        script(&machine, "dash", name, "check").ends_with(0, false);
        script(&machine, "busybox ash", name, "").ends_with(0, false);
    }
    // Firefox's and Chromium's files are JSON with an item of each.
    let policies: Value = serde_json::from_str(&all[0]).unwrap();
    assert_eq!(policies["CACertificates"].as_array().unwrap().len(), 2, "{policies:#}");
    assert_eq!(policies["CACertificatesWithConstraints"].as_array().unwrap().len(), 1, "{policies:#}");
    let policies: Value = serde_json::from_str(&all[1]).unwrap();
    assert_eq!(policies["policies"]["SecurityDevices"]["Add"].as_object().unwrap().len(), 3, "{policies:#}");
    // The same CA for another server takes the place of its item.
    rendered(&machine, &pair, "more.example", "two");
    script(&machine, "mksh", "two", "").ends_with(0, true);
    assert!(machine.read(CHROMIUM).contains("more.example"));
    for name in ["two", "one"] {
        script(&machine, "yash", name, "remove").ends_with(0, true);
    }
    script(&machine, "sh", "three", "check").ends_with(0, false);
    script(&machine, "sh", "two", "check").ends_with(1, false);
    // The program adds its own items beside those of the script, and takes them back alone.
    machine.sh(&format!("labtrust trust {one} {POLICIES}")).succeeded();
    script(&machine, "sh", "three", "check").ends_with(0, false);
    script(&machine, "sh", "one", "check").ends_with(0, false);
    machine.sh(&format!("labtrust untrust {}", one.split(' ').next_back().unwrap())).succeeded();
    script(&machine, "sh", "three", "check").ends_with(0, false);
    script(&machine, "ksh93", "three", "remove").ends_with(0, true);
    assert!(!machine.has(CHROMIUM) && !machine.has(FIREFOX));
    // The program had taken the record over, and has nothing left to do but to forget it.
    machine.run(["labtrust", "untrust", "--all"]).succeeded();
    let left = machine.changes_since(&before).into_iter().filter(|line| !line.starts_with("/root/two/"));
    assert_eq!(left.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_policy_that_cannot_be_replaced_stays() {
    let machine = machine!("client");
    machine.without_hooks();
    let folder = "/etc/chromium/policies/managed";
    machine.sh(&format!(
        "mkdir -p /usr/lib/chromium {folder}; touch /usr/lib/chromium/chromium; chmod +x /usr/lib/chromium/chromium; mount -t tmpfs -o size=16k small {folder}"
    ))
    .succeeded();
    let render_for_another = || {
        client(&machine);
        render(&machine, "shell", "").succeeded();
    };
    render_for_another();
    run(&machine, "sh", "").ends_with(0, true);
    let file = format!("{folder}/labtrust.json");
    let before = machine.read(&file);
    machine.sh(&format!("cat /dev/zero >{folder}/filler")).code();
    render_for_another();
    let failed = run(&machine, "sh", "");
    assert_eq!(failed.state("chromium-policy"), "failed", "{}", failed.said);
    assert!(failed.said.contains("No space left on device"), "{}", failed.said);
    assert_eq!(machine.read(&file), before);
    machine.sh(&format!("rm {folder}/filler")).succeeded();
    run(&machine, "sh", "").ends_with(0, true);
    assert_ne!(machine.read(&file), before);
    run(&machine, "sh", "remove").ends_with(0, true);
    assert_eq!(machine.read(&file), before, "the other CA's item stays");
}

#[test]
fn a_daemon_that_read_the_store_before_is_named_and_restarted() {
    let machine = machine!("client");
    let _pair = client(&machine);
    render(&machine, "shell", "").succeeded();
    // It stands for CRI-O: a process of its name, and a service that starts it.
    machine
        .sh("cp /bin/sleep /usr/local/bin/crio && setsid crio 1000 >/dev/null 2>&1 </dev/null &")
        .succeeded();
    let service = "#!/bin/sh\n[ \"$*\" = 'crio restart' ] || exit 1\nkill $(pgrep -x crio)\nsetsid crio 1000 >/dev/null 2>&1 </dev/null &\nsleep 0.5\n";
    machine.write_with_mode("/usr/local/bin/service", "755", service);
    machine.sh("mv /usr/sbin/service /root/; mv /usr/local/bin/service /usr/sbin/; sleep 3").succeeded();
    for shell in ["dash", "busybox ash", "ksh93"] {
        let done = run(&machine, shell, "").ends_with(4, true);
        assert_eq!(done.state("system"), "pending", "{shell}: {}", done.said);
        assert!(done.said.contains("to be restarted: crio"), "{shell}: {}", done.said);
        run(&machine, shell, "").ends_with(4, false);
        run(&machine, shell, "check --restart").ends_with(4, false);
        machine.sh("sleep 1.1").succeeded();
        let restarted = run(&machine, shell, "--restart").ends_with(0, true);
        assert!(restarted.said.contains("restarted: crio"), "{shell}: {}", restarted.said);
        run(&machine, shell, "--restart").ends_with(0, false);
        run(&machine, shell, "remove").ends_with(0, true);
        machine.sh("sleep 3").succeeded();
    }
}
