//! Policy files of browsers that somebody else wrote or replaced: they stay, and decide what is reported.

use super::{
    stores::{CHROMIUM, FIREFOX, rendered, script, with_browsers},
    *,
};

const MANAGED: &str = "/etc/chromium/policies/managed";

/// A machine with both browsers, and the script of a CA in the folder `one`.
fn with_script(machine: &Machine) -> Pair {
    with_browsers(machine);
    let pair = Pair::constrained(machine, &[HOST]);
    rendered(machine, &pair, HOST, "one");
    machine.run(["update-ca-certificates"]).succeeded();
    pair
}

#[track_caller]
fn both_are(run: &Run, state: &str) {
    for id in ["chromium-policy", "firefox-policy"] {
        assert_eq!(run.state(id), state, "{id}: {}", run.said);
    }
}

#[test]
fn a_policy_that_was_replaced_since_stays() {
    let machine = machine!("client");
    with_script(&machine);
    // A file that sets nothing is put back with its mode.
    machine.write_with_mode(CHROMIUM, "640", "{ }\n");
    machine.write_with_mode(FIREFOX, "600", "{}");
    let before = machine.settled();
    for shell in ["dash", "busybox ash", "yash"] {
        both_are(&script(&machine, shell, "one", "").ends_with(0, true), "trusted");
        script(&machine, shell, "one", "check").ends_with(0, false);
        // A run that was killed leaves this.
        machine.write(&format!("{CHROMIUM}.labtrust-part"), "{}");
        both_are(&script(&machine, shell, "one", "remove").ends_with(0, true), "untrusted");
        assert_eq!(machine.changes_since(&before), [""; 0], "{shell}");
    }
    script(&machine, "sh", "one", "").ends_with(0, true);
    let theirs = r#"{"policies":{"DisableTelemetry":true}}"#;
    machine.write(FIREFOX, theirs);
    machine.write("/root/corp.json", r#"{"HomepageLocation": "https://corp.example"}"#);
    machine.sh(&format!("ln -sf /root/corp.json {CHROMIUM}")).succeeded();
    for words in ["remove --dry-run", "remove", "remove"] {
        both_are(&script(&machine, "sh", "one", words), "untrusted");
        assert_eq!(machine.read(FIREFOX), theirs, "{words}");
        assert!(machine.read(CHROMIUM).contains("corp.example"), "{words}");
    }
    assert!(!machine.has("/var/lib/labtrust/script"));
}

#[test]
fn items_of_somebody_else_keep_each_byte() {
    let machine = machine!("client");
    with_script(&machine);
    script(&machine, "sh", "one", "").ends_with(0, true);
    let ours = machine.read(FIREFOX);
    let name = ours.split('"').find(|word| word.starts_with("labtrust-")).unwrap();
    script(&machine, "sh", "one", "remove").ends_with(0, true);
    // Another module: the item stands beside it, and the file keeps its owner and mode.
    let item = ours.lines().find(|line| line.contains(name)).unwrap();
    let theirs = ours.replace(item, r#"        "Corp\\names\u0041": "/opt/corp.so""#);
    machine.write_with_mode(FIREFOX, "640", &theirs);
    machine.sh(&format!("chown 1:1 {FIREFOX}")).succeeded();
    let before = machine.settled();
    script(&machine, "posh", "one", "").ends_with(0, true);
    let both = machine.read(FIREFOX);
    assert!(both.contains(r#""Corp\\names\u0041": "/opt/corp.so","#) && both.contains(name), "{both}");
    assert_eq!(machine.sh(&format!("stat -c %a:%u:%g {FIREFOX}")).succeeded().stdout.trim(), "640:1:1");
    script(&machine, "ksh93", "one", "remove").ends_with(0, true);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    // The same module under other names.
    let twice = format!("{},\n{}", item.replace(name, r"Corp\\names"), item.replace(name, r"A\u0041"));
    machine.write_with_mode(FIREFOX, "640", ours.replace(item, &twice));
    let theirs = machine.read(FIREFOX);
    both_are(&script(&machine, "mksh", "one", ""), "trusted");
    assert_eq!(machine.read(FIREFOX), theirs);
}

#[test]
fn a_policy_that_names_or_distrusts_the_certificate_is_found() {
    let machine = machine!("client");
    let pair = with_script(&machine);
    let base64: String = pair.root.lines().filter(|line| !line.starts_with("-----")).collect();
    // Firefox is gone since: its policy goes too.
    script(&machine, "sh", "one", "").ends_with(0, true);
    machine.sh("rm -r /usr/lib/firefox-esr").succeeded();
    script(&machine, "sh", "one", "remove").ends_with(0, true);
    assert!(!machine.has(FIREFOX) && !machine.has(CHROMIUM));
    // Of several files, one that is not the last names it.
    machine.write(&format!("{MANAGED}/a.json"), format!(r#"{{"CACertificates": ["{base64}"]}}"#));
    machine.write(&format!("{MANAGED}/z.json"), r#"{"CACertificates": []}"#);
    for words in ["remove --dry-run", "remove"] {
        let named = script(&machine, "sh", "one", words);
        assert_eq!(named.state("chromium-policy"), "failed", "{}", named.said);
        assert!(named.said.contains("managed/a.json names the CA"), "{}", named.said);
    }
    machine.sh(&format!("rm {MANAGED}/*.json")).succeeded();
    // A distrust in either folder beats the policy that would name the CA.
    for folder in ["managed", "recommended"] {
        let file = format!("/etc/chromium/policies/{folder}/corp.json");
        machine.write(&file, format!(r#"{{"CADistrustedCertificates": ["{base64}"]}}"#));
        let before = machine.settled();
        for words in ["check", ""] {
            let distrusted = script(&machine, "busybox ash", "one", words);
            assert_eq!(distrusted.state("chromium-policy"), "failed", "{}", distrusted.said);
            assert!(distrusted.said.contains(&file), "{}", distrusted.said);
        }
        script(&machine, "sh", "one", "remove").ends_with(0, true);
        assert_eq!(machine.changes_since(&before), [""; 0]);
        machine.sh(&format!("rm {file}")).succeeded();
    }
}
