//! `rollout` on a fleet: each host is recorded, and what is left is served by the next run.

mod records;

use serde_json::Value;

use crate::lab::{Fleet, HOST, Kind, Machine, Output, Pair, REGISTRY};

/// A fleet with machines of these kinds, and a CA in /root/ca.crt.
fn fleet(kinds: &[Kind]) -> Result<Fleet, String> {
    let control = Machine::new("control")?;
    control.without_hooks();
    let pair = Pair::constrained(&control, &[HOST]);
    control.write("/root/ca.crt", &pair.root);
    control.run(["update-ca-certificates"]).succeeded();
    Fleet::start(control, kinds)
}

macro_rules! fleet {
    ($kinds:expr) => {
        match fleet($kinds) {
            Ok(fleet) => fleet,
            Err(reason) => return crate::lab::skip(&reason),
        }
    };
}

fn rollout(fleet: &Fleet, words: &str) -> Output {
    fleet.control.sh(&format!(
        "cd /root && PATH=/var/cache/labtrust-fleet/venv/bin:$PATH labtrust rollout ./ca.crt --for {REGISTRY} -y \
         -i rendered/inventory --become {words} </dev/null"
    ))
}

#[track_caller]
fn says(output: &Output, texts: &[&str]) {
    let all = format!("{}{}", output.stdout, output.stderr);
    for text in texts {
        assert!(all.contains(text), "{text}: {output}");
    }
}

/// The folder of the records.
const RECORDS: &str = "/var/lib/labtrust/rollout/records";

/// The recorded host of this kind, on which the CA is trusted.
fn recorded(fleet: &Fleet, kind: Kind) -> Value {
    let record = fleet.control.sh(&format!("cat {RECORDS}/trust-*.json")).succeeded().stdout;
    let record: Value = serde_json::from_str(&record).unwrap();
    record["hosts"][&fleet.host(kind).name].clone()
}

#[test]
fn every_host_that_is_not_done_is_served_again() {
    let fleet = fleet!(&[Kind::PLAIN, Kind::FAILS, Kind::DOWN]);
    let planned = rollout(&fleet, "--dry-run");
    says(&planned, &["would be changed"]);
    let asked = rollout(&fleet, "--check");
    assert_eq!(asked.code(), 3, "{asked}");
    says(&asked, &["would be changed"]);
    assert_eq!(fleet.host(Kind::PLAIN).changes(), [""; 0]);
    assert!(!fleet.control.has(RECORDS), "a question is not recorded");

    let first = rollout(&fleet, "");
    assert_eq!(first.code(), 3, "{first}");
    says(&first, &["1 of 3 hosts trust the CA", "broken by hand", "not reached", "--retry"]);
    assert_eq!(recorded(&fleet, Kind::PLAIN)["state"], "ok");
    assert_eq!(recorded(&fleet, Kind::DOWN)["state"], "unreachable");

    fleet.host(Kind::FAILS).repair();
    let again = rollout(&fleet, "--retry");
    assert_eq!(again.code(), 3, "{again}");
    says(&again, &["2 of 3 hosts trust the CA"]);
    let served = |output: &Output, kind: Kind| {
        let name = &fleet.host(kind).name;
        output.stderr.lines().any(|line| line.contains(name.as_str()) && !line.contains("ansible:"))
    };
    assert!(!served(&again, Kind::PLAIN) && served(&again, Kind::FAILS), "{again}");

    let status = rollout(&fleet, "--status --limit '!down*'");
    assert_eq!(status.code(), 3, "the host that is down is still recorded: {status}");
    let healthy = rollout(&fleet, "--limit '!down*' --json");
    let document: Value = serde_json::from_str(&healthy.stdout).unwrap();
    assert_eq!(document["record"]["hosts"].as_object().unwrap().len(), 3, "{healthy}");

    let would = rollout(&fleet, "--remove --check --limit '!down*'");
    assert_eq!(would.code(), 1, "{would}");
    says(&would, &["0 of 2 hosts no longer have the CA", "would be changed"]);
    assert_eq!(rollout(&fleet, "--check --limit '!down*'").code(), 3, "the host that is down is recorded");
    let removed = rollout(&fleet, "--remove --limit '!down*'");
    assert_eq!(removed.code(), 0, "{removed}");
    says(&removed, &["2 of 2 hosts no longer have the CA"]);
    assert_eq!(rollout(&fleet, "--remove --check --limit '!down*'").code(), 0);
    let is_ours = |line: &String| !line.contains("update-ca-certificates") && !line.contains("root/updater");
    for kind in [Kind::PLAIN, Kind::FAILS] {
        let left: Vec<_> = fleet.host(kind).changes().into_iter().filter(is_ours).collect();
        assert_eq!(left, [""; 0], "{}", kind.name);
    }
}

#[test]
fn hosts_that_no_run_began_are_served_by_the_next() {
    let fleet = fleet!(&[Kind::FAILS, Kind::PLAIN]);
    let stopped = rollout(&fleet, "--serial 1 --max-fail-percentage 0");
    assert_eq!(stopped.code(), 3, "{stopped}");
    says(&stopped, &["not begun"]);
    assert_eq!(recorded(&fleet, Kind::PLAIN), Value::Null);
    fleet.host(Kind::FAILS).repair();
    let again = rollout(&fleet, "--retry");
    assert_eq!(again.code(), 0, "{again}");
    says(&again, &["2 of 2 hosts trust the CA"]);
    // Nothing is left: the run has no host to serve.
    assert_eq!(rollout(&fleet, "--retry").code(), 0);
    for ending in ["html", "csv", "json"] {
        fleet.control.sh(&format!("cd /root && labtrust rollout --report out.{ending}")).succeeded();
        let report = fleet.control.read(&format!("/root/out.{ending}"));
        assert!(report.contains(&fleet.host(Kind::PLAIN).name), "{ending}");
    }
    assert_eq!(fleet.control.sh("cd /root && labtrust rollout --report out.pdf").code(), 2);
}

#[test]
fn only_the_command_line_says_what_is_rolled_out() {
    let fleet = fleet!(&[Kind::PLAIN, Kind::NO_PYTHON]);
    let names: Vec<_> = fleet.hosts.iter().map(|host| host.name.as_str()).collect();
    let other = Pair::constrained(&fleet.control, &[HOST]).root;
    let variables = serde_json::json!({
        "labtrust_anchors": [{ "certificate": other }], "labtrust_state": "absent", "labtrust_endpoints": ["other"],
    });
    fleet.control.write("/root/rendered/group_vars/all.yml", variables.to_string());
    let inventory = fleet.control.read("/root/rendered/inventory");
    fleet.control.write("/root/rendered/inventory", format!("{inventory}\n[web]\n{}\n", names.join("\n")));

    let first = rollout(&fleet, &format!("--limit {}", names[0]));
    assert_eq!(first.code(), 0, "{first}");
    let certs = format!("/etc/docker/certs.d/{REGISTRY}");
    assert_eq!(fleet.hosts[0].machine.sh(&format!("ls {certs}")).succeeded().stdout.lines().count(), 1);
    // A pattern with a colon stays as it was typed, and the host that is done is left out.
    let rest = rollout(&fleet, "--limit 'all:&web' --retry");
    assert_eq!(rest.code(), 0, "{rest}");
    says(&rest, &["2 of 2 hosts trust the CA", names[1]]);
    assert!(!rest.stderr.contains(names[0]), "{rest}");

    let removed = rollout(&fleet, "--remove");
    assert_eq!(removed.code(), 0, "{removed}");
    assert!(!fleet.hosts[0].machine.has(&certs));
    // The removal undid what the other record says.
    let again = rollout(&fleet, "--retry");
    assert_eq!(again.code(), 0, "{again}");
    assert!(fleet.hosts[0].machine.has(&certs) && fleet.hosts[1].machine.has(&certs), "{again}");

    // The hosts of an inventory that cannot be read are not gone.
    fleet.control.write("/root/broken.ini", "[hosts\n");
    let broken = rollout(&fleet, "-i broken.ini");
    assert_eq!(broken.code(), 3, "{broken}");
    says(&broken, &["broken.ini"]);

    let overridden = rollout(&fleet, "-- -e labtrust_state=absent");
    assert_eq!(overridden.code(), 3, "{overridden}");
    says(&overridden, &["0 of 2 hosts trust the CA", "does not report the CA"]);
}

#[test]
fn what_is_missing_is_said_with_the_way_on() {
    let machine = machine!("control");
    let pair = Pair::constrained(&machine, &[HOST]);
    machine.write("/root/ca.crt", &pair.root);
    machine.run(["labtrust", "rollout"]).exited(2).says("labtrust rollout -i INVENTORY");
    machine.run(["labtrust", "rollout", "--report", "x.html"]).exited(3).says("nothing was rolled out");
    let none = machine.sh("labtrust rollout /root/ca.crt --for mygitlab.example.com -i hosts, -y");
    assert_eq!(none.code(), 3, "{none}");
    says(&none, &["-m venv", "ansible-core=="]);
    let wrong = machine.sh(
        "PATH=/var/cache/labtrust-fleet/venv/bin:$PATH labtrust rollout /root/ca.crt --for mygitlab.example.com -y -i /nowhere </dev/null",
    );
    assert_eq!(wrong.code(), 3, "{wrong}");
    says(&wrong, &["ansible-inventory --list -i INVENTORY"]);
    assert_eq!(
        machine
            .sh("PATH=/var/cache/labtrust-fleet/venv/bin:$PATH labtrust rollout /root/ca.crt --for mygitlab.example.com -y -i a, --retry")
            .code(),
        3
    );
}

#[test]
fn the_lines_of_the_document_reach_machines_without_ansible() {
    let fleet = fleet!(&[Kind::PLAIN, Kind::NO_PYTHON, Kind::DOWN]);
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/fleet.md")).unwrap();
    let line = document.lines().find(|line| line.starts_with("xargs")).unwrap();
    let addresses: String = (20..23).map(|last| format!("192.0.2.{last}\n")).collect();
    fleet.control.write("/root/hosts.txt", addresses);
    let render = format!("labtrust render ./ca.crt --for {REGISTRY} -y --as shell -o rendered");
    let output = fleet.control.sh(&format!("cd /root && {render} && {line}"));
    says(&output, &["192.0.2.22: exit code 255"]);
    for last in [20, 21] {
        let results = fleet.control.read(&format!("/root/192.0.2.{last}.json"));
        let document: Value = serde_json::from_str(results.lines().last().unwrap()).unwrap();
        assert_eq!((&document["code"], &document["changed"]), (&0.into(), &true.into()), "{document:#}");
    }
    // labtrust on the host takes the certificate from standard input.
    let sha256 = "openssl x509 -in ca.crt -noout -fingerprint -sha256 | sed 's/.*=//'";
    let trust = format!(
        "ssh 192.0.2.20 sudo labtrust trust - --for {REGISTRY} --store system --fingerprint $({sha256}) <ca.crt"
    );
    let output = fleet.control.sh(&format!("cd /root && {trust}"));
    assert_eq!(output.code(), 0, "{output}");
}
