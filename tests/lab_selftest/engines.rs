//! Proves the engines: each can be old or current, and takes its proxy from where its kind does.

use super::UNKNOWN_AUTHORITY;
use crate::lab::{Engine, Gitlab, HOST, Manager, Pair, Passing, Proxy, Release, Validity};

const NOBODY: &str = "HTTPS_PROXY=http://192.0.2.10:9";

fn gitlab(machine: &crate::lab::Machine) -> Pair {
    let gitlab = Gitlab::start(machine);
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    gitlab.serve(&pair);
    pair
}

#[test]
fn a_proxy_forwards_refuses_or_asks_who_it_is() {
    for (passing, code, said) in [
        (Passing::All, 1, UNKNOWN_AUTHORITY),
        (Passing::WebOnly, 1, "/v2/\": Access violation"),
        (Passing::Known, 1, "/v2/\": Proxy Authentication Required"),
        (Passing::Never("503 Service Unavailable"), 1, "/v2/\": Service Unavailable"),
    ] {
        let machine = machine!("gitlab");
        gitlab(&machine);
        let proxy = Proxy::start(&machine, passing);
        let engine = Engine::start(&machine);
        engine.defaults(&format!("export HTTPS_PROXY={}", proxy.url()));
        engine.login().exited(code).says(said);
        assert_eq!(proxy.requests()[0], "CONNECT mygitlab.example.com:4567 HTTP/1.1");
        if passing == Passing::Known {
            engine.defaults(&format!("export HTTPS_PROXY={}", proxy.url_with_user()));
            engine.login().exited(1).says(UNKNOWN_AUTHORITY);
        }
        engine.defaults(&format!("export NO_PROXY={HOST}"));
        engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    }
}

#[test]
fn an_engine_under_systemd_reads_drop_ins_and_what_its_unit_names() {
    let machine = machine!("gitlab");
    gitlab(&machine);
    let engine = Engine::start_as(&machine, Release::Installed, Manager::Systemd);
    engine.defaults(&format!("export {NOBODY}\n{NOBODY}"));
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    engine.drop_in("b.conf", &format!(r#"Environment="A=b c" {NOBODY} "NO_PROXY=other.example, {HOST}""#));
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    let shown = machine.run(["systemctl", "show", "docker", "--property=Environment"]).succeeded().stdout;
    assert_eq!(
        shown,
        format!("Environment=\"A=b c\" {NOBODY} \"NO_PROXY=other.example, {HOST}\"\n"),
        "as systemd shows it"
    );
    // A later drop-in of another folder, and an empty assignment that takes back what was before it.
    machine.write(
        "/lib/systemd/system/docker.service.d/c.conf",
        format!("[Service]\nEnvironment=\nEnvironment={NOBODY}\n"),
    );
    machine.run(["systemctl", "restart", "docker"]).succeeded().says("daemon-reload");
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    engine.restart();
    engine.login().exited(1).says("proxyconnect tcp: dial tcp 192.0.2.10:9: connect: connection refused");
    assert!(engine.get("/info").contains(r#""HttpsProxy":"http://192.0.2.10:9""#));
    machine.run(["systemctl", "is-active", "docker"]).succeeded().says("active");
    engine.stop();
    machine.run(["systemctl", "is-active", "docker"]).exited(3).says("inactive");
    machine.run(["docker", "info"]).exited(1).says("Cannot connect to the Docker daemon");
}

#[test]
fn debians_unit_reads_its_defaults_without_export() {
    let machine = machine!("gitlab");
    gitlab(&machine);
    let engine = Engine::start_as(&machine, Release::Installed, Manager::DebianSystemd);
    engine.defaults(&format!("export {NOBODY}"));
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    engine.defaults(NOBODY);
    engine.login().exited(1).says("proxyconnect tcp");
}

#[test]
fn only_a_current_engine_takes_proxies_from_its_own_settings() {
    for (release, manager) in Release::ALL.into_iter().zip([Manager::Systemd, Manager::Init]) {
        let machine = machine!("gitlab");
        let pair = gitlab(&machine);
        let before = machine.manifest();
        let engine = Engine::start_as(&machine, release, manager);
        let changes = machine.changes_since(&before);
        assert!(!changes.iter().any(|line| line.contains("bin/docker")), "{changes:?}");
        engine.login().exited(1).says(UNKNOWN_AUTHORITY);
        let proxies = |bypass: &str| {
            let (_, url) = NOBODY.split_once('=').unwrap();
            format!(r#"{{"proxies": {{"https-proxy": "{url}", "no-proxy": "{bypass}"}}}}"#)
        };
        if release == Release::Installed {
            machine.write("/etc/docker/daemon.json", proxies(""));
            machine.sh("timeout 20 dockerd").exited(1).says("match any configuration option");
            continue;
        }
        engine.settings(&proxies(""));
        engine.login().exited(1).says("proxyconnect tcp");
        engine.settings(&proxies(HOST));
        engine.login().exited(1).says(UNKNOWN_AUTHORITY);
        machine.write(&format!("/etc/docker/certs.d/{}/ca.crt", crate::lab::REGISTRY), &pair.root);
        engine.login().succeeded();
    }
}
