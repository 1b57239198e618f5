//! Servers that are not a registry, and token services that give no token.

use super::{EVIDENCE, Report, ask, ready, serving, trusting, well};
use crate::lab::{
    Blockade, Engine, HOST, Machine, NGINX, Pair, REGISTRY, REGISTRY_SETTINGS, Validity, again, hup,
};

/// A machine that trusts its GitLab, after `sed` edits `file` with this script.
fn edited(machine: &Machine, file: &str, script: &str) {
    trusting(machine, &serving(machine));
    machine.run(["sed", "-i", script, file]).succeeded();
    if file == NGINX {
        hup(machine);
    } else {
        again(machine, "registry");
    }
}

fn wait_until(machine: &Machine, command: &str) {
    machine
        .sh(&format!("for i in $(seq 600); do ({command}) 2>/dev/null && exit; sleep 0.02; done; exit 1"))
        .succeeded();
}

/// Waits until the answer at `url` contains `text`.
fn wait_for(machine: &Machine, url: &str, text: &str) {
    wait_until(machine, &format!("curl -s -i --max-time 5 {url} | grep -q '{text}'"));
}

/// The line of nginx's site that forwards requests to the registry.
const BACKEND: &str = "s|proxy_pass http://127.0.0.1:5000;|INSTEAD|";

fn instead_of_the_registry(machine: &Machine, line: &str) {
    edited(machine, NGINX, &BACKEND.replace("INSTEAD", line));
}

#[test]
fn a_page_that_answers_200_is_no_registry_though_docker_calls_it_a_success() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    instead_of_the_registry(&machine, "return 200 welcome;");
    wait_for(&machine, &format!("https://{REGISTRY}/v2/"), "welcome");
    engine.login().succeeded().says("Login Succeeded");
    ask(&machine).blames("not-a-registry");
}

#[test]
fn a_web_server_without_its_registry() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    instead_of_the_registry(&machine, "proxy_pass http://127.0.0.1:5001;");
    wait_for(&machine, &format!("https://{REGISTRY}/v2/"), "502");
    engine.login().exited(1).says("502");
    ask(&machine).blames("registry-backend-down");
}

#[test]
fn gitlab_itself_on_the_registrys_port() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    instead_of_the_registry(&machine, "proxy_pass http://127.0.0.1:8080;");
    wait_for(&machine, &format!("https://{REGISTRY}/v2/"), "404");
    engine.login().exited(1).says("404");
    ask(&machine).blames("registry-wrong-host");
}

#[test]
fn a_registry_on_the_other_usual_port() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    edited(&machine, NGINX, "s|listen \\*:4567|listen *:5050|");
    wait_for(&machine, &format!("https://{HOST}:5050/v2/"), "401");
    engine.login().exited(1).says("connection refused");
    ask(&machine).blames("registry-other-port");
}

#[test]
fn without_a_port_the_port_of_docker_login_is_judged() {
    let machine = machine!("client");
    let engine = well(&machine);
    let login = ["docker", "--config", "/tmp/other", "login", "--username=u", "--password=p", HOST];
    machine.run(login).exited(1);
    engine.login().succeeded();
    let line = ["labtrust", "doctor", HOST, "--json", "--evidence", EVIDENCE];
    let report = Report::of(&machine, &machine.run(line)).blames("registry-other-port");
    assert_eq!(
        report.what(),
        format!("docker login {HOST} uses port 443, but the registry is at {REGISTRY}")
    );
    machine.run(["labtrust", "doctor", HOST]).says(&format!("docker login {REGISTRY}"));
    on_the_web_port(&machine);
    let report = Report::of(&machine, &machine.run(line));
    assert!(!report.causes().contains(&"registry-other-port"), "{:#}", report.json);
    assert_eq!(report.json["target"], format!("{HOST}:443"), "{:#}", report.json);
    machine.run(["labtrust", "doctor", HOST]).says("no port was given; asked: 443, 4567, 5050");
}

/// Serves the registry on GitLab's own port too, as a reverse proxy can.
pub(super) fn on_the_web_port(machine: &Machine) {
    let script = "0,/listen \\*:443 ssl;/s||& location /v2/ { proxy_pass http://127.0.0.1:5000; }|";
    machine.run(["sed", "-i", script, NGINX]).succeeded();
    hup(machine);
    wait_for(machine, &format!("-k https://{HOST}/v2/"), "401");
}

#[test]
fn gitlab_on_the_port_and_the_registry_on_the_other() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    let script = "s|listen \\*:4567|listen *:5050|; s|listen \\*:443 ssl;|& listen *:4567 ssl;|";
    edited(&machine, NGINX, script);
    wait_for(&machine, &format!("https://{HOST}:5050/v2/"), "401");
    engine.login().exited(1).says("404");
    let report = ask(&machine);
    assert_eq!(report.causes(), ["registry-other-port"], "{:#}", report.json);
    assert_eq!(report.json["findings"][0]["explains"][0]["code"], "registry-wrong-host");
}

#[test]
fn a_token_service_to_which_the_password_would_go_in_clear() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    edited(&machine, NGINX, "s|listen \\*:443 ssl;|listen *:80; &|");
    machine.run(["sed", "-i", "s|https://mygitlab|http://mygitlab|", REGISTRY_SETTINGS]).succeeded();
    again(&machine, "registry");
    wait_for(&machine, &format!("https://{REGISTRY}/v2/"), "http://mygitlab");
    engine.login().succeeded();
    ask(&machine).blames("realm-insecure");
}

#[test]
fn a_token_service_that_does_not_exist() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    edited(&machine, REGISTRY_SETTINGS, "s|example.com/jwt|example.com:8443/jwt|");
    engine.login().exited(1).says("connection refused");
    ask(&machine).blames("realm-unreachable");
}

#[test]
fn a_token_service_of_a_gitlab_that_is_not_running() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    edited(&machine, NGINX, "s|proxy_pass http://127.0.0.1:8080;|proxy_pass http://127.0.0.1:8081;|");
    wait_for(&machine, &format!("https://{HOST}/"), "502");
    engine.login().exited(1).says("502");
    let report = ask(&machine);
    assert_eq!(report.causes(), ["realm-unreachable"], "{:#}", report.json);
}

#[test]
fn a_port_that_is_swallowed_takes_no_time_from_the_token_service() {
    let machine = machine!("client");
    machine.without_hooks();
    Engine::start(&machine);
    serving(&machine);
    // GitLab needs time to start.
    let slow = ["sed", "-i", "s|def do_GET(self):|&\\n        time.sleep(0.5)|", "/opt/gitlab/sv/realm.py"];
    machine.run(slow).succeeded();
    again(&machine, "realm");
    wait_until(&machine, &format!("curl -sik https://{HOST}/jwt/auth | grep -q application/json"));
    machine.block(Blockade::Dropped, &[5050]);
    let report = ask(&machine);
    assert_eq!(report.causes(), ["untrusted-docker"], "{:#}", report.json);
}

#[test]
fn a_slow_registry_is_found_without_its_port() {
    let machine = machine!("client");
    well(&machine);
    let without_port = || {
        let line = ["labtrust", "doctor", HOST, "--json", "--evidence", EVIDENCE];
        Report::of(&machine, &machine.run(line))
    };
    let quick = without_port();
    // nginx connects to the registry after a second.
    machine.block(Blockade::Dropped, &[1999]);
    let slow = "proxy_connect_timeout 1s; error_page 504 = @registry; proxy_pass http://127.0.0.1:1999; } \
                location @registry { proxy_pass http://127.0.0.1:5000;";
    machine.run(["sed", "-i", &BACKEND.replace("INSTEAD", slow), NGINX]).succeeded();
    hup(&machine);
    let took = format!("curl -sk -o /dev/null -w '%{{time_total}}' https://{REGISTRY}/v2/ | grep -q '^[12]'");
    wait_until(&machine, &took);
    assert_eq!(without_port().causes(), quick.causes());
}

#[test]
fn a_page_instead_of_a_token() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    edited(&machine, REGISTRY_SETTINGS, "s|/jwt/auth|/users/sign_in|");
    engine.login().exited(1).says("invalid character '<'");
    ask(&machine).blames("realm-not-json");
}

#[test]
fn a_token_service_with_a_certificate_of_another_ca() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    let other = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/etc/gitlab/other.crt", other.chain());
    machine.write_with_mode("/etc/gitlab/other.key", "600", &other.key);
    edited(&machine, REGISTRY_SETTINGS, "s|example.com/jwt|example.com:8443/jwt|");
    let site = "server { listen *:8443 ssl; ssl_certificate /etc/gitlab/other.crt; \
                ssl_certificate_key /etc/gitlab/other.key; location / { proxy_pass http://127.0.0.1:8080; } }";
    machine.run(["sed", "-i", &format!("$s|}}|{site} }}|"), NGINX]).succeeded();
    hup(&machine);
    wait_for(&machine, &format!("-k https://{HOST}:8443/jwt/auth"), "token");
    engine.login().exited(1).says("unknown authority");
    ask(&machine).blames("realm-untrusted");

    let sha256 = crate::trust::fingerprint(&machine, &other.root);
    let before = machine.settled();
    machine.run(["labtrust", "doctor", REGISTRY, "--fix", "--yes", "--fingerprint", &sha256]).succeeded();
    engine.login().succeeded();
    machine.run(["labtrust", "untrust", &sha256]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_token_service_at_an_address_is_not_blamed_on_the_host_that_was_typed() {
    let machine = machine!("client");
    let engine = ready(&machine);
    let settings = machine.read(REGISTRY_SETTINGS);
    for host in ["localhost", "192.0.2.10"] {
        machine.write(
            REGISTRY_SETTINGS,
            settings.replace("https://mygitlab.example.com/", &format!("https://{host}/")),
        );
        again(&machine, "registry");
        engine.login().exited(1).says("certificate");
        let report = ask(&machine).blames("realm-wrong-host");
        assert_eq!(report.causes(), ["realm-wrong-host"], "{:#}", report.json);
        let advice = report.json["findings"][0]["fix"]["advice"].as_str().unwrap();
        assert!(advice.contains("external_url 'https://mygitlab.example.com'"), "{advice}");
    }
}
