//! What monitoring is told: `status --check` as its plugins answer, and metrics for Prometheus.

use crate::{
    lab::{Gitlab, HOST, Machine, Output, Pair},
    setup::json,
};

const METRICS: &str = "/var/lib/labtrust.prom";

fn check(machine: &Machine, days: i32) -> Output {
    machine.command(["labtrust", "status", "--check"]).at(days).run()
}

/// The metrics of a machine, each with its value.
fn metrics(machine: &Machine) -> Vec<(String, String)> {
    machine.run(["labtrust", "status", "--metrics", METRICS]).succeeded();
    let text = machine.read(METRICS);
    let values = text.lines().filter(|line| !line.starts_with('#'));
    let found: Vec<_> = values
        .map(|line| line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for (name, value) in &found {
        let metric = name.split('{').next().unwrap();
        assert!(text.contains(&format!("# TYPE {metric} gauge\n")), "{name}");
        assert!(value.parse::<f64>().is_ok(), "{name}: {value}");
        assert_eq!(found.iter().filter(|(other, _)| other == name).count(), 1, "{name} twice");
    }
    found
}

fn value(machine: &Machine, start: &str) -> String {
    let found = metrics(machine);
    let value = found.iter().find(|(name, _)| name.starts_with(start));
    value.unwrap_or_else(|| panic!("no {start}: {found:?}")).1.clone()
}

#[test]
fn a_healthy_server_is_ok_and_one_that_is_not_renewed_is_not() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    check(&machine, 0).exited(3).says("LABTRUST UNKNOWN - labtrust knows no CA");
    machine.run(["labtrust", "setup"]).succeeded();

    let line = check(&machine, 0).succeeded().stdout;
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.starts_with("LABTRUST OK - the certificate ends in 396 days, the CA in 3649"), "{line}");
    assert!(line.contains(" | certificate_days=396;132:;15: ca_days=3649;91:;31: untrusted=0;0"), "{line}");
    let report = json(&machine.run(["labtrust", "status", "--json"]).succeeded().stdout);
    assert_eq!(report["health"], serde_json::json!({ "level": "ok", "concerns": [] }));
    assert_eq!(value(&machine, "labtrust_level"), "0");
    assert_eq!(value(&machine, "labtrust_certificate_days_left{kind=\"leaf\""), "396");
    assert_eq!(value(&machine, &format!("labtrust_served{{endpoint=\"{HOST}:4567\"}}")), "1");
    assert_eq!(value(&machine, "labtrust_store_trusted{store=\"system\""), "1");
    assert_eq!(machine.sh(&format!("stat -c %a {METRICS}")).stdout, "644\n");

    // Only a file is replaced, and a dry run replaces none.
    let metrics = |path: &str| machine.run(["labtrust", "status", "--metrics", path]);
    metrics("/dev/null").exited(3).says("is not a regular file");
    metrics("/etc").exited(3).says("is not a regular file");
    metrics("-").succeeded().says("labtrust_level 0");
    machine.run(["labtrust", "status", "--metrics", "/root/none", "--dry-run"]).succeeded();
    assert!(!machine.has("/root/none") && !machine.has("/root/-"));

    // Something else than the file is served.
    let other = Pair::constrained(&machine, &[HOST]);
    machine.write(&format!("/root/other/{HOST}.crt"), other.chain());
    machine.write(&format!("/root/other/{HOST}.key"), &other.key);
    gitlab.change_nginx("/etc/gitlab/ssl/", "/root/other/");
    check(&machine, 0).exited(1).says(&format!("{HOST}:4567 presents another certificate"));
    machine.run(["labtrust", "status"]).exited(1).says(&format!("labtrust doctor {HOST}:4567"));
    assert_eq!(value(&machine, &format!("labtrust_served{{endpoint=\"{HOST}:4567\"}}")), "0");
    assert_eq!(value(&machine, "labtrust_concerns{code=\"not-served\""), "2");
    gitlab.change_nginx("/root/other/", "/etc/gitlab/ssl/");
    check(&machine, 0).succeeded();

    // The renewal was due on day 264, and two days more are no concern.
    check(&machine, 266).succeeded();
    check(&machine, 268).exited(1).says("LABTRUST WARNING").says("was not renewed");
    check(&machine, 385).exited(2).says("LABTRUST CRITICAL");
    check(&machine, 400).exited(2).says("expired on");
    machine.command(["labtrust", "renew", "--if-expiring"]).at(268).run().succeeded();
    check(&machine, 268).succeeded();
}

#[test]
fn the_end_of_the_ca_is_announced_wherever_somebody_looks() {
    let machine = machine!("gitlab");
    machine.run(["labtrust", "setup", HOST, "--out", "/etc/proxy"]).succeeded();
    let at = |days: i32, line: &[&str]| machine.command(line.iter().copied()).at(days).run();
    at(3200, &["labtrust", "renew", "--days", "200"]).succeeded();
    let said = at(3250, &["labtrust", "status"]).succeeded().stdout;
    assert!(!said.contains("the CA ends"), "{said}");

    // A year ahead the certificate's report says so, and status; monitoring is not alarmed yet.
    at(3300, &["labtrust", "renew", "--days", "200"])
        .succeeded()
        .says("The CA and its certificates expire on")
        .says("labtrust rotate start");
    at(3301, &["labtrust", "status"])
        .succeeded()
        .says("notice: the CA ends on")
        .says("labtrust rotate start");
    check(&machine, 3301).succeeded().says("LABTRUST OK - the CA ends on");
    at(3301, &["labtrust", "renew", "--if-expiring"]).succeeded();

    // A season ahead the daily run fails, so that its mail or its unit tells somebody.
    at(3540, &["labtrust", "renew", "--days", "90"]).succeeded();
    at(3570, &["labtrust", "renew", "--if-expiring"])
        .exited(1)
        .says("the CA ends on")
        .says("labtrust rotate start");
    at(3570, &["labtrust", "status"]).exited(1).says("warning: the CA ends on");
    check(&machine, 3570).exited(1);
    let report = json(&at(3570, &["labtrust", "status", "--json"]).exited(1).stdout);
    assert_eq!(report["health"]["level"], "warning", "{report}");
    assert_eq!(report["health"]["concerns"][0]["code"], "ca-ends", "{report}");
    check(&machine, 3625).exited(2);
}

#[test]
fn trust_that_is_gone_is_a_warning() {
    let machine = machine!("client");
    let pair = Pair::constrained(&machine, &[HOST]);
    machine.write("/root/ca.crt", &pair.root);
    let trust = ["labtrust", "trust", "/root/ca.crt", "--for", "mygitlab.example.com:4567", "--yes"];
    machine.run(trust).succeeded();
    check(&machine, 0).succeeded().says("every store of this machine trusts it");
    machine.sh("rm /usr/local/share/ca-certificates/labtrust-*.crt && update-ca-certificates").succeeded();
    check(&machine, 0).exited(1).says("a store of this machine does not trust").says("untrusted=1;0");
}
