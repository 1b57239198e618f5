//! What the README shows is what happens: each of its console examples is run, in order, on one
//! machine (those of the doctor on one where the story is laid), and its output compared. `LABTRUST_UPDATE=1` writes what happens into the README instead.

use std::{fmt::Write as _, fs};

use crate::{
    doctor::{serving, trusting},
    lab::{Engine, Machine, Manager, Passing, Proxy, Release},
    lab_selftest::apart::{machines_can_be_hosts, run_test_in_chroot},
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
const README: &str = include_str!("../README.md");

/// What a machine may have that runs these tests: CAs that people added and removed, engines, a GitLab, a cron,
/// and labtrust itself in use.
const FULL_HOST: &str = r#"
cp /usr/share/ca-certificates/mozilla/*X1.crt /usr/local/share/ca-certificates/added.crt
cp /usr/share/ca-certificates/mozilla/*X2.crt /usr/local/share/ca-certificates/removed.crt
update-ca-certificates
rm /usr/local/share/ca-certificates/removed.crt
labtrust setup mygitlab.example.com --prepare /srv/gitlab
mkdir -p /etc/docker/certs.d/mygitlab.example.com:4567 /etc/systemd/system/docker.service.d /etc/cron.d
cp /usr/local/share/ca-certificates/added.crt /etc/docker/certs.d/mygitlab.example.com:4567/ca.crt
echo '{"insecure-registries": ["mygitlab.example.com:4567"]}' >/etc/docker/daemon.json
printf '[Service]\nEnvironment=HTTPS_PROXY=http://192.0.2.9:1\n' >/etc/systemd/system/docker.service.d/other.conf
echo 'HTTPS_PROXY=http://192.0.2.9:1' >>/etc/environment
for program in /usr/sbin/cron /usr/bin/podman /opt/gitlab/bin/gitlab-ctl; do
    mkdir -p ${program%/*}
    printf '#!/bin/sh\n' >$program
    chmod 755 $program
done
mkdir -p /etc/gitlab /var/lib/docker/image /opt/docker-desktop
echo "external_url 'https://gitlab.example.org'" >/etc/gitlab/gitlab.rb"#;

/// What differs from run to run, replaced by what it is.
fn redacted(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let is_word = |c: char| c.is_ascii_alphanumeric();
    while let Some(start) = rest.find(is_word) {
        out.push_str(&rest[..start]);
        let word = &rest[start..];
        let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        let is_hex =
            [8, 16, 64].contains(&word.len()) && word.chars().all(|c| "0123456789abcdef".contains(c));
        let is_number = word.chars().all(|c| c.is_ascii_digit());
        let is_date = word.len() == 4 && is_number && after.starts_with('-');
        match (is_hex, is_date) {
            (true, _) => out.push_str("HEX"),
            (_, true) => out.push_str("YEAR"),
            _ if is_number && (out.ends_with("YEAR-") || out.ends_with("YEAR-MM-")) => {
                out.push_str(if out.ends_with("YEAR-") { "MM" } else { "DD" });
            }
            _ if is_number && after.starts_with(" days") => out.push('N'),
            _ => out.push_str(word),
        }
        rest = after;
    }
    out.push_str(rest);
    // Columns are as wide as what stands in them.
    out.split('\n').map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Runs a line of an example as a person in `/root/labtrust` would.
fn run(machine: &Machine, line: &str) -> String {
    let line = line.replace("cargo run --release --", "labtrust").replace("sudo ", "");
    let output = machine.sh(&format!("mkdir -p /root/labtrust; cd /root/labtrust; {{ {line}\n}} 2>&1"));
    output.stdout
}

/// The story: a registry that serves, and an engine that asks a proxy for it.
fn lay_the_story(machine: &Machine) {
    machine.without_hooks();
    machine.sh("mkdir /root/labtrust; echo 'correct horse' >/root/labtrust/password").succeeded();
    let engine = Engine::start_as(machine, Release::Installed, Manager::Systemd);
    let pair = serving(machine);
    trusting(machine, &pair);
    let proxy = Proxy::start(machine, Passing::Never("503 Service Unavailable"));
    engine.drop_in("proxy.conf", &format!("Environment=HTTPS_PROXY={}", proxy.url()));
}

#[test]
fn every_example_does_what_the_readme_says() {
    let server = machine!("mygitlab");
    let client = machine!("client");
    lay_the_story(&client);
    let mut machine = &server;
    let mut actual = String::new();
    let mut rest = README;
    while let Some((before, block)) = rest.split_once("```console\n") {
        let (block, after) = block.split_once("```\n").unwrap();
        if before.contains("\n## When it does not work\n") {
            machine = &client;
        }
        writeln!(actual, "{before}```console").unwrap();
        for example in block.split("$ ").skip(1) {
            let command = example.lines().next().unwrap();
            let shown = &example[command.len() + 1..];
            // Running the tests from within the tests would not end.
            let happened = if command == "scripts/test" { shown.to_owned() } else { run(machine, command) };
            write!(actual, "$ {command}\n{happened}").unwrap();
        }
        writeln!(actual, "```").unwrap();
        rest = after;
    }
    actual.push_str(rest);
    if std::env::var_os("LABTRUST_UPDATE").is_some() {
        fs::write(PATH, actual).unwrap();
    } else {
        assert_eq!(redacted(&actual), redacted(README), "run with LABTRUST_UPDATE=1 to write what happens");
    }
}

#[test]
fn the_examples_do_not_depend_on_the_machine_that_runs_them() {
    if machines_can_be_hosts() {
        let host = machine!("host");
        host.sh(&format!("set -e\n{FULL_HOST}")).succeeded();
        run_test_in_chroot(&host, "readme::every_example_does_what_the_readme_says");
    }
}
