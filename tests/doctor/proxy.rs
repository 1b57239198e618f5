//! Proxies of the Docker daemon: their settings, their problems, and the fixes.

mod by_hand;
mod intercepted;
mod lost;
mod places;
mod tools;

use super::{
    ask, ask_with,
    network::{DROPPED, within},
    serving, trusting,
};
use crate::lab::{Engine, HOST, Machine, Manager, Passing, Proxy, REGISTRY, Release};

/// The usual answer of a proxy for a host in the own network.
const NEVER: Passing = Passing::Never("503 Service Unavailable");

/// A machine with a daemon, a registry that it trusts, and a proxy.
struct Scene<'m> {
    machine: &'m Machine,
    engine: Engine<'m>,
    proxy: Proxy<'m>,
}

impl<'m> Scene<'m> {
    fn laid(machine: &'m Machine, release: Release, manager: Manager, passing: Passing) -> Self {
        machine.without_hooks();
        let engine = Engine::start_as(machine, release, manager);
        let pair = serving(machine);
        trusting(machine, &pair);
        Self { machine, engine, proxy: Proxy::start(machine, passing) }
    }

    /// Exports `HTTPS_PROXY` and this `NO_PROXY` for a daemon that an init script starts.
    fn exports(&self, no_proxy: &str) {
        self.engine.defaults(&format!("export HTTPS_PROXY={} NO_PROXY='{no_proxy}'", self.proxy.url()));
    }

    /// Fixes the finding, restarts the daemon, and logs in.
    #[track_caller]
    fn fix_and_log_in(&self) {
        ask_with(self.machine, &["--fix", "--restart", "--yes"]).is_healthy();
        self.engine.login().succeeded();
    }
}

#[test]
fn every_answer_of_a_proxy_is_recognised() {
    for passing in [NEVER, Passing::WebOnly, Passing::Known, Passing::Never("502 Bad Gateway")] {
        let machine = machine!("client");
        let scene = Scene::laid(&machine, Release::Installed, Manager::Init, passing);
        scene.exports("a.example");
        scene.engine.login().exited(1);
        let report = ask(&machine).blames("proxy-not-bypassed");
        assert_eq!(report.causes(), ["proxy-not-bypassed"], "{:#}", report.json);
        let what = report.json["findings"][0]["what"].as_str().unwrap();
        assert!(what.contains(&scene.proxy.url()), "{what}");
    }
}

#[test]
fn a_proxy_that_serves_is_no_fault_and_its_password_stays_in_its_place() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, Passing::Known);
    scene.engine.defaults(&format!("export HTTPS_PROXY={}", scene.proxy.url_with_user()));
    scene.engine.login().succeeded();
    let report = ask(&machine).is_healthy();
    assert!(!report.evidence.contains("secret") && report.evidence.contains("xxxxx@"), "{}", report.evidence);
    // With a finding, the password is not shown either.
    scene.engine.defaults("export HTTPS_PROXY=http://alice:secret@192.0.2.10:9");
    let report = ask(&machine).blames("proxy-unreachable");
    let said = machine.run(["labtrust", "doctor", REGISTRY]).exited(1);
    for text in [report.evidence, report.json.to_string(), said.stdout, said.stderr] {
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn a_proxy_that_is_not_there() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, NEVER);
    scene.engine.defaults("export HTTPS_PROXY=http://192.0.2.10:9");
    scene.engine.login().exited(1).says("proxyconnect tcp");
    let report = ask(&machine).blames("proxy-unreachable");
    let advice = report.json["findings"][0]["fix"]["advice"].as_str().unwrap();
    assert!(advice.contains("/etc/default/docker, line 3"), "{advice}");
    // A firewall that drops packets to the proxy: the daemon waits longer than the doctor.
    machine.sh("iptables -I OUTPUT -p tcp --dport 3999 -j DROP").succeeded();
    scene.engine.defaults("export HTTPS_PROXY=http://192.0.2.10:3999");
    within(DROPPED, "a proxy that is dropped", &machine).blames("proxy-unreachable");
    scene.engine.defaults("export HTTPS_PROXY=http://proxy.example:3128");
    ask(&machine).blames("proxy-unreachable");
}

#[test]
fn a_proxy_is_not_to_blame_for_a_host_that_is_not_there() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, Passing::All);
    scene.exports("");
    for (host, code) in
        [("nowhere.example.com:4567", "name-not-resolved"), ("192.0.2.99:4567", "port-unreachable")]
    {
        let output = machine.run(["labtrust", "doctor", host]).exited(1);
        let first = output.stdout.lines().find(|line| line.starts_with("error: "));
        assert!(!output.stdout.contains("proxy-not-bypassed"), "{output}");
        assert_eq!(first, Some(&*format!("error: {code}")), "{output}");
    }
}

#[test]
fn a_proxy_that_is_spoken_with_in_the_wrong_way() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, NEVER);
    let wrong = scene.proxy.url().replace("http://", "https://");
    scene.engine.defaults(&format!("export HTTPS_PROXY={wrong}"));
    scene.engine.login().exited(1).says("first record does not look like a TLS handshake");
    let report = ask(&machine).blames("proxy-wrong-scheme");
    let advice = report.json["findings"][0]["fix"]["advice"].as_str().unwrap();
    assert!(advice.contains(&format!("write {}", scene.proxy.url())), "{advice}");
}

#[test]
fn the_token_is_fetched_through_the_proxy_where_only_the_registrys_port_is_named() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, NEVER);
    scene.exports(&format!("{HOST}:4567"));
    scene.engine.login().exited(1).says("/jwt/auth").says("Service Unavailable");
    ask(&machine).blames("no-proxy-port-only");
    scene.fix_and_log_in();
}

#[test]
fn entries_that_are_meant_and_mean_nothing() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, NEVER);
    for (list, why) in [
        (format!("a.example {HOST}"), "only commas separate"),
        (format!(".{HOST}"), "not mygitlab.example.com itself"),
        ("192.0.2.*".into(), "contains a *"),
        ("192.0.2.0/24".into(), "does not look up"),
        (format!("https://{HOST}"), "a URL"),
    ] {
        scene.exports(&list);
        scene.engine.login().exited(1).says("Service Unavailable");
        let report = ask(&machine).blames("no-proxy-ineffective");
        let said = report.json["findings"][0]["why"].as_str().unwrap();
        assert!(said.contains(why), "{list}: {said}");
    }
    scene.fix_and_log_in();
}

#[test]
fn entries_that_mean_nothing_beside_a_proxy_that_is_not_there() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, NEVER);
    for (list, code) in
        [(format!(".{HOST}"), "no-proxy-ineffective"), (format!("{HOST}:4567"), "no-proxy-port-only")]
    {
        scene.engine.defaults(&format!("export HTTPS_PROXY=http://192.0.2.10:9 NO_PROXY='{list}'"));
        scene.engine.login().exited(1).says("proxyconnect tcp");
        let report = ask(&machine);
        assert_eq!(report.causes(), [code], "{:#}", report.json);
        let follows = &report.json["findings"][0]["explains"][0];
        assert_eq!(follows["code"], "proxy-unreachable", "{:#}", report.json);
    }
    scene.fix_and_log_in();
}

#[test]
fn settings_in_a_file_that_docker_does_not_read() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Systemd, NEVER);
    scene.engine.drop_in("proxy.conf", &format!("Environment=HTTPS_PROXY={}", scene.proxy.url()));
    ask(&machine).blames("proxy-not-bypassed");
    scene.engine.defaults(&format!("export NO_PROXY={HOST}"));
    scene.engine.login().exited(1).says("Service Unavailable");
    let report = ask(&machine).blames("proxy-config-unused");
    let why = report.json["findings"][0]["why"].as_str().unwrap();
    assert!(why.contains("/etc/default/docker, line 1"), "{why}");
    machine.sh("rm /etc/default/docker").succeeded();
    machine.write(
        "/root/.docker/config.json",
        format!(r#"{{"proxies": {{"default": {{"noProxy": "{HOST}"}}}}}}"#),
    );
    let report = ask(&machine);
    assert_eq!(report.causes(), ["proxy-config-unused"], "{:#}", report.json);
    scene.fix_and_log_in();
}

#[test]
fn a_needed_proxy_in_a_file_that_docker_does_not_read() {
    let server = machine!("gitlab");
    let pair = serving(&server);
    let proxy = Proxy::start(&server, Passing::All);
    let client = machine!("client");
    client.without_hooks();
    server.connect(&client, "192.0.2.20");
    client.write("/root/ca.crt", &pair.root);
    trusting(&client, &pair);
    // A network from which only the proxy reaches the server.
    let rule = "-p tcp -m multiport --dports 443,4567,5050 -j REJECT --reject-with tcp-reset";
    client.sh(&format!("iptables -I OUTPUT {rule}")).succeeded();
    let engine = Engine::start_as(&client, Release::Installed, Manager::Systemd);
    engine.login().exited(1).says("connection refused");
    // A proxy that does not reach the server either is not missing.
    engine.defaults("export HTTPS_PROXY=http://192.0.2.10:9");
    assert_eq!(ask(&client).causes().first(), Some(&"port-refused"));
    client.sh("rm /etc/default/docker").succeeded();
    engine.defaults(&format!("export HTTPS_PROXY={}", proxy.url()));
    let report = ask(&client);
    assert_eq!(report.causes().first(), Some(&"proxy-config-unused"), "{:#}", report.json);
    let why = report.json["findings"][0]["why"].as_str().unwrap();
    assert!(why.contains("/etc/default/docker, line 1"), "{why}");
    engine.drop_in("proxy.conf", &format!("Environment=HTTPS_PROXY={}", proxy.url()));
    engine.login().succeeded();
    assert_eq!(ask(&client).causes(), [""; 0]);
}

#[test]
fn settings_that_the_engine_has_not_read_yet() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Systemd, NEVER);
    let set = format!("Environment=HTTPS_PROXY={}", scene.proxy.url());
    scene.engine.drop_in("proxy.conf", &set);
    let path = "/etc/systemd/system/docker.service.d/proxy.conf";
    machine.write(path, format!("[Service]\n{set}\nEnvironment=NO_PROXY={HOST}\n"));
    scene.engine.login().exited(1).says("Service Unavailable");
    let report = ask(&machine).blames("proxy-needs-restart");
    assert!(
        report.json["findings"][0]["what"].as_str().unwrap().contains("proxy.conf, line 3"),
        "{:#}",
        report.json
    );
    let commands = report.commands();
    assert!(commands[0].ends_with("systemctl daemon-reload"), "{commands:?}");
    assert!(commands[1].ends_with("systemctl restart docker"), "{commands:?}");
    machine.run(["labtrust", "doctor", REGISTRY, "--fix"]).exited(4).says("systemctl restart docker");
    scene.engine.login().exited(1);
    scene.fix_and_log_in();
}
