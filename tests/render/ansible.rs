//! The collection for Ansible: on a fleet with machines of each kind, and before Ansible's own judges.

mod judges;
mod speed;

use std::collections::BTreeMap;

use super::*;
use crate::lab::{Engine, Fleet, Gitlab, Host, Kind};

/// A fleet with machines of these kinds, and the rendered collection.
fn fleet(kinds: &[Kind]) -> Result<(Fleet, Pair), String> {
    let control = Machine::new("control")?;
    let pair = client(&control);
    let fleet = Fleet::start(control, kinds)?;
    render(&fleet.control, "ansible", "").succeeded();
    Ok((fleet, pair))
}

macro_rules! fleet {
    ($kinds:expr) => {
        match fleet($kinds) {
            Ok(fleet) => fleet,
            Err(reason) => return crate::lab::skip(&reason),
        }
    };
}

/// What a run reports of each kind of machine: its state, whether something was changed, and a part of the reason.
type Row = (Kind, &'static str, bool, &'static str);

const FIRST: [Row; 12] = [
    (Kind::PLAIN, "ok", true, ""),
    (Kind::DOWN, "unreachable", false, "Connection refused"),
    (
        Kind::FULL,
        "failed",
        false,
        "system: cat: write error: No space left on device; docker: mygitlab.example.com:4567",
    ),
    (
        Kind::READ_ONLY,
        "failed",
        false,
        "docker: mygitlab.example.com:4567: mkdir: cannot create directory '/etc/docker': Read-only file system",
    ),
    (Kind::NO_PYTHON, "ok", true, ""),
    (Kind::BUSYBOX, "ok", true, ""),
    (Kind::HANGS, "failed", true, "it did not end within 3 seconds and was stopped"),
    (Kind::FAILS, "failed", true, "system: update-ca-certificates: broken by hand"),
    (
        Kind::LIES,
        "failed",
        true,
        "it succeeded, but /etc/ssl/certs/ca-certificates.crt does not hold the certificate",
    ),
    (Kind::FOREIGN, "ok", true, ""),
    (Kind::LINK, "ok", true, ""),
    (Kind::TERMINAL, "ok", true, ""),
];

#[track_caller]
fn compare(lines: &BTreeMap<String, Value>, rows: impl IntoIterator<Item = Row>) {
    let mut count = 0;
    for (kind, state, changed, why) in rows {
        let line = lines.iter().find(|(host, _)| host.starts_with(kind.name)).expect(kind.name).1;
        assert_eq!((&line["state"], &line["changed"]), (&state.into(), &changed.into()), "{line:#}");
        let said = line["why"].as_str().unwrap();
        assert!(if why.is_empty() { said.is_empty() } else { said.contains(why) }, "{line:#}");
        count += 1;
    }
    assert_eq!(lines.len(), count, "a line for each host");
}

#[test]
fn each_kind_of_machine_is_reported_and_the_others_are_done() {
    let (fleet, _pair) = fleet!(&FIRST.map(|row| row.0));
    let options = "-e labtrust_timeout=3";
    compare(&fleet.play(options), FIRST);
    for kind in [Kind::DOWN, Kind::FULL, Kind::READ_ONLY] {
        assert_eq!(fleet.host(kind).changes(), [""; 0], "{}", kind.name);
    }
    assert_eq!(fleet.host(Kind::HANGS).machine.sh("pgrep -x sleep").code(), 1, "no child is left");
    assert_eq!(fleet.host(Kind::LINK).machine.read("/root/target"), "precious\n");
    let foreign = fleet.host(Kind::FOREIGN).changes();
    assert!(foreign.iter().all(|line| !line.contains("/ca.crt")), "{foreign:#?}");

    // Nothing is left to do on the hosts that are done, and nothing changes on the others.
    compare(&fleet.play(options), FIRST.map(|(kind, state, _, why)| (kind, state, false, why)));

    // The updater is repaired: the next run heals, although no file of Docker's is missing.
    let broken = [Kind::HANGS, Kind::FAILS, Kind::LIES].map(|kind| fleet.host(kind));
    for host in broken {
        host.repair();
    }
    let healed = FIRST.map(|(kind, state, changed, why)| match (state, changed) {
        ("failed", true) => (kind, "ok", true, ""),
        _ => (kind, state, false, why),
    });
    compare(&fleet.play(options), healed);

    let lines = fleet.play("-e labtrust_state=absent");
    for host in &fleet.hosts {
        let is_ours = |line: &String| !line.contains("update") && !line.starts_with("/home/ops/.ansible");
        let left: Vec<_> = host.changes().into_iter().filter(is_ours).collect();
        assert_eq!(left, [""; 0], "{}: {:#}", host.name, lines[&host.name]);
    }
    compare(
        &lines,
        healed.map(|(kind, state, _, why)| match state {
            // Nothing was written there, so nothing is left to do.
            "failed" => (kind, "ok", false, ""),
            _ => (kind, state, state == "ok", why),
        }),
    );
}

#[test]
fn check_and_diff_show_the_change_and_make_none() {
    let (fleet, pair) = fleet!(&[Kind::PLAIN, Kind::TERMINAL]);
    let is_ours = |line: &String| {
        !["/home/ops/.ansible", "/usr/lib/chromium"].iter().any(|path| line.starts_with(path))
    };
    let changes = || fleet.hosts.iter().flat_map(Host::changes).filter(is_ours).collect::<Vec<_>>();
    let play =
        |options: &str| fleet.sh(&format!("ansible-playbook -i inventory trust.yml {options}")).succeeded();
    let body: Vec<_> = pair.root.lines().collect();

    let policy = "/etc/chromium/policies/managed/labtrust.json";
    let browser = "mkdir -p /usr/lib/chromium && cp /bin/true /usr/lib/chromium/chromium";
    fleet.host(Kind::PLAIN).machine.sh(browser).succeeded();

    let shown = play("--check --diff").says("changed=1").says(&format!("+{}", body[1]));
    let shown = shown.says(&format!("--- before: {policy}\n+++ after: {policy}\n")).says("+labtrust-");
    assert_eq!(shown.stdout.matches("changed=1").count(), 2, "{shown}");
    assert_eq!(changes(), [""; 0]);
    play("").says("changed=1");
    assert!(!changes().is_empty());
    let quiet = play("--check --diff").says("changed=0");
    assert!(!quiet.stdout.contains(body[1]), "{quiet}");

    let removed =
        play("--check --diff -e labtrust_state=absent").says("changed=1").says(&format!("-{}", body[1]));
    let removed = removed.says("-labtrust-");
    assert!(!removed.stdout.contains("changed=0"), "{removed}");
    play("--check").says("changed=0");
    play("-e labtrust_state=absent").says("changed=1");
    assert_eq!(changes(), [""; 0]);
    play("--check -e labtrust_state=absent").says("changed=0");
}

#[test]
fn a_rotation_is_a_change_of_variables_and_no_pull_fails() {
    let (fleet, old) = fleet!(&[Kind::PLAIN, Kind::NO_PYTHON, Kind::TERMINAL]);
    let new = Pair::constrained(&fleet.control, &[HOST]);
    let gitlab = Gitlab::start(&fleet.control);
    gitlab.serve(&old);
    let engines: Vec<_> = fleet.hosts.iter().map(|host| Engine::start(&host.machine)).collect();
    engines[0].pull().says("x509");
    let play = |anchors: Value| {
        let variables = serde_json::json!({ "labtrust_anchors": anchors }).to_string();
        fleet.control.write("/root/rendered/step.json", variables);
        let lines = fleet.play("-e @step.json");
        assert!(lines.values().all(|line| line["state"] == "ok" && line["changed"] == true), "{lines:#?}");
    };
    let pulls = || {
        for engine in &engines {
            engine.login().succeeded();
            engine.pull().says("not found");
        }
    };
    let one = |pair: &Pair| serde_json::json!({ "certificate": pair.root });
    play(serde_json::json!([one(&old)]));
    pulls();
    play(serde_json::json!([one(&old), one(&new)]));
    pulls();
    gitlab.serve(&new);
    pulls();
    play(serde_json::json!([one(&new), { "certificate": old.root, "state": "absent" }]));
    pulls();
    gitlab.serve(&old);
    engines[0].pull().says("x509");
}
