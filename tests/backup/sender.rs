//! Anybody can encrypt to a public key. So labtrust accepts a backup only if the CA in it signed it, and that CA is the
//! expected one.

use std::path::Path;

use labtrust::backup::{Archive, Item, Lock, Opener, seal};

use super::{FILE, IDENTITY, RECIPIENT, labtrust, told};
use crate::lab::{HOST, Machine, Output};

const FORGED: &str = "/root/forged.age";
const PROGRAM: &str = "/usr/bin/touch /etc/planted-run";

/// A server with a CA whose backup is in [`FILE`], and that backup opened.
fn saved(machine: &Machine, more: &[&str]) -> (Archive, String) {
    machine.write_with_mode("/root/key", "600", IDENTITY);
    let setup = ["setup", HOST, "--out", "/srv/proxy", "--no-trust"];
    machine.run(labtrust(&[&setup[..], more].concat())).succeeded();
    let saved = machine.run(labtrust(&["backup", FILE, "--recipient", RECIPIENT])).succeeded();
    let key = IDENTITY.trim().parse().expect("a key");
    let opened = seal::open(&machine.read_bytes(FILE), &Opener::Identities(vec![key])).expect("opened");
    (Archive::read(&opened).expect("an archive"), told(&saved))
}

/// Encrypts `archive` to the same key, as anybody can.
fn forge(machine: &Machine, archive: &Archive) {
    let lock = Lock::Recipients(vec![RECIPIENT.parse().expect("a recipient")]);
    let sealed = seal::seal(&archive.to_bytes().expect("bytes"), &lock).expect("sealed");
    machine.write_with_mode(FORGED, "600", sealed);
}

fn item<'a>(archive: &'a mut Archive, path: &str) -> &'a mut Item {
    archive.items.iter_mut().find(|item| item.path == Path::new(path)).expect("the item")
}

/// Records `command` as the command that makes the reverse proxy reload the certificate.
fn with_reload(archive: &mut Archive, command: &str) {
    let notes = item(archive, "authority/setup.json");
    let mut json: serde_json::Value = serde_json::from_slice(&notes.contents).expect("JSON");
    json["site"]["reload"] = command.into();
    notes.contents = zeroize::Zeroizing::new(serde_json::to_vec(&json).expect("bytes"));
}

fn restore(machine: &Machine, file: &str, more: &[&str]) -> Output {
    machine.run(labtrust(&[&["restore", file, "--identity", "/root/key"][..], more].concat()))
}

#[test]
fn a_backup_that_anybody_could_make_is_believed_by_the_fingerprint_of_the_ca_that_signed_it() {
    let machine = machine!("gitlab");
    let (archive, sha256) = saved(&machine, &["--reload", "/usr/bin/true reloaded"]);
    assert!(machine.run(labtrust(&["status", "--json"])).stdout.contains(&sha256), "it is the CA's");
    machine.sh("mv /var/lib/labtrust /root/before").succeeded();
    machine.write(FORGED, "");
    let before = machine.manifest();
    restore(&machine, FILE, &[]).exited(3).says("signed this backup").says(&sha256).says("--fingerprint");
    let other = "0".repeat(64);
    restore(&machine, FILE, &["--fingerprint", &other]).exited(3).says("but you expected").says(&sha256);

    // Nobody can change a signed backup, even with the CA's certificates.
    let mut changed = archive;
    with_reload(&mut changed, PROGRAM);
    forge(&machine, &changed);
    restore(&machine, FORGED, &["--fingerprint", &sha256]).exited(3).says("changed after it was signed");
    changed.signature = None;
    forge(&machine, &changed);
    restore(&machine, FORGED, &[]).exited(3).says("this backup is not signed");
    restore(&machine, FORGED, &["--fingerprint", &sha256]).exited(3).says("this backup is not signed");
    restore(&machine, FORGED, &["--yes"]).exited(3).says("this backup is not signed");
    // A false old schema number does not help.
    changed.manifest.schema = 1;
    forge(&machine, &changed);
    restore(&machine, FORGED, &["--fingerprint", &sha256]).exited(3).says("this backup is not signed");
    machine.write(FORGED, "");
    machine.sh(&format!("chmod 644 {FORGED}")).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);

    // The commands that the state would run are always shown.
    let dry_run = restore(&machine, FILE, &["--fingerprint", &sha256, "--dry-run"]).exited(1);
    assert!(dry_run.stdout.contains("run /usr/bin/true reloaded"), "{dry_run}");
    restore(&machine, FILE, &["--fingerprint", &sha256]).succeeded().says("run /usr/bin/true reloaded");
}

#[test]
fn a_terminal_is_shown_who_signed_a_backup_and_what_it_would_run_and_asked_about_both() {
    let machine = machine!("gitlab");
    let (_, sha256) = saved(&machine, &["--reload", "/usr/bin/true reloaded"]);
    machine.sh("mv /var/lib/labtrust /root/before").succeeded();
    let line = labtrust(&["restore", FILE, "--identity", "/root/key", "--yes"]);
    let mut terminal = machine.command(line).terminal();
    terminal.expect(&sha256);
    terminal.expect("Is this fingerprint");
    terminal.send("n\n");
    terminal.finish().exited(1);
    let line = labtrust(&["restore", FILE, "--identity", "/root/key"]);
    let mut terminal = machine.command(line).terminal();
    terminal.expect("Is this fingerprint");
    terminal.send("y\n");
    terminal.expect("run /usr/bin/true reloaded");
    terminal.expect("Do this?");
    terminal.send("y\n");
    terminal.finish().exited(0);
    assert!(machine.has("/var/lib/labtrust/authority/root.crt"));
}

#[test]
fn what_a_backup_would_have_undone_on_its_own_machine_is_shown_before() {
    let machine = machine!("gitlab");
    machine.write("/srv/proxy/mygitlab.example.com.crt", "somebody's\n");
    machine.write("/srv/proxy/mygitlab.example.com.key", "somebody's\n");
    let (mut archive, sha256) = saved(&machine, &["--replace"]);
    machine.sh("mv /var/lib/labtrust /root/before").succeeded();
    restore(&machine, FILE, &["--fingerprint", &sha256, "--dry-run"])
        .exited(1)
        .says("restore /srv/proxy/mygitlab.example.com.crt");
    // A path with a line break is not accepted in a backup.
    with_reload(&mut archive, "/usr/bin/true\nrun nothing");
    archive.signature = None;
    forge(&machine, &archive);
    let told = restore(&machine, FORGED, &[]).exited(3).stderr;
    let digest = told.split_whitespace().last().unwrap();
    restore(&machine, FORGED, &["--fingerprint", digest]).exited(3).says("contains control characters");
    assert!(!machine.has("/var/lib/labtrust"));
}

#[test]
fn what_a_backup_would_have_removed_or_written_besides_is_shown_before() {
    let machine = machine!("gitlab");
    let (mut archive, _) = saved(&machine, &[]);
    machine.sh("mv /var/lib/labtrust /root/before").succeeded();
    let receipt = item(&mut archive, "receipts/setup/receipt.json");
    let mut json: serde_json::Value = serde_json::from_slice(&receipt.contents).expect("JSON");
    json["changes"][0]["settle"]["byproducts"] = serde_json::json!([
        { "bundle": { "path": "/etc/bundle", "stale": "/root/precious" } },
        { "links": { "folder": "/etc/links", "target": "/etc/target" } },
        { "copies": { "folder": "/etc/copies", "sha256": "0".repeat(64) } },
    ]);
    receipt.contents = zeroize::Zeroizing::new(serde_json::to_vec(&json).expect("bytes"));
    let notes = item(&mut archive, "authority/setup.json");
    let mut json: serde_json::Value = serde_json::from_slice(&notes.contents).expect("JSON");
    json["site"]["out"] = "/etc/cron.d".into();
    notes.contents = zeroize::Zeroizing::new(serde_json::to_vec(&json).expect("bytes"));
    archive.signature = None;
    forge(&machine, &archive);
    let told = restore(&machine, FORGED, &[]).exited(3).stderr;
    let digest = told.split_whitespace().last().expect("a fingerprint");
    let shown = restore(&machine, FORGED, &["--fingerprint", digest, "--dry-run"]).exited(1);
    for line in [
        "remove /root/precious",
        "remove the links to /etc/target in /etc/links",
        "remove the copies of 0000000000000000 in /etc/copies",
        "write the certificate and key into /etc/cron.d",
    ] {
        assert!(shown.stdout.contains(line), "{line}: {shown}");
    }
}

#[test]
fn the_line_that_believes_a_backup_is_the_whole_one_that_was_given() {
    let machine = machine!("gitlab");
    let (_, sha256) = saved(&machine, &[]);
    let given = ["--state", "/srv/a state", "--replace"];
    let refused = restore(&machine, FILE, &given).exited(3).stderr;
    let line = refused.split("labtrust restore ").nth(1).expect("a line").trim();
    assert!(line.contains("--replace") && line.contains("--state '/srv/a state'"), "{refused}");
    machine.sh(&format!("labtrust restore {line}")).succeeded().says(&sha256);
    assert!(machine.has("/srv/a state/authority/root.crt"));
    let state = ["--state", "/srv/a state"];
    let saved =
        machine.run(labtrust(&[&["backup", "/root/b.age", "--recipient", RECIPIENT], &state[..]].concat()));
    saved.succeeded().says("--state '/srv/a state'");
    machine.sh("echo x >'/srv/a state/authority/setup.json'").succeeded();
    for verb in [&["status"][..], &["export"], &["backup", "/root/c.age", "--recipient", RECIPIENT]] {
        let refused = machine.run(labtrust(&[verb, &state].concat())).exited(3).stderr;
        let hint = refused.lines().find(|line| line.starts_with("hint: ")).expect("a hint");
        let ending = "--state '/srv/a state'";
        assert!(hint.contains(&format!("labtrust restore FILE --replace {ending}),")), "{hint}");
        assert!(hint.ends_with(&format!("labtrust setup --undo {ending}")), "{hint}");
    }
}
