//! The way to the server: host name, port, TLS.

use std::time::{Duration, Instant};

use super::{EVIDENCE, Report, ask, ask_with, serving, well};
use crate::lab::{Behaviour, Blockade, Engine, HOST, Machine, Names, Pair, REGISTRY, Recipe};

/// The time limit of an answer if a firewall drops everything.
pub(super) const DROPPED: Duration = Duration::from_secs(6);
/// The time limit of an answer on a healthy machine.
const HEALTHY: Duration = Duration::from_millis(500);
/// The time limit of an answer if a firewall drops packets to one port that the user did not name.
const ONE_DROPPED: Duration = Duration::from_secs(1);

/// The first answer within `limit`, of all in twenty seconds: other tests slow the machine down.
#[track_caller]
pub(super) fn within(limit: Duration, what: &str, machine: &Machine) -> Report {
    within_about(limit, what, REGISTRY, machine)
}

/// The same for another target than the lab's registry.
#[track_caller]
fn within_about(limit: Duration, what: &str, target: &str, machine: &Machine) -> Report {
    let line = ["labtrust", "doctor", target, "--json", "--evidence", EVIDENCE];
    let timed = || {
        let began = Instant::now();
        let output = machine.run(line);
        (Report::of(machine, &output), began.elapsed())
    };
    let end = Instant::now() + Duration::from_secs(20);
    let mut answers = std::iter::repeat_with(timed).take_while(|_| Instant::now() < end);
    let (report, took) = answers.find(|(_, took)| *took <= limit).unwrap_or_else(timed);
    println!("{what}: {:.2} s", took.as_secs_f64());
    assert!(took <= limit, "{what}: {took:?}");
    report
}

#[test]
fn a_healthy_machine_is_answered_at_once() {
    let machine = machine!("client");
    well(&machine);
    within(HEALTHY, "healthy", &machine).is_healthy();
    // Most firewalls drop packets to ports that GitLab does not use.
    machine.block(Blockade::Dropped, &[5050]);
    within(ONE_DROPPED, "healthy, and 5050 dropped", &machine).is_healthy();
}

#[test]
fn a_port_that_nobody_named_holds_no_answer() {
    let machine = machine!("client");
    well(&machine);
    for (target, port) in [(REGISTRY, 443), (HOST, 443), (HOST, 4567), (HOST, 5050)] {
        machine.block(Blockade::Dropped, &[port]);
        let what = format!("{target}, {port} dropped");
        let report = within_about(ONE_DROPPED, &what, target, &machine);
        // The token service is on GitLab's own port.
        let is_lost = report.causes().contains(&"realm-unreachable");
        assert_eq!(is_lost, port == 443, "{what}: {:#}", report.json);
        machine.unblock();
    }
}

#[test]
fn one_address_of_several_holds_no_answer() {
    let machine = machine!("client");
    well(&machine);
    machine.sh("ip address add 198.51.100.1/32 dev lo").succeeded();
    machine.sh("iptables -I INPUT -d 198.51.100.1 -j DROP").succeeded();
    let (dead, alive) = (format!("198.51.100.1 {HOST}\n"), format!("192.0.2.10 {HOST}\n"));
    for hosts in [[dead.as_str(), &alive].concat(), [alive.as_str(), &dead].concat()] {
        let began = Instant::now();
        let report = ask_knowing(&machine, &hosts);
        println!("{hosts:?}: {:.2} s", began.elapsed().as_secs_f64());
        assert_eq!(report.causes(), [""; 0], "{hosts:?}: {:#}", report.json);
    }
    // The daemon, too, connects to the address that answers.
    machine.sh(&format!("echo '{dead}' >>/etc/hosts")).succeeded();
    within(ONE_DROPPED, "one address dropped", &machine).is_healthy();
}

#[test]
fn a_name_that_cannot_be_resolved() {
    for names in [Names::Unknown, Names::Refused, Names::Silent] {
        let machine = machine!("client");
        machine.forget_name(HOST, names);
        let engine = Engine::start(&machine);
        if names == Names::Unknown {
            engine.login().exited(1).says("no such host");
        }
        within(DROPPED, &format!("{names:?}"), &machine).blames("name-not-resolved");
    }
}

#[test]
fn a_port_that_is_closed_or_behind_a_firewall() {
    let server = machine!("gitlab");
    let machine = machine!("client");
    server.connect(&machine, "192.0.2.20");
    serving(&server);
    let engine = Engine::start(&machine);
    for (blockade, code, said) in [
        (Blockade::Refused, "port-refused", "connect: connection refused"),
        (Blockade::HostUnreachable, "port-unreachable", "connect: no route to host"),
        (Blockade::NetUnreachable, "port-unreachable", "connect: network is unreachable"),
        (Blockade::Dropped, "port-timeout", "timeout|while awaiting headers|deadline exceeded"),
    ] {
        server.block(blockade, &[4567]);
        let login = engine.login().exited(1);
        assert!(said.split('|').any(|said| login.stderr.contains(said)), "{login}");
        let report = within(DROPPED, &format!("{blockade:?}"), &machine).blames(code);
        assert!(report.what().contains("while port 443 is open"), "{:#}", report.json);
        server.unblock();
    }
    server.block_all();
    let report = within(DROPPED, "everything dropped", &machine).blames("port-timeout");
    assert_eq!(report.what(), "192.0.2.10:4567 does not answer");
    // Without a port, the doctor asks all usual ports.
    let output = machine.run(["labtrust", "doctor", HOST, "--json", "--evidence", EVIDENCE]);
    let report = Report::of(&machine, &output);
    assert!(report.what().ends_with("ports 4567, 5050 are not open either"), "{:#}", report.json);
}

#[test]
fn a_port_on_which_no_tls_is_spoken() {
    let machine = machine!("client");
    let engine = Engine::start(&machine);
    for (behaviour, code, said, what) in [
        (
            Behaviour::SSH,
            "not-tls",
            "first record does not look like a TLS handshake",
            "neither TLS nor HTTP",
        ),
        (Behaviour::Silent, "tls-handshake-failed", "TLS handshake timeout", "sends nothing"),
        (Behaviour::Drips, "not-tls", "", "neither TLS nor HTTP"),
        (Behaviour::Endless, "not-tls", "", "neither TLS nor HTTP"),
        (Behaviour::Resets, "connection-closed", "connection reset by peer", "closes it"),
        (Behaviour::Closes, "connection-closed", "EOF", "closes it"),
        (
            Behaviour::HTTP,
            "not-tls",
            "server gave HTTP response to HTTPS client",
            "plain HTTP (it answers 200)",
        ),
    ] {
        machine.listen(4567, behaviour);
        if !said.is_empty() {
            engine.login().exited(1).says(said);
        }
        let report = within(DROPPED, &format!("{behaviour:?}"), &machine).blames(code);
        assert!(report.what().contains(what), "{behaviour:?}: {:#}", report.json);
    }
}

#[test]
fn a_handshake_that_fails() {
    let machine = machine!("client");
    let engine = Engine::start(&machine);
    let pair = Pair::by(&machine, &Recipe::CURRENT);
    machine.listen_old_tls(4567, &pair);
    engine.login().exited(1).says("protocol version not supported");
    let report = ask(&machine).blames("tls-handshake-failed");
    assert!(report.what().contains("neither TLS 1.2 nor TLS 1.3"), "{:#}", report.json);
}

/// Runs the doctor with another hosts file than the daemon's.
fn ask_knowing(machine: &Machine, hosts: &str) -> Report {
    let script = "printf '%s' \"$0\" >/tmp/hosts; mount --bind /tmp/hosts /etc/hosts; exec \"$@\"";
    let line = ["unshare", "--mount", "sh", "-c", script, hosts];
    let doctor = ["labtrust", "doctor", REGISTRY, "--json", "--evidence", EVIDENCE];
    Report::of(machine, &machine.run([&line[..], &doctor[..]].concat()))
}

#[test]
fn what_counts_is_how_far_the_engine_gets() {
    let machine = machine!("client");
    well(&machine);
    // The daemon can resolve the name and this program cannot; or one of two addresses drops packets.
    let report = ask_knowing(&machine, "127.0.0.1 localhost\n");
    assert_eq!(report.causes(), [""; 0], "{:#}", report.json);
    machine.sh("ip route add blackhole 198.51.100.1/32").succeeded();
    machine.sh(&format!("echo 198.51.100.1 {HOST} >>/etc/hosts")).succeeded();
    ask_with(&machine, &[]).is_healthy();
    // This program can resolve the name and the daemon cannot.
    let machine = machine!("client");
    serving(&machine);
    machine.forget_name(HOST, Names::Unknown);
    Engine::start(&machine).login().exited(1).says("no such host");
    let report = ask_knowing(&machine, &format!("192.0.2.10 {HOST}\n"));
    assert_eq!(report.causes().first(), Some(&"name-not-resolved"), "{:#}", report.json);
    assert!(report.what().contains("cannot reach"), "{:#}", report.json);
}
