//! The parts of the report beside the causes, and evidence in files.

use super::{ask, recorded, serving, trusting};
use crate::lab::{Engine, HOST, Manager, Passing, Proxy, REGISTRY, Release};

#[test]
fn evidence_goes_into_files_and_comes_from_anywhere() {
    let machine = machine!("client");
    let doctor = |options: &[&str]| machine.run([&["labtrust", "doctor"], options].concat());
    let judged =
        |evidence: &str| machine.command(["labtrust", "doctor", "--from", "-"]).stdin(evidence).run();
    let evidence = ask(&machine).evidence;
    let said = doctor(&["--from", "/tmp/evidence.json"]);
    assert_eq!(judged(&evidence).exited(1).stdout, said.stdout);
    judged("no evidence").exited(3).says("standard input is not evidence");
    judged(&" ".repeat((8 << 20) + 1)).exited(3).says("too large to be evidence");
    doctor(&[REGISTRY, "--evidence", "-"]).exited(2).says("--evidence FILE");
    doctor(&[REGISTRY, "--evidence", "/dev/stdout"]).exited(3).says("/dev/stdout is not a regular file");
    machine.sh("test -L /dev/stdout && test ! -e ./-").succeeded();
}

#[test]
fn the_report_names_checks_that_could_not_be_made() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    let pair = serving(&machine);
    trusting(&machine, &pair);
    engine.restart();
    machine
        .run(["labtrust", "doctor", REGISTRY, "--fix"])
        .exited(0)
        .says("nothing: there is no problem to fix");
    machine.ensure_user("alice");
    machine.run(["usermod", "--append", "--groups", "docker", "alice"]).succeeded();
    machine
        .run_as("alice", ["labtrust", "doctor", REGISTRY])
        .exited(3)
        .says("lines with ! could not be checked");
}

#[test]
fn a_restart_is_part_of_the_plan_and_of_what_was_done() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start_as(&machine, Release::Installed, Manager::Systemd);
    let pair = serving(&machine);
    trusting(&machine, &pair);
    let proxy = Proxy::start(&machine, Passing::Never("503 Service Unavailable"));
    let set = format!("Environment=HTTPS_PROXY={}", proxy.url());
    engine.drop_in("proxy.conf", &set);
    let fix = |options: &[&str]| machine.run([&["labtrust", "doctor", REGISTRY, "--fix"], options].concat());
    let plan = fix(&["--restart", "--dry-run"]).exited(1).says("zz-labtrust.conf").stdout;
    assert!(plan.ends_with("restart: /usr/bin/systemctl restart docker\n"), "{plan}");
    let path = "/etc/systemd/system/docker.service.d/proxy.conf";
    machine.write(path, format!("[Service]\n{set}\nEnvironment=NO_PROXY={HOST}\n"));
    fix(&["--dry-run"]).exited(0).says("nothing would change");
    let plan = fix(&["--restart", "--dry-run"]).exited(1).stdout;
    assert_eq!(plan, "restart: /usr/bin/systemctl restart docker\n");
    fix(&[]).exited(4).says("before the restart: /usr/bin/systemctl daemon-reload");
    fix(&["--restart"]).exited(0).says("engine  done  ");
}

#[test]
fn the_command_that_mends_it_works_when_it_is_pasted() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    let pair = serving(&machine);
    let sha256 = crate::trust::fingerprint(&machine, &pair.root);
    let said = machine.run(["labtrust", "doctor", REGISTRY, "--fingerprint", &sha256]).exited(1).stdout;
    let pasted = said.lines().find_map(|line| line.strip_prefix("  fix   ")).unwrap();
    machine.sh(pasted).succeeded();
    engine.login().succeeded();
}

#[test]
fn a_terminal_that_does_not_know_its_width_is_written_to_in_whole_lines() {
    let machine = machine!("client");
    let evidence = serde_json::to_string(&recorded::evidence("docker-missing")).unwrap();
    machine.write("/tmp/evidence.json", evidence);
    let line = "stty cols 0; labtrust doctor --from /tmp/evidence.json";
    machine
        .run(["script", "--quiet", "--command", line, "/dev/null"])
        .says("Docker daemon      Docker is not installed");
}

#[test]
fn text_of_others_begins_no_line_of_its_own() {
    let machine = machine!("client");
    for code in
        ["daemon-down", "proxy-not-bypassed", "realm-unreachable", "registry-wrong-host", "untrusted-docker"]
    {
        let mut evidence = serde_json::to_value(recorded::evidence(code)).unwrap();
        forge(&mut evidence);
        let output = machine.command(["labtrust", "doctor", "--from", "-"]).stdin(evidence.to_string()).run();
        let forged = output.stdout.lines().any(|line| line.trim_start().starts_with("forged"));
        assert!(!forged, "{code}: {output}");
    }
}

/// Adds a line to every free text.
fn forge(value: &mut serde_json::Value) {
    const FREE: [&str; 9] =
        ["title", "told_by", "failed", "https_proxy", "url", "value", "location", "version", "container"];
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    serde_json::Value::String(text) if FREE.contains(&name.as_str()) => {
                        text.push_str("\nforged");
                    }
                    _ => forge(value),
                }
            }
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(forge),
        _ => {}
    }
}
