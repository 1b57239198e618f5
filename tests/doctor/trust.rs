//! Stores that do not trust the server's CA.

mod by_hand;
mod podman;
mod tools;
mod unreadable;

use super::{EVIDENCE, Report, ask, ask_with, serving, trusting};
use crate::{
    lab::{Engine, Gitlab, HOST, Machine, Pair, REGISTRY, Recipe},
    trust::fingerprint,
};

const CERTS_D: &str = "/etc/docker/certs.d";

/// A client whose daemon does not trust its GitLab.
fn refusing(machine: &Machine) -> (Engine<'_>, Pair) {
    machine.without_hooks();
    let engine = Engine::start(machine);
    let pair = serving(machine);
    engine.login().exited(1).says("unknown authority");
    (engine, pair)
}

fn labtrust(machine: &Machine, words: &[&str]) -> crate::lab::Output {
    machine.run([&["labtrust"], words].concat())
}

/// Fixes the findings, checks that Docker works, and undoes the fix.
#[track_caller]
fn fix_and_undo(machine: &Machine, engine: &Engine<'_>, options: &[&str]) {
    let before = machine.settled();
    engine.login().exited(1);
    labtrust(machine, &[&["doctor", REGISTRY, "--fix", "--yes"], options].concat());
    engine.login().succeeded();
    labtrust(machine, &["untrust"]);
    labtrust(machine, &["doctor", "--undo"]);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    for options in [&[][..], &["--dry-run"]] {
        labtrust(machine, &[&["doctor", "--undo"], options].concat()).succeeded();
    }
    assert_eq!(machine.changes_since(&before), [""; 0]);
    engine.login().exited(1);
}

#[test]
fn a_ca_that_nobody_trusts() {
    let machine = machine!("client");
    let (engine, pair) = refusing(&machine);
    let report = ask(&machine);
    assert_eq!(report.causes(), ["untrusted-docker"], "{:#}", report.json);
    assert_eq!(report.json["findings"][0]["explains"][0]["code"], "untrusted-system", "{:#}", report.json);
    assert_eq!(report.json["findings"][0]["fix"]["automatic"], false);
    report.blames("untrusted-docker");

    // A fingerprint that is not the root's trusts nothing.
    let wrong = fingerprint(&machine, &pair.leaf);
    let report = ask_with(&machine, &["--fingerprint", &wrong]);
    assert_eq!(report.json["findings"][0]["fix"]["automatic"], false);
    let right = fingerprint(&machine, &pair.root);
    fix_and_undo(&machine, &engine, &["--fingerprint", &right]);
    let before = machine.settled();
    labtrust(&machine, &["doctor", REGISTRY, "--fix", "--yes", "--fingerprint", &right]).succeeded();
    ask(&machine).is_healthy();
    // The report names the command that untrusts the CA.
    let undone = labtrust(&machine, &["doctor", "--undo"]).succeeded().says("nothing to undo");
    let line = undone.stdout.lines().find(|line| line.contains("labtrust untrust")).unwrap().trim();
    machine.sh(line).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_folder_by_a_name_that_docker_does_not_look_for() {
    let machine = machine!("client");
    let (engine, pair) = refusing(&machine);
    for folder in [
        HOST.to_owned(),
        format!("{HOST}_4567"),
        "MyGitLab.example.com:4567".to_owned(),
        "192.0.2.10:4567".to_owned(),
        format!("{REGISTRY}.crt"),
        format!("{HOST}:5050"),
        String::new(),
    ] {
        let file = format!("{CERTS_D}/{folder}/ca.crt");
        machine.write(&file, &pair.root);
        engine.login().exited(1).says("unknown authority");
        ask(&machine).blames("certsd-wrong-name");
        machine.run(["rm", "-r", CERTS_D]).succeeded();
    }
    machine.write(&format!("{CERTS_D}/{HOST}/ca.crt"), &pair.root);
    fix_and_undo(&machine, &engine, &[]);
}

#[test]
fn a_file_by_a_name_that_docker_does_not_read() {
    let machine = machine!("client");
    let (engine, pair) = refusing(&machine);
    for name in ["ca.CRT", "ca.cer", "ca.crt.bak", "ca.pem"] {
        let file = format!("{CERTS_D}/{REGISTRY}/{name}");
        machine.write(&file, &pair.root);
        engine.login().exited(1).says("unknown authority");
        ask(&machine).blames("certsd-wrong-extension");
        if name == "ca.pem" {
            fix_and_undo(&machine, &engine, &[]);
        }
        machine.run(["rm", &file]).succeeded();
    }
}

#[test]
fn a_file_that_docker_cannot_read() {
    let machine = machine!("client");
    let (engine, pair) = refusing(&machine);
    let file = format!("{CERTS_D}/{REGISTRY}/ca.crt");
    let with_mark = format!("\u{feff}{}", pair.root).into_bytes();
    let openssl = |options: &[&str]| {
        machine.run([&["openssl", "x509", "-in", "/root/ca.crt"], options].concat()).succeeded().bytes()
    };
    let trusted = openssl(&["-trustout", "-addtrust", "serverAuth"]);
    for contents in [Vec::new(), b"<html>".to_vec(), with_mark, trusted, openssl(&["-outform", "DER"])] {
        machine.write(&file, contents);
        engine.login().exited(1).says("unknown authority");
        ask(&machine).blames("certsd-not-pem");
    }
    fix_and_undo(&machine, &engine, &[]);
}

#[test]
fn half_a_clients_pair() {
    let machine = machine!("client");
    let (engine, pair) = refusing(&machine);
    let folder = format!("{CERTS_D}/{REGISTRY}");
    machine.write(&format!("{folder}/ca.crt"), &pair.root);
    engine.login().succeeded();
    let key = format!("{folder}/server.key");
    machine.write_with_mode(&key, "600", &pair.key);
    engine.login().exited(1).says("client certificate server.cert for key server.key");
    let report = ask(&machine);
    assert!(!report.json.to_string().contains("PRIVATE KEY"));
    assert!(!machine.read(EVIDENCE).contains("PRIVATE KEY"));
    assert_eq!(report.causes().first(), Some(&"certsd-stray-key"), "{:#}", report.json);
    machine.run(["rm", &key]).succeeded();

    // A CA with the extension of a client certificate.
    machine.run(["mv", &format!("{folder}/ca.crt"), &format!("{folder}/ca.cert")]).succeeded();
    engine.login().exited(1).says("key ca.key for client certificate ca.cert");
    ask(&machine).blames("certsd-stray-key");
    fix_and_undo(&machine, &engine, &[]);
}

#[test]
fn a_key_that_is_taken_away_is_kept_for_nobody_else() {
    let machine = machine!("client");
    let (engine, pair) = refusing(&machine);
    trusting(&machine, &pair);
    machine.write_with_mode(&format!("{CERTS_D}/{REGISTRY}/server.key"), "640", &pair.key);
    let before = machine.settled();
    engine.login().exited(1);
    let fixed = labtrust(&machine, &["doctor", REGISTRY, "--fix", "--yes", "--json"]).succeeded();
    assert!(!format!("{fixed}").contains("PRIVATE KEY"));
    engine.login().succeeded();
    let open = machine.sh("find /var/lib/labtrust -type f -perm /077 -exec grep -l 'PRIVATE KEY' {} +");
    assert_eq!(open.stdout, "");
    machine.sh("grep -rl 'PRIVATE KEY' /var/lib/labtrust | grep -q /before/").succeeded();
    labtrust(&machine, &["doctor", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn an_older_ca_of_the_same_name() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    let gitlab = Gitlab::start(&machine);
    let [old, new] = [(); 2].map(|()| Pair::by(&machine, &Recipe::NAMESAKE));
    gitlab.serve(&old);
    machine.write("/root/ca.crt", &old.root);
    trusting(&machine, &old);
    engine.login().succeeded();
    gitlab.serve(&new);
    engine.login().exited(1).says("unknown authority");
    let report = ask(&machine).blames("anchor-replaced");
    assert_eq!(report.json["findings"][0]["explains"][0]["code"], "untrusted-system", "{:#}", report.json);
    let sha256 = fingerprint(&machine, &new.root);
    let before = machine.settled();
    labtrust(&machine, &["doctor", REGISTRY, "--fix", "--yes", "--fingerprint", &sha256]).succeeded();
    engine.login().succeeded();
    labtrust(&machine, &["untrust", &sha256]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn an_engine_that_was_started_before_the_store_had_the_ca() {
    let machine = machine!("client");
    let (engine, pair) = refusing(&machine);
    machine.write("/usr/local/share/ca-certificates/by-hand.crt", &pair.root);
    machine.run(["update-ca-certificates"]).succeeded();
    engine.login().exited(1).says("unknown authority");
    let report = ask(&machine).blames("daemon-needs-restart");
    assert_eq!(report.commands()[0], "sudo /usr/sbin/service docker restart");
    fix_and_undo(&machine, &engine, &[]);
    engine.restart();
    engine.login().succeeded();
    ask(&machine).is_healthy();
}

#[test]
fn an_engine_that_looks_at_no_certificate() {
    let machine = machine!("client");
    let (engine, _) = refusing(&machine);
    for settings in [
        format!(r#"{{"insecure-registries": ["{REGISTRY}"]}}"#),
        r#"{"insecure-registries": ["192.0.2.0/24"]}"#.into(),
    ] {
        engine.settings(&settings);
        engine.login().succeeded();
        let report = ask(&machine).blames("registry-insecure");
        assert_eq!(report.json["findings"][0]["severity"], "warning");
    }
}

#[test]
fn a_name_that_leads_to_loopback_where_docker_checks_nothing() {
    let machine = machine!("gitlab");
    let (engine, _) = refusing(&machine);
    machine
        .sh("sed 's/192.0.2.10/127.0.1.1/' /etc/hosts >/tmp/hosts; cat /tmp/hosts >/etc/hosts")
        .succeeded();
    engine.restart(); // which else remembers the old address for a while
    engine.login().succeeded();
    let report = ask(&machine);
    assert!(report.causes().contains(&"registry-insecure"), "{:#}", report.json);
}

#[test]
fn a_login_that_works_and_builds_that_will_not() {
    let machine = machine!("client");
    let (engine, pair) = refusing(&machine);
    let sha256 = fingerprint(&machine, &pair.root);
    labtrust(&machine, &["trust", REGISTRY, "--fingerprint", &sha256, "--store", "docker"]).succeeded();
    engine.login().succeeded();
    let report = ask(&machine).blames("build-untrusted");
    assert_eq!(report.causes(), ["build-untrusted"], "{:#}", report.json);

    // For GitLab's own port, the finding is an error: git and curl fail.
    super::registry::on_the_web_port(&machine);
    let web = format!("{HOST}:443");
    labtrust(&machine, &["trust", &web, "--fingerprint", &sha256, "--store", "docker"]).succeeded();
    machine.run(["curl", "--silent", &format!("https://{HOST}/")]).exited(60);
    let line = ["labtrust", "doctor", HOST, "--json", "--evidence", EVIDENCE];
    let report = Report::of(&machine, &machine.run(line)).blames("untrusted-system");
    assert_eq!(report.json["findings"][0]["explains"][0]["code"], "build-untrusted", "{:#}", report.json);

    // That CA was already chosen here, so no fingerprint is needed.
    let before = machine.settled();
    labtrust(&machine, &["doctor", REGISTRY, "--fix", "--yes"]).succeeded();
    machine.run(["curl", "--silent", "--fail", &format!("https://{HOST}/")]).succeeded();
    ask(&machine).is_healthy();
    labtrust(&machine, &["untrust", "--store", "system"]).succeeded();
    let mut changes = machine.changes_since(&before);
    // The receipt still covers certs.d.
    changes.retain(|line| !line.starts_with("/var/lib/labtrust/"));
    assert_eq!(changes, [""; 0]);
}

#[test]
fn the_files_are_judged_where_the_engine_may_not_be_asked() {
    let machine = machine!("client");
    let (_engine, pair) = refusing(&machine);
    let docker = |machine: &Machine| {
        let output = machine.run_as("alice", ["labtrust", "doctor", REGISTRY, "--json"]);
        let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        let line = json["checks"].as_array().unwrap().iter().find(|check| check["id"] == "docker").cloned();
        line.unwrap()["state"].clone()
    };
    assert_eq!(docker(&machine), "failed");
    trusting(&machine, &pair);
    assert_eq!(docker(&machine), "passed");
}
