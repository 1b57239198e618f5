//! The user's tools, which have their own proxy settings.

use super::{NEVER, Scene, ask};
use crate::{
    doctor::{EVIDENCE, Report},
    lab::{Command, HOST, Machine, Manager, Passing, REGISTRY, Release},
};

fn doctor(machine: &Machine) -> Command<'_> {
    machine.command(["labtrust", "doctor", REGISTRY, "--json", "--evidence", EVIDENCE])
}

#[test]
fn the_docker_command_uses_a_proxy() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, NEVER);
    let with = |no_proxy: &str| {
        let run = doctor(&machine).env("HTTPS_PROXY", &scene.proxy.url()).env("NO_PROXY", no_proxy);
        Report::of(&machine, &run.run())
    };
    scene.engine.login().succeeded();
    let report = with(&format!("{HOST}:4567")).blames("cli-proxy-not-bypassed");
    assert_eq!(report.causes(), ["cli-proxy-not-bypassed", "git-proxy-not-bypassed"], "{:#}", report.json);
    let fix = &report.json["findings"][0]["fix"];
    assert_eq!(fix["commands"][0], format!("export NO_PROXY={HOST}:4567,{HOST}"), "{fix}");
    with(HOST).is_healthy();
    // By the rules of curl and git, a space separates entries; by Go's it does not.
    assert_eq!(with(&format!("a.example {HOST}")).causes(), ["cli-proxy-not-bypassed"]);
    ask(&machine).is_healthy();
}

#[test]
fn builds_are_given_a_proxy() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, NEVER);
    let settings = |no_proxy: &str| {
        let proxies = format!(r#"{{"httpsProxy": "{}", "noProxy": "{no_proxy}"}}"#, scene.proxy.url());
        machine.write("/root/.docker/config.json", format!(r#"{{"proxies": {{"default": {proxies}}}}}"#));
    };
    settings("a.example");
    assert_eq!(ask(&machine).causes(), ["cli-proxy-not-bypassed"]);
    settings(&format!("a.example,{HOST}"));
    ask(&machine).is_healthy();
}

#[test]
fn git_uses_a_proxy() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, NEVER);
    machine.write("/root/.gitconfig", format!("[http]\n\tproxy = {}\n", scene.proxy.url()));
    let clone = format!("https://{HOST}/group/project.git");
    machine.run(["/usr/bin/git", "ls-remote", &clone]).exited(128).says("503");
    let report = ask(&machine).blames("git-proxy-not-bypassed");
    machine.sh(&report.commands()[0].replace("git ", "/usr/bin/git ")).succeeded();
    ask(&machine).is_healthy();
    let failed = machine.run(["/usr/bin/git", "ls-remote", &clone]).exited(128);
    assert!(!failed.stderr.contains("503"), "{failed}");
}

#[test]
fn a_proxy_that_serves_is_in_no_tools_way() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Init, Passing::Known);
    let with = |url: &str| Report::of(&machine, &doctor(&machine).env("https_proxy", url).run());
    let report = with(&scene.proxy.url_with_user()).is_healthy();
    assert!(!report.evidence.contains("secret"), "{}", report.evidence);
    assert_eq!(with(&scene.proxy.url()).causes(), ["cli-proxy-not-bypassed", "git-proxy-not-bypassed"]);
    assert_eq!(with("http://192.0.2.10:9").causes(), ["cli-proxy-not-bypassed", "git-proxy-not-bypassed"]);
}
