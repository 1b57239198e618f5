//! What can go wrong: each time one clear line and a hint, and nothing is changed.

use super::{SHELLS, VERSION, is_unchanged, with_stand_in};

/// A fault: what lays it (with tests/install/faults.sh), the options of the run that meets it, and a part of its message.
const FAULTS: [(&str, &str, &str); 32] = [
    ("", "--what", "--what is not an option of install.sh"),
    ("", "--to", "--to needs a value"),
    ("", "--from http://192.0.2.10", "http://192.0.2.10 is not an https URL"),
    ("", "--from /srv/nowhere", "ARCHIVE is not in /srv/nowhere"),
    ("rm $DIST/$ARCHIVE", "", "ARCHIVE is not in the folder of this script"),
    ("truncate -s 200 $DIST/$ARCHIVE", "", "is not the released file: its SHA-256 is"),
    (
        "sed -i 's/^[0-9a-f]\\{8\\}/00000000/' $DIST/install.sh",
        "",
        "is not the released file: its SHA-256 is",
    ),
    ("hide sha256sum shasum openssl busybox", "", "no program on this machine computes SHA-256"),
    ("hide gzip", "", "cannot read ARCHIVE"),
    ("hide tar", "", "cannot read ARCHIVE"),
    ("fake uname 'echo SunOS'", "", "is not built for SunOS on SunOS"),
    ("fake uname 'echo MINGW64_NT-10.0'", "", "does not install on Windows (MINGW64_NT-10.0)"),
    ("fake uname '[ $1 = -s ] && echo Linux || echo riscv64'", "", "is not built for Linux on riscv64"),
    (
        "fake uname '[ $1 = -s ] && echo Darwin || echo x86_64'",
        "",
        "-x86_64-apple-darwin.tar.gz is not in the folder",
    ),
    (
        "fake uname '[ $1 = -s ] && echo Darwin || echo x86_64'; fake sysctl 'echo 1'",
        "",
        "-aarch64-apple-darwin.tar.gz is not in the folder",
    ),
    ("repack 'rm $TOP/labtrust' $TOP", "", "ARCHIVE has no file TOP/labtrust"),
    ("repack 'ln -sf /bin/true $TOP/labtrust' $TOP", "", "ARCHIVE has no file TOP/labtrust"),
    ("repack 'ln -sf /etc/passwd $TOP/man/labtrust.1' $TOP", "", "ARCHIVE has no file TOP/man/labtrust.1"),
    ("repack 'echo x >odd' $TOP odd", "", "ARCHIVE has an unexpected file: odd"),
    ("repack 'echo x >../odd' $TOP ../odd", "", "ARCHIVE has an unexpected file: ../odd"),
    ("repack 'echo x >odd' $TOP /tmp/release/in/odd", "", "unexpected file: /tmp/release/in/odd"),
    ("repack 'echo echo 1 >$TOP/labtrust' $TOP", "", "the program in ARCHIVE is not labtrust"),
    ("mounted ro", "--to /srv/t", "cannot write to /srv/t: Read-only file system"),
    ("mounted ro", "--to /srv/t/a/bin", "cannot create the folder /srv/t/a/bin: Read-only file system"),
    ("mounted noexec", "--to /srv/t", "labtrust does not run in /srv/t: "),
    ("mounted size=64k; head -c 36k /dev/zero >/srv/t/full", "--to /srv/t/bin", "/srv/t"),
    ("mkdir -p /usr/local/bin/labtrust", "", "/usr/local/bin/labtrust is a folder"),
    ("ln -s /srv /usr/local/bin/labtrust", "", "/usr/local/bin/labtrust is a folder"),
    ("echo x >/usr/local/bin/labtrust", "", "labtrust is there, and this script did not install it"),
    (
        "mkdir -p /usr/local/share/man/man1; echo x >/usr/local/share/man/man1/labtrust.1",
        "",
        "labtrust.1 is there",
    ),
    (
        "mkdir /usr/local/bin/.labtrust-install; echo 1 >/usr/local/bin/.labtrust-install/pid",
        "",
        "another install.sh",
    ),
    ("", "--uninstall", "this script has not installed labtrust in /usr/local/bin"),
];

#[test]
fn every_fault_is_one_line_and_a_hint() {
    let top = format!("labtrust-{VERSION}-{}-unknown-linux-musl", std::env::consts::ARCH);
    let machine = machine!("client");
    with_stand_in(&machine);
    for (row, (fault, options, message)) in FAULTS.into_iter().enumerate() {
        machine.sh(&format!("{}\n{fault}", include_str!("faults.sh"))).succeeded();
        let before = machine.manifest();
        let found = || machine.sh("find /srv/t /tmp -xdev | sort").stdout;
        let found_before = found();
        let message = message.replace("ARCHIVE", &format!("{top}.tar.gz")).replace("TOP", &top);
        // Not in BusyBox's shell, which has programs of its own that no PATH hides.
        let shells = SHELLS.map(|shell| if shell.starts_with("busybox") { "dash" } else { shell });
        let shell = shells[row % shells.len()];
        let run = machine.sh(&format!("PATH=/tmp/path; exec {shell} /srv/dist/install.sh {options}"));
        let is_usage = options == "--what" || options == "--to";
        let run = run.exited(if is_usage { 2 } else { 1 }).says(&message);
        let lines: Vec<_> = run.stderr.lines().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!((lines.as_slice(), run.stdout.as_str()), (&["error", "hint"][..], ""), "{run}");
        is_unchanged(&machine, &before, &message);
        assert_eq!(found(), found_before, "{message}");
    }
}

/// What is not a fault: a `/tmp` that runs nothing or is full, other tools in place of the usual ones, more files.
#[test]
fn what_is_missing_is_done_without() {
    for obstacle in [
        "mount -o remount,noexec /tmp",
        "mount -o remount,ro /tmp",
        "hide sha256sum",
        "hide sha256sum shasum",
        "hide sha256sum shasum openssl",
        "hide sysctl curl wget mktemp",
        "fake uname '[ $1 = -s ] && echo Linux || echo amd64'",
        "repack 'echo x >$TOP/CHANGES; mkdir $TOP/other; ln -s / $TOP/other/link' $TOP",
    ] {
        let machine = machine!("client");
        with_stand_in(&machine);
        machine.sh(&format!("{}\n{obstacle}", include_str!("faults.sh"))).succeeded();
        let run = machine.sh("PATH=/tmp/path; exec sh /srv/dist/install.sh").succeeded();
        assert_eq!(run.stderr, "", "{obstacle}");
        assert!(machine.has("/usr/local/bin/labtrust"), "{obstacle}");
    }
    let machine = machine!("client");
    with_stand_in(&machine);
    let run = machine.run_as("alice", ["sh", "-c", "unset HOME; sh /srv/dist/install.sh"]);
    run.exited(1).says("error: HOME is not set\nhint: choose a folder: sh /srv/dist/install.sh --to DIR");
}

/// A disk, or its table of files, that is full after any number of writes.
#[test]
fn a_full_disk_leaves_nothing() {
    let machine = machine!("client");
    with_stand_in(&machine);
    machine.sh("mkdir /srv/t").succeeded();
    let mut ways = [0, 0];
    for option in ["size", "nr_inodes"] {
        for number in 1..=24 {
            let value = if option == "size" { format!("{}k", number * 8) } else { (number * 3).to_string() };
            machine.sh(&format!("mount -t tmpfs -o {option}={value} none /srv/t")).succeeded();
            let run = machine.sh("sh /srv/dist/install.sh --to /srv/t/bin");
            if run.code() == 0 {
                machine
                    .sh("sh /srv/dist/install.sh --to /srv/t/bin")
                    .succeeded()
                    .says("is already installed");
                machine.sh("/srv/t/bin/labtrust --version").succeeded().says(VERSION);
            } else {
                let run = run.exited(1).says("error: cannot ").says("hint: ");
                assert_eq!((run.stderr.lines().count(), run.stdout.as_str()), (2, ""), "{value}: {run}");
                assert_eq!(machine.sh("ls -A /srv/t").stdout, "", "{option}={value}: {run}");
            }
            ways[usize::from(machine.has("/srv/t/bin"))] += 1;
            machine.sh("umount /srv/t").succeeded();
        }
    }
    assert!(ways.into_iter().all(|number| number > 5), "{ways:?}");
}
