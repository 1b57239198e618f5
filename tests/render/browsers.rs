//! The rendered policies, obeyed by real browsers.

use super::*;
use crate::{lab::browsers, trust::fingerprint};

const PROFILE: &str = "/home/alice/.mozilla/firefox/x1.default";

/// A machine with the browser `name`, a GitLab, and a CA that is trusted nowhere.
fn with_browser<'m>(machine: &'m Machine, name: &str) -> (Gitlab<'m>, Pair) {
    machine.without_docker();
    browsers::install(machine, name);
    machine.ensure_user("alice");
    let gitlab = Gitlab::start(machine);
    let pair = client(machine);
    gitlab.serve(&pair);
    (gitlab, pair)
}

#[test]
fn chromium_obeys_the_policy_for_both_authorities() {
    let machine = machine!("chromium-policies");
    let (gitlab, old) = with_browser(&machine, "chromium");
    let page = || browsers::chromium(&machine, "alice", &format!("https://{HOST}/"));
    page().says("ERR_CERT_AUTHORITY_INVALID");
    // The other one could sign for every server: the policy limits it.
    let new = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/new.crt", &new.root);
    let sha256 = fingerprint(&machine, &new.root);
    let options = format!("--also /root/new.crt --also-fingerprint {sha256}");
    render(&machine, "chromium-policies", &options).succeeded();
    let file = "/etc/chromium/policies/managed/labtrust.json";
    machine.sh(&format!("install -D -m 644 /root/rendered/labtrust.json {file}")).succeeded();
    for pair in [&new, &old] {
        gitlab.serve(pair);
        page().says("Sign in");
    }
    let refused = machine.sh("labtrust render /root/ca.crt --as chromium-policies --remove -y").exited(3);
    let line = refused.stderr.lines().find(|line| line.contains(file)).unwrap().trim();
    machine.sh(line.trim_start_matches("sudo ")).succeeded();
    page().says("ERR_CERT_AUTHORITY_INVALID");
}

#[test]
fn firefox_obeys_the_policy_and_its_removal() {
    let machine = machine!("firefox-policies");
    with_browser(&machine, "firefox-esr");
    machine.run_as("alice", ["mkdir", "-p", PROFILE]).succeeded();
    let page = || browsers::firefox(&machine, "alice", PROFILE, &format!("https://{HOST}/"));
    let put = |options: &str| {
        machine.sh("rm -rf /root/rendered").succeeded();
        render(&machine, "firefox-policies", options).succeeded();
        let place = "/etc/firefox/policies/policies.json";
        let copy = "install -D -m 644 /root/rendered/debian-$(uname -m)/policies.json";
        machine.sh(&format!("{copy} {place}")).succeeded();
    };
    put("");
    page().says("insecure certificate");
    machine.sh("cp /root/ca.crt /usr/local/share/ca-certificates/ && update-ca-certificates").succeeded();
    page().says("Sign in");
    // The CA is still in the system store: Firefox no longer follows it.
    put("--remove");
    page();
    page().says("insecure certificate");
}
