//! The records and the exit code, with a program in the place of Ansible that says what a test wants.

use super::*;

/// The program: it waits if it is told to, and prints a file for each run.
const PROGRAM: &str = "#!/bin/sh
for word; do [ -f \"$word\" ] && echo \"$word\" >>/tmp/seen; done
[ -z \"$PAUSE\" ] || sleep \"$PAUSE\"
cat \"/tmp/${LINES_OF:-lines}\"
[ -z \"$AFTER\" ] || sleep \"$AFTER\"
[ \"$END\" != killed ] || kill -9 $$
exit ${END:-0}
";

/// A machine with a CA in /root/ca.crt and the program.
fn control(machine: &Machine) -> String {
    machine.write("/root/ca.crt", &Pair::constrained(machine, &[HOST]).root);
    machine.sh("mkdir -p /root/bin && chmod 755 /root").succeeded();
    machine.write_with_mode("/root/bin/ansible-playbook", "755", PROGRAM);
    machine
        .sh("openssl x509 -in /root/ca.crt -outform DER | sha256sum | cut -c 1-64")
        .succeeded()
        .stdout
        .trim()
        .into()
}

/// The line of a `host` on which the CA `sha256` has the `state`.
fn line(host: &str, code: u8, sha256: &str, state: &str) -> String {
    let stores = serde_json::json!([{ "id": "system", "state": state, "changed": true, "detail": "" }]);
    let anchors = serde_json::json!([{ "sha256": sha256, "stores": stores }]);
    let line = serde_json::json!({ "host": host, "state": "ok", "changed": false, "code": code, "anchors": anchors });
    format!("{line}\n")
}

fn run(machine: &Machine, before: &str, words: &str) -> Output {
    machine.sh(&format!(
        "{before} PATH=/root/bin:$PATH labtrust rollout /root/ca.crt -y -i hosts {words} </dev/null"
    ))
}

/// The names of the recorded hosts, by the file of each record.
fn records(machine: &Machine) -> Vec<(String, Value)> {
    let names = machine.sh(&format!("ls {RECORDS}")).stdout;
    let read = |name: &str| serde_json::from_str(&machine.read(&format!("{RECORDS}/{name}"))).unwrap();
    names.lines().map(|name| (name.to_owned(), read(name))).collect()
}

const HOSTS: &str = "{\"hosts\": [\"a\", \"b\"]}\n";

#[test]
fn the_exit_code_is_0_only_if_every_host_is_done() {
    let machine = machine!("control");
    let sha256 = control(&machine);
    let done = |host| line(host, 0, &sha256, "trusted");
    let other = "90e83ace4e5beff801f76fde59c7584aca54d4b767b2f654ccefb4db761a3925";
    for (lines, end, code, said) in [
        (done("a") + &done("b"), "", 0, "2 of 2 hosts"),
        // A name that comes twice is one host.
        (done("a") + &done("b") + &done("a"), "", 0, "2 of 2 hosts"),
        // The record says that both are done, and this run did not ask them.
        (String::new(), "", 3, "before 2 hosts had ended"),
        (done("a"), "END=250", 3, "exit code 250; 1 host had not ended"),
        (done("a") + &done("b"), "END=1", 3, "exit code 1"),
        (done("a"), "END=killed", 3, "a signal ended Ansible"),
        (done("a") + &line("b", 1, &sha256, "untrusted"), "", 3, "not done"),
        (done("a") + &line("b", 0, other, "trusted"), "", 3, "does not report the CA"),
        (done("a") + &line("b", 0, &sha256, "untrusted"), "", 3, "does not report the CA"),
        (done("a") + &line("b", 4, &sha256, "pending"), "", 4, "2 of 2 hosts"),
    ] {
        machine.write("/tmp/lines", format!("{HOSTS}{lines}"));
        let output = run(&machine, end, "--for mygitlab.example.com:4567");
        assert_eq!(output.code(), code, "{output}");
        says(&output, &[said]);
    }
    let document = run(&machine, "", "--for mygitlab.example.com:4567 --json");
    let document: Value = serde_json::from_str(&document.stdout).unwrap();
    assert_eq!(document["record"]["cas"][0]["endpoints"], serde_json::json!(["mygitlab.example.com:4567"]));
    for words in ["-- -C", "-- --limit=a", "-- -vi x"] {
        let refused = run(&machine, "", words);
        assert_eq!(refused.code(), 2, "{refused}");
        says(&refused, &["write it before --"]);
    }
    assert!(!machine.has("/var/lib/labtrust/rollout/runs"), "the folders of the runs are gone");
}

#[test]
fn each_action_with_its_cas_and_endpoints_has_its_record() {
    let machine = machine!("control");
    let sha256 = control(&machine);
    let done = |host| line(host, 0, &sha256, "trusted");
    machine.write("/tmp/lines", format!("{HOSTS}{}{}", done("a"), done("b")));
    assert_eq!(run(&machine, "", "--for mygitlab.example.com:4567").code(), 0);
    let before = records(&machine);
    let other = run(&machine, "", "--for mygitlab.example.com:5000 --retry");
    assert_eq!(other.code(), 3, "{other}");
    says(&other, &["no rollout of these CAs for these endpoints"]);
    assert_eq!(run(&machine, "", "--for mygitlab.example.com:5000 --status").code(), 0);
    assert_eq!(run(&machine, "", "--for mygitlab.example.com:5000 --check").code(), 0);
    assert_eq!(records(&machine), before, "a question makes no record");

    // What a question learns of a recorded host is recorded; a host that is not recorded stays out.
    let asked = line("a", 1, &sha256, "untrusted") + &done("c");
    machine.write("/tmp/lines", format!("{{\"hosts\": [\"a\", \"c\"]}}\n{asked}"));
    let status = run(&machine, "", "--for mygitlab.example.com:4567 --status");
    assert_eq!(status.code(), 1, "{status}");
    let after = records(&machine);
    let hosts = after[0].1["hosts"].as_object().unwrap();
    assert_eq!((after.len(), hosts.len(), &hosts["a"]["code"]), (1, 2, &1.into()), "{after:#?}");

    machine.write("/tmp/lines", format!("{{\"hosts\": [\"b\"]}}\n{}", line("b", 0, &sha256, "untrusted")));
    assert_eq!(run(&machine, "", "--for mygitlab.example.com:5000 --remove").code(), 0);
    let after = records(&machine);
    assert_eq!(after.len(), 2);
    let trusted = after.iter().find(|(name, _)| name.starts_with("trust-")).unwrap();
    assert_eq!(trusted.1["hosts"]["b"], Value::Null, "it no longer trusts the CA");
    machine.sh("labtrust rollout --report /root/last.json").succeeded();
    assert!(machine.read("/root/last.json").contains("\"remove\""));
}

#[test]
fn hosts_that_the_inventory_no_longer_names_are_kept_and_not_counted() {
    let machine = machine!("control");
    let sha256 = control(&machine);
    let rolled = |hosts: &[(&str, u8)], words: &str| {
        let names: Vec<_> = hosts.iter().map(|(host, _)| *host).collect();
        let state = |code: &u8| if *code == 0 { "trusted" } else { "failed" };
        let lines: String =
            hosts.iter().map(|(host, code)| line(host, *code, &sha256, state(code))).collect();
        machine.write("/tmp/lines", format!("{}\n{lines}", serde_json::json!({ "hosts": names })));
        run(&machine, "", &format!("--for {HOST} {words}"))
    };
    assert_eq!(rolled(&[("a", 0), ("b", 3)], "").code(), 3);
    // Another inventory: the host that failed there is not left of this one.
    let other = rolled(&[("a", 0), ("c", 0)], "");
    assert_eq!(other.code(), 0, "{other}");
    says(&other, &["2 of 2 hosts", "no longer in the inventory, and not counted: b"]);
    let record = records(&machine).remove(0).1;
    assert_eq!(
        (&record["hosts"]["b"], &record["gone"]["b"]["code"]),
        (&Value::Null, &3.into()),
        "{record:#}"
    );
    let quiet = rolled(&[("a", 0)], "--limit a -q");
    assert!(!quiet.stderr.contains("no longer"), "{quiet}");
    // A run that names it again counts it again, also where it does not come to it.
    machine.write("/tmp/lines", "{\"hosts\": [\"b\"]}\n");
    assert_eq!(run(&machine, "", &format!("--for {HOST} --retry")).code(), 3);
    let record = records(&machine).remove(0).1;
    assert_eq!((&record["hosts"]["b"]["code"], &record["gone"]), (&3.into(), &Value::Null), "{record:#}");
}

#[test]
fn two_rollouts_at_once_lose_no_host() {
    let machine = machine!("control");
    let sha256 = control(&machine);
    for host in ["a", "b"] {
        let lines = format!("{{\"hosts\": [\"{host}\"]}}\n{}", line(host, 0, &sha256, "trusted"));
        machine.write(&format!("/tmp/{host}"), lines);
    }
    let one = |host: &str, pause: &str| {
        format!(
            "LINES_OF={host} {pause} PATH=/root/bin:$PATH labtrust rollout /root/ca.crt -y -i hosts --limit {host}"
        )
    };
    let both = format!("{} & {}; wait", one("a", "PAUSE=2"), one("b", "PAUSE=1 AFTER=2"));
    machine.sh(&both).succeeded();
    let recorded_hosts = |machine: &Machine| records(machine)[0].1["hosts"].clone();
    assert_eq!(recorded_hosts(&machine).as_object().unwrap().len(), 2);
    let mut seen: Vec<_> = machine.read("/tmp/seen").lines().map(str::to_owned).collect();
    seen.dedup();
    assert_eq!(seen.len(), 2, "a playbook each: {seen:?}");

    // A run that is interrupted has recorded its hosts. The next one removes its folder.
    let lines = format!("{{\"hosts\": [\"c\", \"d\"]}}\n{}", line("c", 0, &sha256, "trusted"));
    machine.write("/tmp/c", lines);
    machine.write("/tmp/run", one("c", "AFTER=5"));
    machine.sh("timeout -s INT 2 sh /tmp/run").code();
    assert!(machine.has("/var/lib/labtrust/rollout/runs"));
    let hosts = recorded_hosts(&machine);
    assert_eq!((&hosts["c"]["state"], &hosts["d"]), (&"ok".into(), &Value::Null), "{hosts:#?}");
    machine.sh(&one("b", "")).exited(3).says("d").says("not begun");
    assert!(!machine.has("/var/lib/labtrust/rollout/runs"));
}

#[test]
fn a_user_without_root_rolls_out_too() {
    let machine = machine!("control");
    let sha256 = control(&machine);
    machine.write(
        "/tmp/lines",
        format!("{HOSTS}{}{}", line("a", 0, &sha256, "trusted"), line("b", 0, &sha256, "trusted")),
    );
    machine
        .sh("useradd --create-home ops && cp /root/ca.crt /home/ops && chmod 666 /tmp/lines /home/ops/ca.crt")
        .succeeded();
    let line = "PATH=/root/bin:$PATH labtrust rollout /home/ops/ca.crt -y -i hosts --retry";
    let output = machine.sh(&format!("su ops -c '{line}; {} </dev/null'", line.replace("--retry", "")));
    assert_eq!(output.code(), 0, "{output}");
    says(&output, &["2 of 2 hosts trust the CA"]);
    assert!(!machine.has("/var/lib/labtrust"));
}
