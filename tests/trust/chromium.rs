//! Chromium and its kin: the user's NSS database. certutil and the browser itself are the judges.

use super::{fingerprint, serving};
use crate::lab::{HOST, Machine, Pair, Validity, browsers};

const FIRST: &str = "/home/alice/.pki/nssdb";
const SECOND: &str = "/home/alice/.local/share/pki/nssdb";

/// The lines of `certutil -L` of the database in `folder`: nickname and flags.
pub(crate) fn listed(machine: &Machine, folder: &str) -> Vec<String> {
    let list = machine.run(["certutil", "-L", "-d", &format!("sql:{folder}")]).succeeded().stdout;
    let lines = list.lines().skip(4).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect()
}

/// Creates the database in `folder` as alice.
pub(crate) fn create(machine: &Machine, folder: &str) {
    let script = format!("mkdir -p {folder} && certutil -N -d sql:{folder} --empty-password");
    machine.run_as("alice", ["sh", "-c", &script]).succeeded();
}

fn trust<'a>(sha256: &'a str) -> [&'a str; 6] {
    ["labtrust", "trust", HOST, "--fingerprint", sha256, "--store=chromium"]
}

#[test]
fn chromium_opens_the_page_after_trust_and_refuses_after_untrust() {
    let machine = machine!("chromium");
    machine.without_docker();
    browsers::install(&machine, "chromium");
    machine.ensure_user("alice");
    let (_, sha256) = serving(&machine);
    let url = format!("https://{HOST}/");
    let refuses = || browsers::chromium(&machine, "alice", &url).says("ERR_CERT_AUTHORITY_INVALID");
    refuses();
    // Its first start creates the database that it reads.
    machine.run_as("alice", ["rm", "-rf", "/home/alice/.local", "/home/alice/.config", "/home/alice/.cache"]);
    machine.run_as("alice", ["mkdir", "-p", "/home/alice/.local/share"]).succeeded();
    let before = machine.manifest();

    machine.run_as("alice", trust(&sha256)).succeeded().says("lists it as an anchor for servers");
    assert!(!machine.has(FIRST), "this folder would hide the other");
    let page = browsers::chromium(&machine, "alice", &url);
    assert!(!page.stderr.contains("ERR_CERT"), "{page:?}");
    page.says("<html");
    machine.run_as("alice", ["labtrust", "status"]).says("✓  chromium  trusted");

    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    machine.run_as("alice", ["rm", "-rf", "/home/alice/.config", "/home/alice/.cache"]);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    refuses();
}

#[test]
fn the_database_that_these_browsers_read_is_written() {
    let machine = machine!("chromium-database");
    machine.ensure_user("alice");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/srv/ca.crt", &pair.root);
    let sha256 = fingerprint(&machine, &pair.root);
    let trust =
        ["labtrust", "trust", "/srv/ca.crt", "--for", HOST, "--fingerprint", &sha256, "--store=chromium"];
    machine.run_as("alice", trust).exited(1).says("no user whose stores are changed has such a browser");

    create(&machine, SECOND);
    machine.run_as("alice", trust).succeeded();
    assert_eq!(listed(&machine, SECOND).len(), 1);
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();

    create(&machine, FIRST);
    create(&machine, "/home/alice/snap/chromium/current/.pki/nssdb");
    create(&machine, "/home/alice/.var/app/org.chromium.Chromium/data/pki/nssdb");
    machine.run_as("alice", trust).succeeded();
    assert_eq!(listed(&machine, SECOND), [""; 0]);
    for folder in [
        FIRST,
        "/home/alice/snap/chromium/current/.pki/nssdb",
        "/home/alice/.var/app/org.chromium.Chromium/data/pki/nssdb",
    ] {
        assert!(listed(&machine, folder)[0].ends_with(" C,,"), "{folder}");
    }
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    assert_eq!(listed(&machine, FIRST), [""; 0]);
}
