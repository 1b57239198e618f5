//! A proxy that decrypts TLS.

use super::{NEVER, Scene};
use crate::{
    doctor::{ask, serving},
    lab::{Engine, Manager, Pair, Passing, Proxy, Recipe, Release},
};

/// Sends only tinyproxy's traffic, recognised by its group, to the middlebox.
const ONLY_THE_PROXY: &str = "kill $(pidof tinyproxy); while pidof tinyproxy >/dev/null; do sleep 0.05; done
    setpriv --regid 777 --clear-groups tinyproxy -c /run/tinyproxy.conf
    iptables -t nat -I OUTPUT -p tcp --dport 4567 -m owner ! --gid-owner 777 -j RETURN";

#[test]
fn a_proxy_that_signs_its_own_certificate() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, Passing::All);
    machine.intercept(&Pair::by(&machine, &Recipe::CORPORATE), &[4567]);
    machine.sh(ONLY_THE_PROXY).succeeded();
    machine.wait_for_port(&machine.address(), "3128");
    scene.engine.login().succeeded();
    scene.exports("");
    scene.engine.login().exited(1).says("certificate signed by unknown authority");
    let report = ask(&machine).blames("tls-intercepted");
    assert_eq!(report.causes(), ["tls-intercepted"], "{:#}", report.json);
    assert!(report.what().contains("is signed by CN=Corporate Proxy CA; without it, by CN=Foreign root"));
    scene.fix_and_log_in();
    ask(&machine).is_healthy();
}

#[test]
fn a_proxy_in_the_way_and_a_ca_that_nobody_trusts() {
    let machine = machine!("client");
    let engine = Engine::start(&machine);
    serving(&machine);
    let proxy = Proxy::start(&machine, NEVER);
    engine.defaults(&format!("export HTTPS_PROXY={}", proxy.url()));
    engine.login().exited(1).says("Service Unavailable");
    let report = ask(&machine);
    assert_eq!(report.causes(), ["proxy-not-bypassed", "untrusted-docker"], "{:#}", report.json);
}
