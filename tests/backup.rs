//! The CA is saved in one encrypted file, and restored on a new server: clients that trusted the lost one notice nothing.

mod replace;
mod sender;
mod usable;

use crate::{
    lab::{Engine, Gitlab, HOST, Machine, Output, Pair, Validity},
    trust::fingerprint,
};

/// An age key and its recipient, from age's own documentation.
pub(crate) const IDENTITY: &str =
    "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33\n";
pub(crate) const RECIPIENT: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

const FILE: &str = "/root/labtrust.age";
const PASSPHRASE: [&str; 2] = ["--passphrase-file", "/root/passphrase"];

fn labtrust<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [&["labtrust"][..], words].concat()
}

/// Takes the file to another machine.
fn carry(from: &Machine, to: &Machine) {
    to.write_with_mode(FILE, "600", from.read_bytes(FILE));
    to.write_with_mode("/root/passphrase", "600", "correct horse\n");
}

#[test]
fn a_new_server_has_the_old_ones_ca_and_the_clients_log_in_without_any_change() {
    let old = machine!("gitlab");
    let client = machine!("client");
    old.connect(&client, "192.0.2.20");
    let engine = Engine::start(&client);
    let sha256 = {
        let _gitlab = Gitlab::start(&old);
        let made = old.run(["labtrust", "setup"]).succeeded().says("labtrust backup FILE");
        let line = made.stdout.lines().rev().find(|line| line.contains("labtrust trust ")).unwrap();
        client.run(line.split_whitespace()).succeeded();
        engine.login().succeeded();
        old.run(["labtrust", "status"]).succeeded().says("has no backup yet").says("until 20");
        old.write_with_mode("/root/passphrase", "600", "correct horse\n");
        old.run(labtrust(&[&["backup", FILE][..], &PASSPHRASE].concat()))
            .succeeded()
            .says("labtrust restore");
        assert_eq!(old.sh(&format!("stat -c %a {FILE}")).stdout, "600\n");
        old.run(["labtrust", "status"]).succeeded().says("Last backup: 20").says(FILE);
        line.split_whitespace().last().unwrap().to_owned()
    };
    let new = machine!("gitlab");
    carry(&old, &new);
    new.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    drop(old);
    // The cable goes with the machine that it led to.
    client.sh("for i in $(seq 200); do ip link show eth0 >/dev/null 2>&1 || break; sleep 0.05; done; ip address add 192.0.2.10/32 dev lo").succeeded();
    engine.login().exited(1);
    new.connect(&client, "192.0.2.20");
    let _gitlab = Gitlab::start(&new);
    let before = new.settled();

    let restore = labtrust(&[&["restore", FILE][..], &PASSPHRASE].concat());
    let restored =
        new.run(restore.clone()).succeeded().says(&sha256).says("clients that trust this CA need no change");
    let next = restored.stdout.lines().find(|line| line.contains("labtrust setup ")).unwrap();
    new.run(restore).succeeded().says("nothing was changed");
    new.run(next.split_whitespace()).succeeded().says(&sha256);
    engine.login().succeeded();
    new.run(["labtrust", "status"]).succeeded().says("Last backup: 20").says(FILE);

    new.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(new.changes_since(&before), [""; 0]);
}

#[test]
fn what_is_wrong_with_a_backup_is_said_in_one_line_and_changes_nothing() {
    let machine = machine!("gitlab");
    machine
        .run(["labtrust", "backup", "/root/none.age", "--recipient", RECIPIENT])
        .exited(3)
        .says("nothing to back up");
    // labtrust then asks for no passphrase.
    machine.run(["labtrust", "backup", "/root/none.age"]).exited(3).says("nothing to back up");
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/proxy", "--no-trust"]).succeeded();
    machine.write_with_mode("/root/passphrase", "600", "correct horse\n");
    machine.write_with_mode("/root/wrong", "600", "battery staple\n");
    machine.write_with_mode("/root/empty", "600", "\n");
    machine.write_with_mode("/root/key", "600", IDENTITY);
    machine.run(labtrust(&["backup", FILE])).exited(3).says("--passphrase-file");
    machine.run(labtrust(&["backup", FILE, "--passphrase-file", "/root/empty"])).exited(3).says("empty");
    machine.run(labtrust(&["backup", FILE, "--recipient", "age1nobody"])).exited(2).says("not a recipient");
    machine.run(labtrust(&[&["backup", FILE][..], &PASSPHRASE].concat())).succeeded();
    let saved = machine.read_bytes(FILE);
    machine.run(labtrust(&[&["backup", FILE][..], &PASSPHRASE].concat())).exited(3).says("exists already");
    assert_eq!(machine.read_bytes(FILE), saved);
    machine.run(labtrust(&["backup", "/root/key.age", "--recipient", RECIPIENT])).succeeded();
    let script = format!("cd /root; head -c 2000 {FILE} >cut; head -c 100 {FILE} >stump; cp key plain; head -c 3000 /dev/urandom >noise; : >nothing
        sed 's/scrypt \\(.*\\) 17$/scrypt \\1 30/' {FILE} >heavy");
    machine.sh(&script).succeeded();
    let state =
        machine.sh("cd /var/lib/labtrust; find . -type f ! -name lock | sort | xargs sha256sum").stdout;
    let before = machine.manifest();
    for (file, with, says) in [
        (FILE, "--passphrase-file /root/wrong", "the passphrase is wrong"),
        (FILE, "", "--passphrase-file"),
        (FILE, "--identity /root/key", "encrypted with a passphrase"),
        ("/root/key.age", "--passphrase-file /root/passphrase", "encrypted to a key"),
        ("/root/key.age", "--identity /root/passphrase", "contains no age key"),
        ("/root/cut", "--passphrase-file /root/passphrase", "cut off or damaged"),
        ("/root/stump", "--passphrase-file /root/passphrase", "cut off or damaged"),
        ("/root/heavy", "--passphrase-file /root/passphrase", "2^30 rounds"),
        ("/root/plain", "--passphrase-file /root/passphrase", "not encrypted with age"),
        ("/root/noise", "--passphrase-file /root/passphrase", "not encrypted with age"),
        ("/root/nothing", "--passphrase-file /root/passphrase", "not encrypted with age"),
        ("/root/absent", "--passphrase-file /root/passphrase", "does not exist"),
    ] {
        let refused =
            machine.sh(&format!("labtrust restore {file} {with}")).exited(3).says(says).says("hint:");
        assert_eq!(refused.stderr.lines().filter(|line| line.starts_with("error:")).count(), 1, "{refused}");
    }
    assert_eq!(machine.changes_since(&before), [""; 0]);
    assert_eq!(
        machine.sh("cd /var/lib/labtrust; find . -type f ! -name lock | sort | xargs sha256sum").stdout,
        state
    );
}

#[test]
fn a_file_for_a_recipient_goes_through_a_pipe_and_another_ca_is_put_aside_only_if_told_to() {
    let machine = machine!("gitlab");
    machine.write_with_mode("/root/key", "600", IDENTITY);
    let setup = ["labtrust", "setup", HOST, "--out", "/srv/proxy", "--no-trust"];
    machine.run(setup).succeeded();
    let root = machine.run(["labtrust", "export"]).stdout;
    machine.sh(&format!("umask 077; labtrust backup - --recipient {RECIPIENT} >{FILE}")).succeeded();
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    machine.run(setup).succeeded();
    let other = machine.run(["labtrust", "export"]).stdout;
    assert_ne!(root, other);
    let sha256 = fingerprint(&machine, &root);
    let restore = format!("labtrust restore - --identity /root/key --fingerprint {sha256} <{FILE}");
    let before = machine.manifest();
    machine.sh(&restore).exited(3).says("is not the one in the backup").says("--replace");
    let planned = machine.sh(&format!("{restore} --dry-run --replace")).exited(1);
    let planned =
        planned.says("/authority/intermediate.key (a secret, mode 0600)").says(" bytes, mode 0644)");
    assert!(!planned.stdout.contains("a secret, mode 0644"), "{planned}");
    assert_eq!(machine.changes_since(&before), [""; 0]);
    machine.sh(&format!("{restore} --replace")).succeeded().says("replaced-");
    assert_eq!(machine.run(["labtrust", "export"]).stdout, root);
    let aside = machine.sh("cat /var/lib/labtrust/replaced-*/authority/root.crt").succeeded().stdout;
    assert_eq!(aside, other);
    machine.sh("stat -c %a /var/lib/labtrust/replaced-*/authority/intermediate.key").succeeded().says("600");
    machine.run([&setup[..], &["--replace"]].concat()).succeeded();
    let leaf = machine.read(&format!("/srv/proxy/{HOST}.crt"));
    assert!(leaf.contains(root.trim()), "{leaf}");
}

/// The fingerprint of a backup, from the output `saved`.
pub(crate) fn told(saved: &Output) -> String {
    let line =
        saved.stdout.lines().find(|line| line.contains("--fingerprint ")).expect("a line to restore with");
    line.split_whitespace().last().unwrap().to_owned()
}

/// Restores the backup of `old` on `new`, and installs the imported certificate and key with the printed command.
fn import_again(old: &Machine, new: &Machine, pair: &Pair, fingerprint_of_backup: &str) {
    carry(old, new);
    new.write_with_mode("/root/key", "600", IDENTITY);
    let restore = labtrust(&["restore", FILE, "--identity", "/root/key"]);
    new.run(restore.clone()).exited(3).says("not signed").says(fingerprint_of_backup);
    let restored = new.run([&restore[..], &["--fingerprint", fingerprint_of_backup]].concat()).succeeded();
    let next = restored.stdout.lines().find(|line| line.contains("labtrust import ")).unwrap().trim();
    new.sh(&format!("{next} --out /srv/proxy --no-trust")).succeeded();
    let placed = new.read(&format!("/srv/proxy/{HOST}.crt"));
    assert_eq!(fingerprint(new, &placed), fingerprint(new, &pair.leaf));
}

#[test]
fn a_pair_that_was_imported_and_a_request_that_waits_come_back_too() {
    let old = machine!("gitlab");
    let pair = Pair::made(&old, &[HOST], Validity::Current);
    for (path, text) in [("leaf", &pair.leaf), ("root", &pair.root), ("key", &pair.key)] {
        old.write_with_mode(&format!("/root/{path}.pem"), "600", text);
    }
    let import = "labtrust import --cert /root/leaf.pem --key /root/key.pem --chain /root/root.pem --out /srv/proxy --no-trust";
    old.sh(import).succeeded();
    let request = old.run(["labtrust", "request", HOST]).succeeded().stdout;
    old.write_with_mode("/root/key", "600", IDENTITY);
    let saved = old.run(labtrust(&["backup", FILE, "--recipient", RECIPIENT])).succeeded();

    let new = machine!("gitlab");
    import_again(&old, &new, &pair, &told(&saved));
    assert_eq!(
        new.run(["labtrust", "request", HOST]).succeeded().stdout,
        request,
        "its answer is still good"
    );
}

#[test]
fn the_key_of_an_imported_pair_is_saved_wherever_gitlab_rb_has_it() {
    let old = machine!("gitlab");
    let gitlab = Gitlab::start(&old);
    let elsewhere = "/etc/gitlab/keys/host.pem";
    let settings = format!(
        "external_url 'https://{HOST}'\nregistry_external_url 'https://{HOST}:4567'\nletsencrypt['enable'] = false\n\
         nginx['ssl_certificate_key'] = '{elsewhere}'\nregistry_nginx['ssl_certificate_key'] = '{elsewhere}'\n"
    );
    old.sh("mkdir /etc/gitlab/keys").succeeded();
    gitlab.configure(&settings);
    let pair = Pair::made(&old, &[HOST], Validity::Current);
    for (path, text) in [("leaf", &pair.leaf), ("root", &pair.root), ("key", &pair.key)] {
        old.write_with_mode(&format!("/root/{path}.pem"), "600", text);
    }
    let import =
        "labtrust import --cert /root/leaf.pem --key /root/key.pem --chain /root/root.pem --no-trust";
    old.sh(import).succeeded().says(elsewhere);
    let backup = labtrust(&["backup", FILE, "--recipient", RECIPIENT]);
    let saved = old.run(backup.clone()).succeeded();

    let new = machine!("gitlab");
    import_again(&old, &new, &pair, &told(&saved));

    // Without it, labtrust says so.
    old.sh(&format!("rm {elsewhere}")).succeeded();
    old.run([&backup[..], &["--replace"]].concat()).succeeded().says("is not saved: none of the files");
}

#[test]
fn on_the_same_machine_what_it_had_done_can_be_taken_back_again() {
    let machine = machine!("gitlab");
    let before = machine.settled();
    machine.write_with_mode("/tmp/key", "600", IDENTITY);
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/proxy"]).succeeded();
    let saved = machine.run(labtrust(&["backup", "/tmp/labtrust.age", "--recipient", RECIPIENT])).succeeded();
    machine.sh("rm -r /var/lib/labtrust").succeeded();
    let restore = ["restore", "/tmp/labtrust.age", "--identity", "/tmp/key", "--fingerprint", &told(&saved)];
    machine.run(labtrust(&restore)).succeeded();
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/proxy"]).succeeded().says("nothing was changed");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_terminal_is_asked_twice_for_a_new_passphrase() {
    let machine = machine!("gitlab");
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/proxy", "--no-trust"]).succeeded();
    let mut terminal = machine.command(labtrust(&["backup", FILE])).terminal();
    for second in ["battery", "correct"] {
        assert!(!machine.has(FILE));
        terminal.expect("New passphrase of the backup:");
        terminal.send("correct\n");
        terminal.expect("Repeat the passphrase:");
        terminal.send(&format!("{second}\n"));
    }
    let output = terminal.finish().succeeded();
    assert_eq!(output.stdout.matches("do not match: type both again").count(), 1, "{output:?}");
    assert!(machine.has(FILE));
}
