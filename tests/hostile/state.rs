//! A state folder that somebody else can write to: what lies in it would be run, restored and trusted,
//! so none of it is.

use std::time::Duration;

use super::{VICTIMS, sampled, trust_command, witness};
use crate::lab::{HOST, Machine};

const LIMIT: Duration = Duration::from_secs(30);

/// What would come of a receipt that is believed: a program is run, and a file replaced.
const RECEIPT: &str = r#"{
  "schema": 1, "name": "setup", "anchor": null, "changes": [{
    "store": "gitlab", "subject": "planted", "actor": "machine", "phase": "applied", "proven": 1,
    "settle": { "applied": [], "undone": [{ "program": "/bin/sh", "arguments": ["-c", "touch /etc/planted-run"] }] },
    "proof": { "files": { "files": [] } },
    "steps": [{ "file": { "path": "/root/victim", "before": "absent", "after": "VICTIM", "folders": [] } }]
  }]
}"#;

/// How a state folder is somebody else's: `$state` is the folder, with the receipt in it as root's.
const WAYS: [(&str, &str); 17] = [
    ("it is alice's", "chown -R alice: $state"),
    ("it is alice's, the receipt is root's", "chown alice: $state"),
    ("everybody may write to it", "chmod 777 $state"),
    ("a group may write to it", "chgrp users $state; chmod 770 $state"),
    ("an access list lets alice write to it", "$list access $state"),
    ("an access list lets alice write to what is made in it", "$list default $state"),
    ("an access list lets alice write above it", "$list access ${state%/*}"),
    ("everybody may write above it", "chmod 777 ${state%/*}"),
    (
        "it lies in alice's home",
        "mkdir -p /home/alice/lab; rm -rf /home/alice/lab/*; mv $state /home/alice/lab/; ln -sT /home/alice/lab/state $state",
    ),
    ("it is a link of alice's", "mv $state ${state}2; ln -s ${state}2 $state; chown -h alice: $state"),
    ("the receipts are alice's", "chown alice: $state/receipts"),
    ("the receipt's folder is alice's", "chown alice: $state/receipts/setup"),
    ("the receipt is alice's", "chown alice: $state/receipts/setup/receipt.json"),
    ("everybody may write the receipt", "chmod 666 $state/receipts/setup/receipt.json"),
    ("the receipt is a link", "cd $state/receipts/setup; mv receipt.json x; ln -s x receipt.json"),
    ("the receipt is a pipe", "cd $state/receipts/setup; rm receipt.json; mkfifo receipt.json"),
    ("the receipt has no end", "cd $state/receipts/setup; truncate -s 5G receipt.json"),
];

/// Gives alice all rights by an access list: `access FOLDER`, or `default FOLDER` for what is made in that. The
/// program is not on every machine that can be written to so.
pub(super) const LIST: &str = r#"
import os, pwd, struct, sys
kind, folder = sys.argv[1:]
alice = pwd.getpwnam("alice").pw_uid
entries = [(1, 7, -1), (2, 7, alice), (4, 5, -1), (16, 7, -1), (32, 5, -1)]
value = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
os.setxattr(folder, "system.posix_acl_" + kind, value)
"#;

/// The commands that read receipts, and whether they change something by them.
fn commands(machine: &Machine) -> Vec<Vec<String>> {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    vec![
        words("labtrust setup --undo --yes"),
        words("labtrust untrust --all"),
        words("labtrust setup --undo --dry-run"),
        words(&format!("labtrust setup {HOST} --no-trust --replace --out /srv/out")),
        [trust_command(machine, HOST), words("--store docker")].concat(),
    ]
}

#[test]
fn what_somebody_else_can_write_into_a_state_folder_is_not_believed() {
    let machine = machine!("server");
    machine.ensure_user("alice");
    machine.sh(VICTIMS).succeeded();
    machine.write("/root/list.py", LIST);
    let sha256 = machine.sh("sha256sum </root/victim").stdout[..64].to_owned();
    let receipt = RECEIPT.replace("VICTIM", &sha256);
    let place = "rm -rf /srv/*; mkdir -m 755 /srv/lab; mkdir -m 700 -p /srv/lab/state/receipts/setup";
    let write = |script: &str| {
        machine.sh(place).succeeded();
        machine.write_with_mode("/srv/lab/state/receipts/setup/receipt.json", "600", &receipt);
        machine
            .sh(&format!("umask 022; state=/srv/lab/state; list='python3 /root/list.py'; {script}"))
            .succeeded();
    };
    let before = witness(&machine);
    let commands = commands(&machine);
    let state = ["--state".to_owned(), "/srv/lab/state".to_owned()];
    let (mut tried, mut refused) = (0, 0);
    let is_passed_by: Vec<_> =
        WAYS.iter().map(|(way, _)| *way).skip_while(|way| !way.starts_with("the receipt's folder")).collect();
    for (way, script) in WAYS {
        for line in sampled(&commands) {
            write(script);
            let output = machine.command([&line[..], &state].concat()).limit(LIMIT).run();
            let point = format!("{way}: {output}");
            // For trust alone, the receipt of a setup need not be read.
            let is_of_trust = line[1] == "trust" || line[1] == "untrust";
            if output.code() != 0 || !is_passed_by.contains(&way) || !is_of_trust {
                let has = |word: &str| line.iter().any(|one| one == word);
                // A dry run says that the files which cannot be believed would be moved aside.
                let is_dry =
                    has("--dry-run") && output.stdout.contains("move /srv/lab/state/receipts/setup aside");
                assert_eq!(output.code(), if is_dry { 1 } else { 3 }, "{point}");
                // Undoing a setup moves them aside, and says that nothing is known of the rest.
                let is_put_aside =
                    has("--undo") && output.stdout.contains("setup's receipt is lost") || is_dry;
                assert!(is_put_aside || output.stderr.starts_with("error: "), "{point}");
                refused += 1;
            }
            assert_eq!(witness(&machine), before, "{point}");
            tried += 1;
        }
    }
    println!("{tried} foreign states tried, {refused} refused");

    // A new one in alice's home is refused as well, and not left there.
    machine.run(["labtrust", "setup", HOST, "--state", "/home/alice/new/state"]).exited(3);
    assert!(!machine.has("/home/alice/new"));

    // The same receipt, where root alone can have written it, is one.
    write("");
    machine.command([&commands[0][..], &state].concat()).run();
    assert!(machine.has("/etc/planted-run") && !machine.has("/root/victim"), "the receipt was never one");
}

/// How folders are on machines where nobody means harm, and the run that must go through on each.
const ORDINARY: [(&str, &str, &str, &str); 5] = [
    (
        "Debian's group staff writes below /usr/local",
        "root",
        "chgrp -R staff /usr/local; chmod 2775 /usr/local /usr/local/share /usr/local/share/ca-certificates",
        "$trust && labtrust untrust",
    ),
    ("a user's umask is 002", "alice", "umask 002; mkdir ~/state ~/out", "umask 002; $setup --state ~/state"),
    ("root's umask is 002", "root", "umask 002; mkdir ~/state", "umask 002; $setup --state ~/state"),
    (
        "the state folder is on another volume",
        "root",
        "mkdir /srv/state; ln -s /srv/state /var/lib/labtrust",
        "$trust && labtrust untrust && [ -d /var/lib/labtrust ]",
    ),
    (
        "Docker's configuration is on another volume",
        "root",
        "mkdir -p /etc/docker; mv /etc/docker /srv/docker; ln -s ../srv/docker /etc/docker",
        "$trust && ls /srv/docker/certs.d/*/labtrust-* && labtrust untrust",
    ),
];

#[test]
fn what_is_ordinary_is_not_taken_for_somebody_elses() {
    let machine = machine!("server");
    machine.ensure_user("alice");
    machine.sh("rm -f /etc/ca-certificates/update.d/*").succeeded();
    let trust = trust_command(&machine, HOST).join(" ");
    let setup = format!("labtrust setup {HOST} --no-trust --out ~/out");
    for (what, user, prepare, run) in ORDINARY {
        println!("{what}");
        for script in [prepare, &run.replace("$trust", &trust).replace("$setup", &setup)] {
            let command = machine.command(["sh", "-c", script]);
            if user == "root" { command } else { command.user(user) }.run().succeeded();
        }
    }
    println!("{} ordinary machines tried, all held", ORDINARY.len());
}
