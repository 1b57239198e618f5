//! Proxies of a daemon that no service manager started: its own process shows its environment.

use super::{NEVER, ask};
use crate::{
    doctor::{serving, trusting},
    lab::{Engine, Machine, Proxy},
};

/// The socket of the machine's own daemon.
const USUAL: &str = "/run/docker.sock";

/// A proxy that refuses the registry, which a daemon from a shell uses.
fn started(machine: &Machine) -> Proxy<'_> {
    machine.without_hooks();
    let pair = serving(machine);
    trusting(machine, &pair);
    let proxy = Proxy::start(machine, NEVER);
    Engine::start_by_hand(machine, USUAL, &[("HTTPS_PROXY", &proxy.url())]);
    proxy
}

#[test]
fn a_daemon_from_a_shell_was_not_started_with_other_settings() {
    let machine = machine!("client");
    machine.with_systemd();
    let proxy = started(&machine);
    // Its unit has nothing to do with it.
    machine.write(
        "/etc/systemd/system/docker.service.d/proxy.conf",
        format!("[Service]\nEnvironment=HTTPS_PROXY={} NO_PROXY=mygitlab.example.com\n", proxy.url()),
    );
    let report = ask(&machine).blames("proxy-config-unused");
    assert_eq!(report.causes(), ["proxy-config-unused"], "{:#}", report.json);
    machine.run(["rm", "/etc/systemd/system/docker.service.d/proxy.conf"]).succeeded();
    let report = ask(&machine).blames("proxy-not-bypassed");
    let fix = &report.json["findings"][0]["fix"];
    let advice = fix["advice"].as_str().unwrap();
    assert!(advice.contains("the environment in which Docker was started"), "{advice}");
    assert_eq!((&fix["automatic"], &fix["commands"]), (&false.into(), &serde_json::json!([])), "{fix:#}");
}

#[test]
fn a_variable_of_the_shell_that_ran_the_init_script_is_the_daemons() {
    let machine = machine!("client");
    machine.without_hooks();
    let pair = serving(&machine);
    let engine = Engine::start(&machine);
    trusting(&machine, &pair);
    let proxy = Proxy::start(&machine, NEVER);
    machine.command(["/etc/init.d/docker", "restart"]).env("HTTPS_PROXY", &proxy.url()).run().succeeded();
    engine.wait();
    let report = ask(&machine).blames("proxy-not-bypassed");
    let advice = report.json["findings"][0]["fix"]["advice"].as_str().unwrap();
    assert!(advice.contains("the environment in which Docker was started"), "{advice}");
    // A file that was changed since still needs a restart.
    machine.sh("echo 'export HTTPS_PROXY=' >>/etc/default/docker").succeeded();
    ask(&machine).blames("proxy-needs-restart");
}
