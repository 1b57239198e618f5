//! Users' NSS databases, by certutil: what was there comes back exactly so, and nothing is called removed that is not.

use super::{
    chromium::{create, listed},
    fingerprint,
};
use crate::lab::{HOST, Machine, Pair, Recipe, browsers::NEW_CERTUTIL};

const FOLDER: &str = "/home/alice/.pki/nssdb";

/// A machine on which alice has an empty database, a CA in `/srv/ca.crt`, and the line that trusts it.
fn scene(name: &str) -> Option<(Machine, Vec<String>)> {
    let machine = match Machine::new(name) {
        Ok(machine) => machine,
        Err(reason) => {
            crate::lab::skip(&reason);
            return None;
        }
    };
    machine.ensure_user("alice");
    create(&machine, FOLDER);
    let pair = Pair::by(&machine, &Recipe::NAMESAKE);
    machine.write("/srv/ca.crt", &pair.root);
    let sha256 = fingerprint(&machine, &pair.root);
    let trust =
        ["labtrust", "trust", "/srv/ca.crt", "--for", HOST, "--fingerprint", &sha256, "--store=chromium"];
    Some((machine, trust.map(str::to_owned).to_vec()))
}

/// Runs `certutil` or another program with these arguments on the database.
fn certutil(machine: &Machine, program: &str, arguments: &str) {
    let line = format!("{program} -d sql:{FOLDER} {arguments}");
    machine.run_as("alice", ["sh", "-c", &line]).succeeded();
}

/// The classes of the objects of the database, sorted.
fn objects(machine: &Machine) -> String {
    let script = "import sqlite3,sys\nfor row in sqlite3.connect(sys.argv[1]).execute('select hex(a0) from nssPublic'): print(*row)";
    let listed =
        machine.run(["/usr/bin/python3", "-c", script, &format!("{FOLDER}/cert9.db")]).succeeded().stdout;
    let mut lines: Vec<&str> = listed.lines().collect();
    lines.sort_unstable();
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_certificate_that_was_there_comes_back_with_its_name_and_trust() {
    let Some((machine, trust)) = scene("nss-before") else { return };
    for flags in [",,", "T,C,", "p,p,p", "c,,"] {
        certutil(&machine, "certutil", &format!("-A -n 'My CA, old' -t {flags} -i /srv/ca.crt"));
        let before = listed(&machine, FOLDER);
        machine.run_as("alice", &trust).succeeded();
        let trusted = listed(&machine, FOLDER);
        assert!(
            trusted.len() == 1 && trusted[0].starts_with("My CA, old ") && trusted[0].contains('C'),
            "{trusted:?}"
        );
        machine.run_as("alice", &trust).succeeded().says("chromium");
        machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
        assert_eq!(listed(&machine, FOLDER), before, "{flags}");
        certutil(&machine, "certutil", "-D -n 'My CA, old'");
    }

    // Somebody else trusts it: nothing is changed, and only --purge removes it.
    certutil(&machine, "certutil", "-A -n mine -t C,, -i /srv/ca.crt");
    machine.run_as("alice", &trust).succeeded();
    machine.run_as("alice", ["labtrust", "untrust", "/srv/ca.crt"]).exited(1).says("still trusted");
    assert_eq!(listed(&machine, FOLDER), ["mine C,,"]);
    machine.run_as("alice", ["labtrust", "untrust", "/srv/ca.crt", "--purge"]).succeeded();
    assert_eq!((listed(&machine, FOLDER), objects(&machine)), (Vec::new(), String::new()));
}

#[test]
fn another_certificate_of_the_same_name_is_left_in_place() {
    let Some((machine, trust)) = scene("nss-namesake") else { return };
    let other = Pair::by(&machine, &Recipe { days: (-1, 3000), ..Recipe::NAMESAKE });
    machine.write("/srv/other.crt", &other.root);
    certutil(&machine, "certutil", "-A -n other -t p,C, -i /srv/other.crt");
    let before = (listed(&machine, FOLDER), objects(&machine));
    machine.run_as("alice", &trust).succeeded();
    assert_eq!(listed(&machine, FOLDER).len(), 2);
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    assert_eq!((listed(&machine, FOLDER), objects(&machine)), before);
}

#[test]
fn an_entry_that_somebody_changed_since_is_left_and_named() {
    let Some((machine, trust)) = scene("nss-changed") else { return };
    machine.run_as("alice", &trust).succeeded();
    let name = listed(&machine, FOLDER)[0].split(' ').next().unwrap().to_owned();
    certutil(&machine, "certutil", &format!("-M -n {name} -t p,,"));
    machine.run_as("alice", ["labtrust", "untrust"]).says("another program or person changed it");
    assert_eq!(listed(&machine, FOLDER), [format!("{name} p,,")]);

    // Under another name, it is somebody else's.
    certutil(&machine, "certutil", &format!("-D -n {name}"));
    machine.run_as("alice", &trust).succeeded();
    certutil(&machine, "certutil", &format!("-D -n {name}"));
    certutil(&machine, "certutil", "-A -n 'Corp CA' -t CT,C,C -i /srv/ca.crt");
    machine.run_as("alice", ["labtrust", "untrust"]).exited(1).says("another program or person changed it");
    assert_eq!(listed(&machine, FOLDER), ["Corp CA CT,C,C"]);
}

#[test]
fn a_new_database_is_kept_when_somebody_else_uses_it() {
    let Some((machine, trust)) = scene("nss-module") else { return };
    machine.sh(&format!("rm {FOLDER}/*")).succeeded();
    machine.run_as("alice", &trust).succeeded();
    let module = format!("printf 'library=/usr/lib/other.so\\nname=other\\n\\n' >>{FOLDER}/pkcs11.txt");
    machine.sh(&module).succeeded();
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    assert!(machine.read(&format!("{FOLDER}/pkcs11.txt")).contains("other.so"));

    // A part of a database that was there before stays too.
    machine.sh(&format!("rm {FOLDER}/cert9.db {FOLDER}/key4.db")).succeeded();
    machine.run_as("alice", &trust).succeeded();
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    assert!(machine.read(&format!("{FOLDER}/pkcs11.txt")).contains("other.so"));
}

#[test]
fn a_password_that_nobody_gives_leaves_no_half_entry() {
    let Some((machine, trust)) = scene("nss-password") else { return };
    machine.write("/srv/password", "secret\n");
    machine.sh(&format!("rm -rf {FOLDER}")).succeeded();
    let new = format!("mkdir -p {FOLDER} && certutil -N -d sql:{FOLDER} -f /srv/password");
    machine.run_as("alice", ["sh", "-c", &new]).succeeded();
    let failed = machine.run_as("alice", &trust).exited(3).says("certutil asks you for it: ");
    assert_eq!((listed(&machine, FOLDER), objects(&machine)), (Vec::new(), String::new()));
    machine.run_as("alice", ["labtrust", "untrust"]).says("nothing to undo");

    // The command that it printed does it.
    let line = failed.stdout.lines().find_map(|line| line.split_once("asks you for it: ")).unwrap().1;
    let mut terminal = machine.command(["sh", "-c", line]).user("alice").terminal();
    terminal.expect("Enter Password");
    // certutil drops what is typed before it hides it.
    std::thread::sleep(std::time::Duration::from_secs(1));
    terminal.send("secret\n");
    terminal.finish().succeeded();
    machine.run_as("alice", &trust).succeeded();
}

#[test]
fn trust_that_an_older_certutil_leaves_is_not_called_removed() {
    let Some((machine, trust)) = scene("nss-left") else { return };
    // A new browser adds it itself: the installed certutil shows neither its trust nor removes it.
    certutil(&machine, NEW_CERTUTIL, "-A -n mine -t C,, -i /srv/ca.crt");
    assert_eq!(listed(&machine, FOLDER), ["mine ,,"]);
    machine.run_as("alice", &trust).succeeded();
    assert_eq!(listed(&machine, FOLDER), ["mine ,,"]);
    let purge = ["labtrust", "untrust", "/srv/ca.crt", "--purge"];
    machine.run_as("alice", purge).exited(3).says("certutil cannot remove");
    assert_eq!(listed(&machine, FOLDER), ["mine ,,"]);

    certutil(&machine, "certutil", "-D -n mine");
    assert_eq!((listed(&machine, FOLDER), objects(&machine)), (Vec::new(), "0000000B\n".into()));
    machine.run_as("alice", ["labtrust", "untrust", "/srv/ca.crt"]).exited(1).says("its trust remains");
    machine.run_as("alice", purge).exited(3).says("certutil cannot remove");

    // NSS tools that are as new remove it.
    machine.sh(&format!("mount --bind {NEW_CERTUTIL} /usr/bin/certutil")).succeeded();
    machine.run_as("alice", purge).succeeded();
    assert_eq!((listed(&machine, FOLDER), objects(&machine)), (Vec::new(), String::new()));
    machine.run_as("alice", &trust).succeeded();
    assert_eq!(objects(&machine), "00000001\n0000000B\n");
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    assert_eq!(objects(&machine), "");
}

#[test]
fn a_purge_that_fails_puts_back_what_it_deleted_with_either_certutil() {
    let Some((machine, _)) = scene("nss-restored") else { return };
    machine.sh("cp /usr/bin/certutil /srv/old-certutil").succeeded();
    for real in ["/srv/old-certutil", NEW_CERTUTIL] {
        let wrapper = format!("#!/bin/sh\n{real} \"$@\" || exit\n[ \"$1\" != -D ] || exit 9\n");
        machine.write_with_mode("/srv/certutil", "755", wrapper);
        machine.sh("mount --bind /srv/certutil /usr/bin/certutil").succeeded();
        for flags in ["C,,", "CT,C,C", "C,p,p"] {
            certutil(&machine, real, &format!("-A -n 'Corp CA, old' -t {flags} -i /srv/ca.crt"));
            let before = (listed(&machine, FOLDER), objects(&machine));
            let purge = ["labtrust", "untrust", "/srv/ca.crt", "--purge"];
            machine.run_as("alice", purge).exited(3).says("exit code 9");
            assert_eq!((listed(&machine, FOLDER), objects(&machine)), before, "{real} {flags}");
            machine.sh("umount /usr/bin/certutil").succeeded();
            machine.sh(&format!("mount --bind {real} /usr/bin/certutil")).succeeded();
            machine.run_as("alice", purge).succeeded();
            assert_eq!((listed(&machine, FOLDER), objects(&machine)), (Vec::new(), String::new()));
            machine.sh("umount /usr/bin/certutil; mount --bind /srv/certutil /usr/bin/certutil").succeeded();
        }
        machine.sh("umount /usr/bin/certutil").succeeded();
    }
}

/// What each certutil does with the trust that the other one wrote: the database tells, after the fact.
#[test]
fn trust_of_both_kinds_is_removed_or_named() {
    let Some((machine, trust)) = scene("nss-kinds") else { return };
    machine.sh("cp /usr/bin/certutil /srv/old-certutil").succeeded();
    let old = "/srv/old-certutil";
    let use_tool = |tool: &str| {
        machine.sh("umount /usr/bin/certutil 2>/dev/null; true").succeeded();
        machine.sh(&format!("mount --bind {tool} /usr/bin/certutil")).succeeded();
    };
    let purge = ["labtrust", "untrust", "/srv/ca.crt", "--purge"];
    let state = || (listed(&machine, FOLDER), objects(&machine));
    // Both kinds of objects at once, with the same trust: no flags tell that, and each certutil deletes only its own kind.
    certutil(&machine, NEW_CERTUTIL, "-A -n mine -t C,, -i /srv/ca.crt");
    certutil(&machine, old, "-M -n mine -t C,,");
    let before = state();
    assert_eq!(before.1, "00000001\n0000000B\nCE534353\n");
    for tool in [old, NEW_CERTUTIL] {
        use_tool(tool);
        machine
            .run_as("alice", purge)
            .exited(3)
            .says("another version of NSS wrote and that this certutil cannot");
        assert_eq!(state(), before, "{tool}");
    }
    certutil(&machine, old, "-D -n mine");
    machine.run_as("alice", ["labtrust", "untrust", "/srv/ca.crt"]).exited(1).says("its trust remains");
    machine.run_as("alice", purge).succeeded();
    assert_eq!(state(), (Vec::new(), String::new()));

    // Without trust in the old one, a new certutil removes both.
    certutil(&machine, old, "-A -n mine -t ,, -i /srv/ca.crt");
    certutil(&machine, old, "-M -n mine -t C,,");
    certutil(&machine, old, "-M -n mine -t ,,");
    machine.run_as("alice", &trust).succeeded();
    assert_eq!(objects(&machine), before.1);
    machine.run_as("alice", ["labtrust", "untrust"]).exited(0);
    assert_eq!(state().0, ["mine ,,"]);
    certutil(&machine, NEW_CERTUTIL, "-M -n mine -t C,,");
    machine.run_as("alice", purge).succeeded();
    assert_eq!(state(), (Vec::new(), String::new()));
}

#[test]
fn a_browser_is_named_for_a_restart_while_it_runs() {
    let Some((machine, trust)) = scene("nss-running") else { return };
    let start = "cp /bin/sleep /tmp/chromium; /tmp/chromium 600 </dev/null >/dev/null 2>&1 & echo $!";
    let started = machine.run_as("alice", ["sh", "-c", start]).succeeded().stdout;
    for _ in ["done", "in place"] {
        machine.run_as("alice", &trust).exited(4).says("restart Chromium of alice");
    }
    machine.run_as("alice", ["labtrust", "status"]).exited(1).says("restart Chromium of alice");
    machine.sh(&format!("kill {started}")).succeeded();
    machine.sh("while pgrep -x chromium; do sleep 0.05; done").succeeded();
    machine.run_as("alice", &trust).succeeded();
    // One that started since has read it.
    let again = "/tmp/chromium 600 </dev/null >/dev/null 2>&1 &";
    machine.run_as("alice", ["sh", "-c", again]).succeeded();
    machine.run_as("alice", &trust).succeeded();
    machine.run_as("alice", ["labtrust", "untrust"]).exited(4).says("restart Chromium of alice");
}

#[test]
fn a_database_that_a_killed_program_left_half_written_is_recovered() {
    let Some((machine, trust)) = scene("nss-journal") else { return };
    let script = "import sqlite3,os,sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute('PRAGMA cache_size=1')
c.execute('BEGIN IMMEDIATE')
for number in range(200): c.execute('INSERT INTO nssPublic (id, a0) VALUES (?, ?)', (number, bytes(3000)))
os.kill(os.getpid(), 9)";
    machine.run_as("alice", ["/usr/bin/python3", "-c", script, &format!("{FOLDER}/cert9.db")]);
    assert!(machine.has(&format!("{FOLDER}/cert9.db-journal")));
    machine.run_as("alice", &trust).succeeded();
    assert_eq!(listed(&machine, FOLDER).len(), 1);
}

#[test]
fn a_large_database_is_read() {
    let Some((machine, trust)) = scene("nss-large") else { return };
    // Objects that continue on other pages, and more than one page names.
    let script = "import sqlite3,sys
c = sqlite3.connect(sys.argv[1])
for number in range(500): c.execute('INSERT INTO nssPublic (id, a0, a11) VALUES (?, ?, ?)', (number, bytes(4), bytes(9 * number)))
c.commit()";
    machine.run_as("alice", ["/usr/bin/python3", "-c", script, &format!("{FOLDER}/cert9.db")]).succeeded();
    let before = objects(&machine);
    machine.run_as("alice", &trust).succeeded();
    machine.run_as("alice", &trust).succeeded();
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    assert_eq!(objects(&machine), before);
}

#[test]
fn a_certutil_that_floods_or_lies_is_not_believed() {
    let Some((machine, trust)) = scene("nss-flood") else { return };
    machine.write_with_mode("/srv/certutil", "755", "#!/bin/sh\nexec yes\n");
    machine.sh("mount --bind /srv/certutil /usr/bin/certutil").succeeded();
    machine.run_as("alice", &trust).exited(3);
    machine.write_with_mode("/srv/liar", "755", "#!/bin/sh\nexit 0\n");
    machine.sh("umount /usr/bin/certutil; mount --bind /srv/liar /usr/bin/certutil").succeeded();
    machine.run_as("alice", &trust).exited(3).says("not in /home/alice/.pki/nssdb");
}

#[test]
fn a_certutil_that_is_killed_leaves_nothing_of_a_new_database() {
    let Some((machine, trust)) = scene("nss-killed") else { return };
    machine
        .sh(&format!(
            "rm -rf {FOLDER} /home/alice/.pki; touch /usr/bin/chromium; chmod 755 /usr/bin/chromium"
        ))
        .succeeded();
    let leave = "import sqlite3,os,sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute('PRAGMA cache_size=1')
c.execute('BEGIN IMMEDIATE')
for number in range(200): c.execute('INSERT INTO nssPublic (id, a0) VALUES (?, ?)', (number, bytes(3000)))
os.kill(os.getpid(), 9)";
    machine.write("/srv/leave.py", leave);
    machine
        .sh("cp /usr/bin/certutil /srv/real; mkdir -p /home/alice/.local/share; chown -R alice: /home/alice")
        .succeeded();
    machine.write_with_mode(
        "/srv/certutil",
        "755",
        "#!/bin/sh\n[ \"$1\" != -A ] || exec /usr/bin/python3 /srv/leave.py /home/alice/.local/share/pki/nssdb/cert9.db\nexec /srv/real \"$@\"\n",
    );
    machine.sh("mount --bind /srv/certutil /usr/bin/certutil").succeeded();
    machine.run_as("alice", &trust).exited(3).says("signal 9");
    assert_eq!(
        machine.sh("find /home/alice/.local").succeeded().stdout,
        "/home/alice/.local\n/home/alice/.local/share\n"
    );
    machine.sh("umount /usr/bin/certutil").succeeded();
    machine.run_as("alice", &trust).succeeded();
}
