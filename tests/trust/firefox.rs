//! Firefox: each profile's NSS database, and the policy with which it follows the system store. The browser itself is the
//! judge.

use super::{
    chromium::{create, listed},
    serving,
};
use crate::lab::{HOST, Machine, browsers};

const PROFILE: &str = "/home/alice/.mozilla/firefox/x1.default";
const INSECURE: &str = "insecure certificate";

fn url() -> String {
    format!("https://{HOST}/")
}

fn opens(machine: &Machine) {
    let page = browsers::firefox(machine, "alice", PROFILE, &url());
    page.says("Sign in");
}

fn refuses(machine: &Machine) {
    browsers::firefox(machine, "alice", PROFILE, &url()).says(INSECURE);
}

#[test]
fn firefox_opens_the_page_after_trust_and_refuses_after_untrust() {
    let machine = machine!("firefox");
    machine.without_docker();
    machine.without_hooks();
    browsers::install(&machine, "firefox-esr");
    machine.ensure_user("alice");
    let (_, sha256) = serving(&machine);
    machine.run_as("alice", ["mkdir", "-p", PROFILE, "/home/alice/.local/share"]).succeeded();
    refuses(&machine);
    browsers::keep_picture(&machine, "firefox-before", || ());
    let before = listed(&machine, PROFILE);

    let trust = ["labtrust", "trust", HOST, "--fingerprint", &sha256, "--store=firefox"];
    machine.run_as("alice", trust).succeeded().says("lists it as an anchor for servers");
    opens(&machine);
    browsers::keep_picture(&machine, "firefox-after", || ());
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    assert_eq!(listed(&machine, PROFILE), before);
    refuses(&machine);

    // For every user: it follows the system store, and no more when the CA is taken from there.
    let settled = machine.settled();
    let trust =
        ["labtrust", "trust", HOST, "--fingerprint", &sha256, "--store=firefox-policy", "--store=system"];
    machine.run(trust).succeeded().says("✓  firefox-policy  trusted");
    opens(&machine);
    // The profile keeps the module: without the policy alone, nothing is gone.
    let line = ["labtrust", "untrust", "--store=firefox-policy"];
    let output = machine.run(line).exited(3);
    assert!(!output.stdout.contains("--purge"), "nobody else installed it: {output}");
    let left = "partly trusted  /etc/firefox/policies/policies.json, but Firefox keeps p11-kit's module in each profile";
    output.says(left);
    opens(&machine);
    machine.run(["labtrust", "untrust"]).succeeded();
    let changes = machine.changes_since(&settled);
    assert!(changes.iter().all(|change| change.starts_with("/home/alice/")), "{changes:?}");
    refuses(&machine);
}

#[test]
fn every_profile_is_served_as_its_user() {
    let machine = machine!("firefox-profiles");
    machine.ensure_user("alice");
    let profiles = [
        PROFILE,
        "/home/alice/.config/mozilla/firefox/two",
        "/home/alice/snap/firefox/common/.mozilla/firefox/three",
        "/home/alice/.var/app/org.mozilla.firefox/.mozilla/firefox/four",
        "/home/alice/.thunderbird/five",
    ];
    for profile in profiles {
        create(&machine, profile);
    }
    let pair = crate::lab::Pair::made(&machine, &[HOST], crate::lab::Validity::Current);
    machine.write("/srv/ca.crt", &pair.root);
    let sha256 = super::fingerprint(&machine, &pair.root);
    let sudo = "export SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice;";
    let line =
        format!("{sudo} labtrust trust /srv/ca.crt --for {HOST} --fingerprint {sha256} --store=browsers");
    machine.sh(&line).succeeded().says("✓  firefox");
    for profile in profiles {
        assert!(listed(&machine, profile)[0].ends_with(" C,,"), "{profile}");
    }
    let owners = machine.sh("find /home/alice -newer /srv/ca.crt -not -user alice").succeeded().stdout;
    assert_eq!(owners, "");
    machine.sh(&format!("{sudo} labtrust untrust")).succeeded();
    for profile in profiles {
        assert_eq!(listed(&machine, profile), [""; 0], "{profile}");
    }
}
