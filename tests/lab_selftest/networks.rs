//! Proves the networks: each fault is what a client of another make says that it is.

use super::UNKNOWN_AUTHORITY;
use crate::lab::{Behaviour, Blockade, Engine, Gitlab, HOST, Machine, Names, Pair, Recipe};

/// What curl says, who is given two seconds.
fn curl(machine: &Machine, url: &str) -> crate::lab::Output {
    machine.run(["curl", "-sSv", "--insecure", "--max-time", "2", url])
}

const URL: &str = "https://mygitlab.example.com:4567/v2/";

#[test]
fn a_blockade_is_met_from_within_and_from_elsewhere() {
    let server = machine!("gitlab");
    let client = machine!("client");
    server.connect(&client, "192.0.2.20");
    server.listen(4567, Behaviour::HTTP);
    for (blockade, code, said) in [
        (Blockade::Dropped, 28, "timed out"),
        (Blockade::Refused, 7, "Connection refused"),
        (Blockade::HostUnreachable, 7, "No route to host"),
        (Blockade::NetUnreachable, 7, "Network is unreachable"),
    ] {
        server.block(blockade, &[4567]);
        for machine in [&server, &client] {
            curl(machine, URL).exited(code).says(said);
        }
        server.unblock();
        curl(&client, &URL.replace("https", "http")).succeeded();
    }
    server.block_all();
    curl(&client, URL).exited(28);
}

#[test]
fn a_server_behaves_as_told() {
    let server = machine!("gitlab");
    let client = machine!("client");
    server.connect(&client, "192.0.2.20");
    let gitlab = Gitlab::start(&server);
    let pair = Pair::by(&server, &Recipe::CURRENT);
    gitlab.serve(&pair);
    curl(&client, URL).succeeded().says("401 Unauthorized");
    // On a port that nginx has, and on one that is free.
    for (port, behaviour, code, said) in [
        (4567, Behaviour::Closes, 35, "SSL_ERROR_SYSCALL"),
        (5001, Behaviour::Closes, 35, "SSL_ERROR_SYSCALL"),
        (5002, Behaviour::Resets, 35, "Connection reset"),
        (5003, Behaviour::Silent, 28, "timed out"),
        (5004, Behaviour::HTTP, 35, "wrong version number"),
        (5005, Behaviour::SSH, 35, "wrong version number"),
    ] {
        server.listen(port, behaviour);
        for machine in [&client, &server] {
            let output = curl(machine, &format!("https://{HOST}:{port}/v2/")).exited(code);
            assert!(said.split('|').any(|said| output.stderr.contains(said)), "{behaviour:?}: {output}");
        }
    }
    for (port, behaviour, code, said) in [
        (5006, Behaviour::Closes, 52, "Empty reply|unexpected eof"),
        (5007, Behaviour::Silent, 28, "timed out"),
        (5008, Behaviour::HTTP, 0, "200 OK"),
        (5009, Behaviour::Endless, 56, "Too large response headers|Too many"),
        (5010, Behaviour::Drips, 28, "timed out"),
    ] {
        server.listen_tls(port, &pair, behaviour);
        let output = curl(&client, &format!("https://{HOST}:{port}/v2/")).exited(code);
        assert!(said.split('|').any(|said| output.stderr.contains(said)), "{behaviour:?}: {output}");
    }
    server.listen_old_tls(5011, &pair);
    curl(&client, &format!("https://{HOST}:5011/"))
        .exited(35)
        .says("TLSv1.1 (IN), TLS handshake, Certificate");
}

#[test]
fn a_name_is_not_found_in_three_ways() {
    for (names, said) in [(Names::Unknown, "no such host"), (Names::Refused, "read: connection refused")] {
        let machine = machine!("client");
        machine.forget_name(HOST, names);
        let engine = Engine::start(&machine);
        engine.login().exited(1).says(said);
    }
    let machine = machine!("client");
    machine.forget_name(HOST, Names::Silent);
    machine.run(["timeout", "2", "getent", "hosts", HOST]).exited(124);
}

#[test]
fn a_middlebox_shows_its_own_certificate_and_passes_on_what_is_said() {
    let server = machine!("gitlab");
    let client = machine!("client");
    server.connect(&client, "192.0.2.20");
    let gitlab = Gitlab::start(&server);
    let engine = Engine::start(&client);
    let (pair, other) = (Pair::by(&server, &Recipe::CURRENT), Pair::by(&server, &Recipe::CORPORATE));
    gitlab.serve(&pair);
    let trust = |pair: &Pair| {
        client.write(&format!("/etc/docker/certs.d/{}/ca.crt", crate::lab::REGISTRY), &pair.root);
    };
    trust(&pair);
    engine.login().succeeded();
    client.intercept(&other, &[443, 4567]);
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    curl(&client, URL).says("issuer: CN=Corporate Proxy CA").says("401 Unauthorized");
    curl(&server, URL).says("issuer: CN=Foreign root");
    trust(&other);
    engine.login().succeeded();
}
