//! `restore --replace` loses no file of the state folder, and a restore into another folder does not touch the files of
//! the first one.

use labtrust::backup::{Archive, Lock, Opener, seal};
use zeroize::Zeroizing;

use super::{FILE, PASSPHRASE, labtrust};
use crate::lab::{HOST, Machine};

const STATE: &str = "/var/lib/labtrust";
const COMPANY: &str = "/root/company.age";

fn passphrase() -> Zeroizing<String> {
    Zeroizing::new("correct horse".into())
}

/// The SHA-256 of each CA file in `folder`, with the file that names the CA in use.
fn of_authorities(machine: &Machine) -> Vec<String> {
    let list = format!("cd {STATE}; sha256sum authority*/* rotation.json 2>/dev/null; true");
    let sums = machine.sh(&list).succeeded().stdout;
    sums.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn whatever_of_a_damaged_ca_is_replaced_is_still_in_the_state_folder() {
    let machine = machine!("gitlab");
    machine.write_with_mode("/root/passphrase", "600", "correct horse\n");
    let script = format!(
        "labtrust setup {HOST} --out /srv/proxy --no-trust && labtrust backup {FILE} {passphrase}
         labtrust rotate start
         labtrust setup {HOST} --state /root/company --self-signed --out /srv/other --no-trust
         labtrust backup {COMPANY} --state /root/company {passphrase}; cp -a {STATE} /root/whole",
        passphrase = PASSPHRASE.join(" ")
    );
    machine.sh(&script).succeeded();
    for (backup, damage) in [
        (COMPANY, "true"),
        (COMPANY, "echo x >authority/setup.json"),
        (COMPANY, "rm authority/setup.json"),
        (COMPANY, "echo x >authority/root.crt"),
        (COMPANY, "echo x >authority/root.crt; cat /root/company/authority/setup.json >authority/setup.json"),
        (COMPANY, "echo x >rotation.json"),
        (COMPANY, "rm -r rotation.json authority/root.crt receipts"),
        (FILE, "sed -i 's/\"days\": [0-9]*/\"days\": 90/' authority/setup.json"),
        (FILE, "echo x >authority/intermediates.crt"),
        (FILE, "echo x >rotation.json"),
    ] {
        let point = format!("{backup}, {damage}");
        machine.sh(&format!("rm -rf {STATE}; cp -a /root/whole {STATE}; cd {STATE}; {damage}")).succeeded();
        let before = of_authorities(&machine);
        assert!(before.len() > 5, "{point}: {before:?}");
        machine.run(labtrust(&[&["restore", backup][..], &PASSPHRASE].concat())).exited(3).says("--replace");
        let restored =
            machine.run(labtrust(&[&["restore", backup, "--replace"][..], &PASSPHRASE].concat())).succeeded();
        let now = machine.sh(&format!("find {STATE} -type f -exec sha256sum {{}} +")).succeeded().stdout;
        for sum in before {
            assert!(now.contains(&sum), "{point}: {sum} is lost: {restored}{now}");
        }
        machine.run(["labtrust", "export"]).succeeded();
    }
}

#[test]
fn a_backup_tried_in_another_folder_is_taken_back_there_alone() {
    let machine = machine!("gitlab");
    machine.write_with_mode("/root/passphrase", "600", "correct horse\n");
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/proxy"]).succeeded();
    machine.run(labtrust(&[&["backup", FILE][..], &PASSPHRASE].concat())).succeeded();
    // A backup of an older labtrust does not name its folder.
    let opened = seal::open(&machine.read_bytes(FILE), &Opener::Passphrase(passphrase())).expect("opened");
    let mut older = Archive::read(&opened).expect("an archive");
    older.manifest.state = None;
    older.signature = None;
    let older = older.to_bytes().expect("bytes");
    let older = seal::seal(&older, &Lock::Passphrase(passphrase())).expect("sealed");
    machine.write_with_mode("/root/older.age", "600", older);
    let before = machine.settled();
    for file in [FILE, "/root/older.age"] {
        let restore = ["restore", file, "--state", "/srv/it's tried"];
        let restored = machine.run(labtrust(&[&restore[..], &PASSPHRASE].concat())).succeeded();
        let next =
            restored.stdout.lines().find(|line| line.contains("labtrust setup ")).expect("a next step");
        assert!(next.ends_with(r"--state '/srv/it'\''s tried'"), "{next}");
        let undone = machine.run(["labtrust", "setup", "--undo", "--yes", "--state", "/srv/it's tried"]);
        // The machine trusts that CA still, for the other folder.
        undone.exited(1).says("still trusted");
        assert_eq!(machine.changes_since(&before), [""; 0], "{file}");
        machine.run(["labtrust", "status"]).succeeded();
    }
}
