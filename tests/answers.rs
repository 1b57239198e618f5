//! What every path answers: one JSON document, an exit code that tells, and never more than is so.

use crate::{
    lab::{Engine, HOST, Machine, Pair, REGISTRY, Validity},
    setup::json,
    trust::fingerprint,
};

/// A root in `/root/NAME.crt` and the command that trusts it.
fn root(machine: &Machine, name: &str) -> (Pair, Vec<String>) {
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    let file = format!("/root/{name}.crt");
    machine.write(&file, &pair.root);
    let fingerprint = fingerprint(machine, &pair.root);
    let line = ["labtrust", "trust", &file, "--for", REGISTRY, "--fingerprint", &fingerprint];
    (pair, line.map(str::to_owned).to_vec())
}

fn with(line: &[String], more: &[&str]) -> Vec<String> {
    line.iter().cloned().chain(more.iter().map(ToString::to_string)).collect()
}

/// How many JSON documents there are in `text`; anything else fails the test.
fn documents(text: &str) -> usize {
    let documents = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    let documents: Result<Vec<_>, _> = documents.collect();
    documents.unwrap_or_else(|error| panic!("{error}: {text}")).len()
}

#[test]
fn a_dry_run_of_untrust_is_one_document_however_many_cas_there_are() {
    let machine = machine!("client");
    let dry = ["labtrust", "untrust", "--all", "--dry-run", "--json"];
    assert_eq!(documents(&machine.run(dry).succeeded().stdout), 1);
    for name in ["one", "two"] {
        machine.run(root(&machine, name).1).succeeded();
    }
    assert_eq!(documents(&machine.run(dry).exited(1).stdout), 1);
    assert_eq!(documents(&machine.run(["labtrust", "untrust", "--all", "--json"]).succeeded().stdout), 1);
}

#[test]
fn a_dry_run_of_untrust_is_a_plan_with_the_steps_that_people_read() {
    let machine = machine!("client");
    let (_, trust) = root(&machine, "ca");
    machine.run(trust).succeeded();
    let dry = ["labtrust", "untrust", "--dry-run"];
    let said = machine.run(dry).exited(1).stdout;
    let plan = json(&machine.run([&dry[..], &["--json"]].concat()).exited(1).stdout);
    assert_eq!(plan["would_change"], true);
    let steps: Vec<_> = plan["plan"].as_array().unwrap().iter().flat_map(texts("steps")).collect();
    assert!(steps.len() > 1 && steps.iter().all(|step| said.contains(step)), "{plan:#}\n{said}");
    machine.run(["labtrust", "untrust"]).succeeded();
    let plan = json(&machine.run([&dry[..], &["--json"]].concat()).succeeded().stdout);
    assert_eq!(plan["plan"], serde_json::json!([]), "{plan:#}");
}

#[test]
fn what_needs_root_is_a_command_and_no_note() {
    let machine = machine!("client");
    let (pair, _) = root(&machine, "ca");
    machine.ensure_user("alice");
    machine.write("/home/alice/ca.crt", &pair.root);
    let fingerprint = fingerprint(&machine, &pair.root);
    let line = ["labtrust", "trust", "/home/alice/ca.crt", "--for", REGISTRY, "--fingerprint", &fingerprint];
    let report = json(&machine.run_as("alice", [&line[..], &["--json"]].concat()).exited(3).stdout);
    let [command] = &texts("needs_root")(&report)[..] else { panic!("{report:#}") };
    assert!(command.starts_with("sudo ") && command.contains(" trust /home/alice/ca.crt "), "{command}");
    assert!(!report["notes"].to_string().contains("sudo"), "{report:#}");
}

/// The texts of the field `name`.
fn texts(name: &str) -> impl Fn(&serde_json::Value) -> Vec<String> {
    move |value| {
        let texts = value[name].as_array().into_iter().flatten();
        texts.map(|text| text.as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_dry_run_of_a_purge_names_anchors_of_other_programs() {
    let machine = machine!("client");
    let (pair, _) = root(&machine, "ca");
    machine.write("/usr/local/share/ca-certificates/by-hand.crt", &pair.root);
    let before = machine.settled();
    let purge = ["labtrust", "untrust", "/root/ca.crt", "--purge"];
    machine
        .run([&purge[..], &["--dry-run"]].concat())
        .exited(1)
        .says("remove /usr/local/share/ca-certificates/by-hand.crt");
    assert_eq!(machine.changes_since(&before), [""; 0]);
    machine.ensure_user("alice");
    machine.write("/home/alice/ca.crt", &pair.root);
    let line = ["labtrust", "untrust", "/home/alice/ca.crt", "--purge", "--json"];
    let output = machine.run_as("alice", line).exited(3);
    // Of alice's own stores it is gone.
    let stores = json(&output.stdout)["stores"].clone();
    let state = |id: &str| {
        let mut stores = stores.as_array().unwrap().iter();
        stores.find(|store| store["id"] == id).map(|store| store["state"].clone())
    };
    assert_eq!(state("system"), Some("trusted".into()), "{output}");
    assert_eq!(state("environment"), Some("untrusted".into()), "{output}");
    machine.run(purge).succeeded();
}

#[test]
fn a_restart_that_fails_does_not_hide_what_was_done() {
    let machine = machine!("client");
    let _engine = Engine::start(&machine);
    let (_, trust) = root(&machine, "ca");
    machine.sh("printf '#!/bin/sh\\nexit 1\\n' >/etc/init.d/docker").succeeded();
    let output = machine.run(with(&trust, &["--store", "system", "--restart", "--json"])).exited(3);
    assert_eq!(documents(&output.stdout), 1);
    output
        .says("in /etc/ssl/certs/ca-certificates.crt")
        .says("was not restarted")
        .says(r#""state": "failed""#);
}

#[test]
fn a_store_that_was_named_and_is_not_here_is_a_no() {
    let machine = machine!("client");
    let (_, trust) = root(&machine, "ca");
    machine.run(with(&trust, &["--store", "macos"])).exited(1).says("this is not macOS");
    let none: Vec<_> = ["system", "containers", "browsers", "java", "programs"]
        .into_iter()
        .flat_map(|group| ["--except", group])
        .collect();
    machine.run(with(&trust, &none)).exited(2);

    // Of a group that was named, one store is enough.
    machine
        .run(with(&trust, &["--store", "system", "--dry-run"]))
        .exited(1)
        .says("/usr/local/share/ca-certificates");
    machine.without_docker();
    machine.run(with(&trust, &["--store", "containers"])).exited(1).says("Docker is not installed");
    machine
        .run(with(&trust, &["--store", "containers", "--store", "system"]))
        .exited(1)
        .says("✗  docker")
        .says("✓  system");
    machine.run(["labtrust", "untrust", "--store", "system"]).succeeded().says("✓  system  removed");
}

#[test]
fn a_users_store_is_looked_at_as_that_user() {
    let machine = machine!("client");
    machine.ensure_user("alice");
    // A home whose configuration lies elsewhere, behind a link of alice's own: root follows none of those.
    let script = "mkdir -p ~/dotfiles/config/systemd/user && ln -s ~/dotfiles/config ~/.config
        touch ~/.config/systemd/user/docker.service";
    machine.run_as("alice", ["sh", "-c", script]).succeeded();
    let uid = machine.run(["id", "-u", "alice"]).succeeded().stdout.trim().to_owned();
    let as_sudo = |line: &[String]| machine.command(line.to_vec()).env("SUDO_UID", &uid).run();
    let (_, trust) = root(&machine, "ca");
    let before = machine.settled();
    as_sudo(&with(&trust, &["--dry-run"])).exited(1).says("/home/alice/.config/docker/certs.d");
    as_sudo(&trust).succeeded();
    as_sudo(&with(&trust, &["--dry-run"])).succeeded();
    as_sudo(&["labtrust".into(), "status".into()]).succeeded().says("docker  trusted");
    as_sudo(&["labtrust".into(), "untrust".into()]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}
