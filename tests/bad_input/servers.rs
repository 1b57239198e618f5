//! Servers that refuse, hang, drip, flood or lie: labtrust names the fault in bounded time.

use std::time::{Duration, Instant};

use super::{
    case::{FOLDER, Limit, Row, is_whole, outcomes, refused},
    samples,
};
use crate::{
    lab::{HOST, Machine, NGINX},
    trust::fingerprint,
};

/// The bound of a handshake is ten seconds, also where a name has two addresses; the rest is for a machine that
/// is busy with other things.
const SECONDS: f64 = 18.0;

/// What each server of `servers.py` is said to do; the first listens on port 9000.
pub(crate) const SERVERS: &[(&str, &str)] = &[
    ("hang", "it did not answer in time"),
    ("drip", "it did not answer in time"),
    ("noise", "it does not speak TLS on this port"),
    ("records", "it breaks the TLS protocol"),
    ("warnings", "it breaks the TLS protocol"),
    ("http", "it does not speak TLS on this port (plain HTTP?)"),
    ("http_redirect", "it does not speak TLS on this port (plain HTTP?)"),
    ("ssh", "it does not speak TLS on this port"),
    ("close", "it closed the connection"),
    ("reset", "it closed the connection"),
    ("alert", "it refused the TLS handshake"),
    ("name_alert", "it does not know this host name"),
    ("old", "it supports neither TLS 1.2 nor TLS 1.3"),
    ("old_hello", "it supports neither TLS 1.2 nor TLS 1.3"),
    ("half", "it did not answer in time"),
    ("hundred", ""),
    ("large", "it sends more certificates than any client accepts"),
    ("good", ""),
    ("alone", ""),
    ("hostile", ""),
];

/// Where `server` listens, once they are started.
pub(crate) fn port(server: &str) -> usize {
    9000 + SERVERS.iter().position(|(name, _)| *name == server).unwrap()
}

/// Starts all of them.
pub(crate) fn start(machine: &Machine) {
    samples::make(machine);
    machine.write("/tmp/servers.py", include_str!("servers.py"));
    let script = format!(
        "cd {FOLDER} && {{ cat leaf.crt ca.crt; awk '/BEGIN/ {{ n++ }} n <= 98' 3000.pem; }} >hundred.pem
        setsid python3 /tmp/servers.py >/tmp/servers.log 2>&1 </dev/null &
        for i in $(seq 200); do grep -q ready /tmp/servers.log && exit; sleep 0.05; done; cat /tmp/servers.log; exit 1"
    );
    machine.sh(&script).succeeded();
}

#[test]
fn a_server_that_does_not_do_what_it_should_is_no_trap() {
    let machine = machine!("client");
    start(&machine);
    let wait =
        |line: &[&str], says: &str| Row::new(line.iter().copied(), 3, says).within(Limit::Wait(SECONDS));
    let mut rows = Vec::new();
    for (server, says) in SERVERS.iter().filter(|(_, says)| !says.is_empty()) {
        for verb in ["trust", "inspect"] {
            rows.push(wait(&[verb, &format!("{HOST}:{}", port(server))], says));
        }
    }
    // Nothing there, nobody there, and one of two who is not there.
    let swallowed = "ip link add hole type veth peer name bottom && ip link set hole up && ip link set bottom up
        ip address add 198.51.100.9/24 dev hole
        for host in 1 2 53; do ip neigh add 198.51.100.$host lladdr 02:00:00:00:00:01 dev hole; done
        echo nameserver 198.51.100.53 >/etc/resolv.conf
        echo 198.51.100.1 nobody.example.com >>/etc/hosts
        for host in 1 2; do echo 198.51.100.$host nobody-twice.example.com >>/etc/hosts; done
        echo 198.51.100.1 one-of-two.example.com >>/etc/hosts; echo 192.0.2.10 one-of-two.example.com >>/etc/hosts";
    machine.sh(swallowed).succeeded();
    let good = port("good");
    for (host, says) in [
        (format!("{HOST}:9999"), "connection refused: nothing listens on this port"),
        (format!("192.0.2.10:{}", port("http")), "it does not speak TLS on this port"),
        (
            "nobody.example.com".to_owned(),
            "nobody.example.com:443: 198.51.100.1:443: it did not answer in time",
        ),
        ("nobody-twice.example.com".to_owned(), "it did not answer in time"),
        ("198.51.100.1".to_owned(), "it did not answer in time"),
        (format!("nowhere.example.org:{good}"), "its name "),
        ("203.0.113.1".to_owned(), "203.0.113.1:443: there is no route to it"),
        ("[2001:db8::1]:443".to_owned(), "[2001:db8::1]:443: there is no route to it"),
    ] {
        rows.push(wait(&["trust", &host], says));
        rows.push(wait(&["inspect", &host], says));
    }
    // Good servers, and a fingerprint or a name that does not fit.
    let sample = |name: &str| fingerprint(&machine, &machine.read(&format!("{FOLDER}/{name}")));
    let (root, leaf) = (sample("ca.crt"), sample("leaf.crt"));
    let other = "0".repeat(64);
    for (server, fingerprint, says) in [
        (
            "good",
            &other,
            "sends no certificate with the fingerprint 0000|its root is CN=Good CA with SHA-256",
        ),
        ("good", &leaf, "belongs to the server's certificate (CN=mygitlab.example.com), not to the root CA"),
        ("alone", &root, "does not send its root CA"),
        ("hundred", &other, "sends no certificate with the fingerprint 0000|more"),
        ("hostile", &other, "sends no certificate with the fingerprint 0000|Good"),
    ] {
        rows.push(wait(&["trust", &format!("{HOST}:{}", port(server)), "--fingerprint", fingerprint], says));
    }
    for (host, says) in [
        ("192.0.2.10", "is for mygitlab.example.com, not for 192.0.2.10"),
        ("one-of-two.example.com", "not for one-of-two.example.com"),
    ] {
        rows.push(wait(&["trust", &format!("{host}:{good}"), "--fingerprint", &root], says));
    }
    for server in ["good", "hostile"] {
        let host = format!("{HOST}:{}", port(server));
        rows.push(wait(&["trust", &host], "is not trusted without its fingerprint|--fingerprint").for_real());
    }
    refused(&machine, "servers", 24, &rows);

    let lines: Vec<_> = ["good", "alone", "hundred", "hostile"]
        .map(|server| format!("inspect {HOST}:{}", port(server)))
        .into();
    let one = format!("inspect one-of-two.example.com:{good}");
    let lines: Vec<&str> = lines.iter().chain([&one]).map(String::as_str).collect();
    for (line, outcome) in lines.iter().zip(outcomes(&machine, &lines)) {
        assert_eq!(outcome.code, 0, "{line}: {outcome:?}");
        assert!(outcome.stdout.lines().count() < 60, "{line}: {outcome:?}");
    }
}

/// What `gitlab-ctl` says of an nginx that runs, whatever it does.
const GITLAB_CTL: &str = "#!/bin/sh
[ \"$1\" != status ] || echo 'run: nginx: (pid 9) 5s; run: log: (pid 3) 9s'
";

/// Passes on what comes to GitLab's own ports to the port that it is given.
const RELAY: &str = r#"
import socket, sys, threading

def pump(one, other):
    try:
        while block := one.recv(65536):
            other.sendall(block)
    except OSError:
        pass
    one.close()
    other.close()

def listen(port):
    server = socket.create_server(("0.0.0.0", port), backlog=64)
    while True:
        client = server.accept()[0]
        behind = socket.create_connection(("192.0.2.10", int(sys.argv[1])))
        for pair in (client, behind), (behind, client):
            threading.Thread(target=pump, args=pair, daemon=True).start()

threading.Thread(target=listen, args=(443,), daemon=True).start()
listen(4567)
"#;

/// A GitLab whose ports behave as `server` does.
fn gitlab(machine: &Machine, server: &str) {
    start(machine);
    machine.write("/etc/gitlab/gitlab.rb", include_str!("../lab/gitlab/gitlab.rb"));
    machine.write_with_mode("/opt/gitlab/bin/gitlab-ctl", "755", GITLAB_CTL);
    machine.write("/opt/gitlab/version-manifest.txt", "gitlab-ce 18.5.1\n");
    machine.write("/tmp/relay.py", RELAY);
    let relay = format!(
        "setsid python3 /tmp/relay.py {} >/tmp/relay.log 2>&1 </dev/null &
        until bash -c ': </dev/tcp/127.0.0.1/443 </dev/tcp/127.0.0.1/4567' 2>/dev/null; do sleep 0.05; done",
        port(server)
    );
    machine.sh(&relay).succeeded();
}

#[test]
fn setup_ends_and_says_so_though_nothing_serves_what_it_placed() {
    let machine = machine!("server");
    gitlab(&machine, "hang");
    let began = Instant::now();
    let says = "nothing answers TLS at mygitlab.example.com:443 yet";
    machine
        .command(["labtrust", "setup", "--yes", "--no-trust"])
        .limit(Duration::from_secs(40))
        .run()
        .exited(4)
        .says(says)
        .says("labtrust doctor mygitlab.example.com:443");
    println!("setup beside a server that hangs: {:.1} s", began.elapsed().as_secs_f64());

    // Where nginx's own configuration says that it answers, that is waited for, and then taken back.
    if is_whole() {
        for server in ["hang", "drip", "http", "close"] {
            let machine = machine!("server");
            gitlab(&machine, server);
            machine.write(NGINX, include_str!("../lab/gitlab/nginx.conf"));
            let before = machine.settled();
            let began = Instant::now();
            let setup = machine.command(["labtrust", "setup", "--yes"]).limit(Duration::from_secs(200)).run();
            println!(
                "setup, and nginx is a server that would {server}: {:.1} s",
                began.elapsed().as_secs_f64()
            );
            setup.exited(3).says("mygitlab.example.com:443: ");
            assert!(!machine.has(&format!("/etc/gitlab/ssl/{HOST}.key")));
            machine.run(["labtrust", "setup", "--undo", "--yes"]).succeeded();
            assert_eq!(machine.changes_since(&before), [""; 0]);
        }
    }
}
