//! Settings that do not arrive as they are written, and fixes that change nothing.

use super::{NEVER, Scene, ask, ask_with};
use crate::{
    doctor::{serving, trusting},
    lab::{Engine, HOST, Machine, Manager, Passing, Proxy, REGISTRY, Release},
};

/// A client from which only a proxy of `passing` on the server's machine reaches the server.
fn behind(server: &Machine, client: &Machine) {
    let pair = serving(server);
    client.without_hooks();
    server.connect(client, "192.0.2.20");
    client.write("/root/ca.crt", &pair.root);
    trusting(client, &pair);
    let rule = "-p tcp -m multiport --dports 443,4567,5050 -j REJECT --reject-with tcp-reset";
    client.sh(&format!("iptables -I OUTPUT {rule}")).succeeded();
}

/// Runs the commands that the report's first finding prints.
fn paste(machine: &Machine, report: &crate::doctor::Report) {
    for command in report.commands() {
        machine.sh(command.trim_start_matches("sudo ")).succeeded();
    }
}

#[test]
fn a_percent_sign_that_systemd_takes_for_a_specifier() {
    let server = machine!("gitlab");
    let client = machine!("client");
    behind(&server, &client);
    let proxy = Proxy::start(&server, Passing::Known);
    let engine = Engine::start_as(&client, Release::Installed, Manager::Systemd);
    let url = proxy.url_with_user().replace("secret", "s%65cret");
    engine.drop_in("proxy.conf", &format!("Environment=\"HTTPS_PROXY={url}\""));
    assert!(!engine.get("/info").contains("3128"), "systemd drops it");
    engine.login().exited(1).says("connection refused");
    let report = ask(&client).blames("proxy-percent-sign");
    let why = report.json["findings"][0]["why"].as_str().unwrap();
    assert!(why.contains("proxy.conf, line 2"), "{why}");
    assert!(
        !report.evidence.contains("cret") && !report.json.to_string().contains("cret"),
        "{:#}",
        report.json
    );
    paste(&client, &report);
    engine.wait();
    engine.login().succeeded();
    ask(&client).is_healthy();
}

#[test]
fn a_proxy_whose_value_is_no_url() {
    let server = machine!("gitlab");
    let client = machine!("client");
    behind(&server, &client);
    let proxy = Proxy::start(&server, Passing::All);
    let engine = Engine::start_as(&client, Release::Installed, Manager::Systemd);
    for (value, reason) in [
        (format!("'HTTPS_PROXY=\"{}\"'", proxy.url()), "quotation marks"),
        (format!("HTTPS_PROXY={}", proxy.url_with_user().replace("secret", "hid#den")), "a #"),
        (format!("HTTPS_PROXY={}", proxy.url_with_user().replace("secret", "hid%%zen")), "hexadecimal"),
    ] {
        engine.drop_in("proxy.conf", &format!("Environment={value}"));
        engine.login().exited(1);
        let report = ask(&client).blames("proxy-url-invalid");
        assert!(report.what().contains(reason), "{:#}", report.json);
        for text in [&report.evidence, &report.json.to_string()] {
            let is_shown =
                [":hid", "hid#", "hid%", "#den", "%zen", "den@"].iter().any(|part| text.contains(part));
            assert!(!is_shown, "{text}");
        }
    }
}

#[test]
fn a_socks_proxy_that_was_reached_is_not_unreachable() {
    for (reply, words) in [("2", "not allowed by ruleset"), ("1", "general SOCKS server failure")] {
        let machine = machine!("client");
        let scene = Scene::laid(&machine, Release::Installed, Manager::Init, Passing::Socks(reply));
        scene.engine.defaults(&format!("export HTTPS_PROXY={}", scene.proxy.url()));
        scene.engine.login().exited(1).says("socks connect tcp");
        let report = ask(&machine).blames("proxy-not-bypassed");
        assert!(report.what().contains(words), "{:#}", report.json);
        scene.fix_and_log_in();
    }
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, NEVER);
    scene.engine.defaults("export HTTPS_PROXY=socks5://192.0.2.10:9");
    scene.engine.login().exited(1).says("proxyconnect tcp");
    ask(&machine).blames("proxy-unreachable");
}

#[test]
fn a_proxy_for_all_protocols_is_not_read() {
    let server = machine!("gitlab");
    let client = machine!("client");
    behind(&server, &client);
    let engine = Engine::start_as(&client, Release::Installed, Manager::Systemd);
    let proxy = Proxy::start(&server, Passing::Socks("0"));
    engine.drop_in("proxy.conf", &format!("Environment=ALL_PROXY={}", proxy.url()));
    engine.login().exited(1).says("connection refused");
    let report = ask(&client);
    assert_eq!(report.causes().first(), Some(&"proxy-config-unused"), "{:#}", report.json);
    let why = report.json["findings"][0]["why"].as_str().unwrap();
    assert!(why.contains("ALL_PROXY") && why.contains("proxy.conf, line 2"), "{why}");
    engine.drop_in("proxy.conf", &format!("Environment=HTTPS_PROXY={}", proxy.url()));
    engine.login().succeeded();
    assert_eq!(ask(&client).causes(), [""; 0]);
}

#[test]
fn a_list_in_capitals_hides_the_other() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, NEVER);
    scene
        .engine
        .defaults(&format!("export HTTPS_PROXY={} no_proxy={HOST} NO_PROXY=a.example", scene.proxy.url()));
    scene.engine.login().exited(1).says("Service Unavailable");
    let report = ask(&machine);
    assert_eq!(report.causes(), ["no-proxy-ineffective"], "{:#}", report.json);
    let why = report.json["findings"][0]["why"].as_str().unwrap();
    assert!(why.contains("no_proxy in /etc/default/docker") && why.contains("only NO_PROXY"), "{why}");
    scene.fix_and_log_in();
}

#[test]
fn a_fix_that_changed_nothing_is_not_offered_again() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Systemd, NEVER);
    scene.engine.drop_in("proxy.conf", &format!("Environment=HTTPS_PROXY={}", scene.proxy.url()));
    // A service manager that restarts nothing.
    machine.sh("printf '#!/bin/sh\\nexit 0\\n' >/usr/local/bin/systemctl.new").succeeded();
    let path = machine.sh("readlink -f $(which systemctl)").succeeded().stdout;
    machine
        .sh(&format!(
            "chmod 755 /usr/local/bin/systemctl.new; mount --bind /usr/local/bin/systemctl.new {path}"
        ))
        .succeeded();
    let report = ask_with(&machine, &["--fix", "--restart", "--yes"]);
    let fix = &report.json["findings"][0]["fix"];
    let advice = fix["advice"].as_str().unwrap();
    assert!(advice.contains("still there"), "{:#}", report.json);
    assert_eq!(fix["automatic"], false, "{:#}", report.json);
    let said = machine.run(["labtrust", "doctor", REGISTRY, "--fix", "--restart", "--yes"]);
    assert!(!said.stdout.contains("--fix --restart"), "{said}");
    assert_eq!(said.stdout.matches("still there").count(), 1, "{said}");
}
