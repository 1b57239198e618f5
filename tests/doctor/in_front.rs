//! Answers of what stands in front of a registry: each demand has a name of its own.

use super::{ask, ask_with, ready, serving, trusting};
use crate::lab::{Engine, HOST, Machine, Manager, NGINX, Pair, REGISTRY, Recipe, Release, Validity, hup};

/// The line of nginx's site that forwards requests to the registry.
const BACKEND: &str = "proxy_pass http://127.0.0.1:5000;";

/// Puts `line` in place of the registry, in `settings` as they were.
fn in_front(machine: &Machine, settings: &str, line: &str) {
    assert!(settings.contains(BACKEND), "{settings}");
    machine.write(NGINX, settings.replace(BACKEND, line));
    hup(machine);
}

#[test]
fn each_demand_in_front_of_the_registry_has_a_name() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start_as(&machine, Release::Current, Manager::Init);
    trusting(&machine, &serving(&machine));
    let settings = machine.read(NGINX);
    machine.write("/etc/gitlab/passwords", "someone:{PLAIN}else\n");
    let itself = format!("return 301 https://{REGISTRY}$request_uri;");
    for (line, code, what, says) in [
        ("deny all;", "access-forbidden", "answers 403: a rule refuses", "403 Forbidden"),
        (
            "add_header Retry-After 60 always; return 429;",
            "rate-limited",
            "retry after 60",
            "429 Too Many Requests",
        ),
        (
            "auth_basic corp; auth_basic_user_file /etc/gitlab/passwords; proxy_pass http://127.0.0.1:5000;",
            "password-in-front",
            "(Basic realm=\"corp\")",
            "401 Unauthorized",
        ),
        (&itself, "redirect-loop", "redirects to itself", "stopped after 10 redirects"),
        (
            "return 302 https://sso.example.com/login?rd=x;",
            "registry-redirected",
            "redirects to https://sso.example.com/login",
            "sso.example.com",
        ),
        (
            "return 400 'The plain HTTP request was sent to HTTPS port <title>The plain HTTP request was sent to HTTPS port</title>';",
            "registry-backend-down",
            "expects HTTPS, and gets plain HTTP",
            "400 Bad Request",
        ),
        ("return 404;", "registry-wrong-host", "another site", "404 Not Found"),
        ("return 400;", "not-a-registry", "is not a registry", "400 Bad Request"),
    ] {
        in_front(&machine, &settings, line);
        engine.login().exited(1).says(says);
        let report = ask(&machine);
        assert!(report.what().contains(what), "{code}: {}", report.what());
        assert_eq!(report.causes(), [code], "{:#}", report.json);
        let lines = report.json["checks"].as_array().unwrap();
        let failed = lines.iter().filter(|line| line["state"] == "failed").count();
        assert_eq!(failed, 1, "{code}: {lines:#?}");
        if !["registry-backend-down", "registry-wrong-host", "not-a-registry"].contains(&code) {
            report.blames(code);
        }
    }
}

#[test]
fn each_demand_in_front_of_the_token_service_has_a_name() {
    let machine = machine!("client");
    let engine = ready(&machine);
    let settings = machine.read(NGINX);
    let web = "proxy_pass http://127.0.0.1:8080;";
    assert!(settings.contains(web), "{settings}");
    for (line, code) in [
        ("deny all;", "access-forbidden"),
        ("return 429;", "rate-limited"),
        ("return 302 https://sso.example.com/;", "realm-not-json"),
    ] {
        machine.write(NGINX, settings.replace(web, line));
        hup(&machine);
        engine.login().exited(1);
        let report = ask(&machine);
        assert_eq!(report.causes(), [code], "{:#}", report.json);
        assert!(report.what().contains("/jwt/auth"), "{}", report.what());
    }
}

#[test]
fn a_web_server_that_wants_a_client_certificate() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    let pair = serving(&machine);
    trusting(&machine, &pair);
    let clients = Pair::by(&machine, &Recipe::NO_SERVER_AUTH);
    machine.write("/etc/gitlab/clients.crt", &clients.root);
    let settings = machine.read(NGINX);
    let wanted = "listen *:4567 ssl; ssl_verify_client on; ssl_client_certificate /etc/gitlab/clients.crt;";
    machine.write(NGINX, settings.replace("listen *:4567 ssl;", wanted));
    hup(&machine);
    engine.login().exited(1).says("400 Bad Request");
    let report = ask(&machine).blames("client-certificate-wanted");
    assert_eq!(report.causes(), ["client-certificate-wanted"], "{:#}", report.json);
    // The advice, followed.
    let folder = format!("/etc/docker/certs.d/{REGISTRY}");
    machine.write(&format!("{folder}/client.cert"), &clients.leaf);
    machine.write(&format!("{folder}/client.key"), &clients.key);
    engine.login().succeeded().says("Login Succeeded");
    ask(&machine).is_healthy();
}

#[test]
fn a_server_that_breaks_off_tls_with_clients_without_a_certificate() {
    for version in ["-tls1_2", "-tls1_3"] {
        let machine = machine!("client");
        machine.without_hooks();
        let engine = Engine::start_as(&machine, Release::Current, Manager::Init);
        let pair = Pair::made(&machine, &[HOST], Validity::Current);
        machine.write(&format!("/etc/docker/certs.d/{REGISTRY}/ca.crt"), &pair.root);
        machine.write("/usr/local/share/ca-certificates/lab.crt", &pair.root);
        machine.run(["update-ca-certificates"]).succeeded();
        machine.listen_for_certified(4567, &pair, version);
        engine.login().exited(1).says(if version == "-tls1_2" { "tls: " } else { "certificate required" });
        let report = ask_with(&machine, &[]);
        assert_eq!(report.causes(), ["client-certificate-wanted"], "{version}: {:#}", report.json);
    }
}

#[test]
fn a_server_that_knows_no_site_of_that_name() {
    let machine = machine!("client");
    let engine = ready(&machine);
    let settings = machine.read(NGINX);
    let (before, registry) = settings.rsplit_once("server {").unwrap();
    let rejecting = "server { listen *:4567 ssl default_server; ssl_reject_handshake on; }";
    let registry = registry.replace("server_name mygitlab.example.com;", "server_name registry.example.com;");
    machine.write(NGINX, format!("{before}{rejecting}\n    server {{{registry}"));
    hup(&machine);
    engine.login().exited(1).says("unrecognized name");
    let report = ask(&machine).blames("tls-name-unknown");
    assert_eq!(report.causes(), ["tls-name-unknown"], "{:#}", report.json);
    let by_address = machine.run(["labtrust", "doctor", "192.0.2.10:4567"]).exited(1);
    by_address.says("tls-name-unknown").says("log in with the name");
}
