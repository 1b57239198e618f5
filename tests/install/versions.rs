//! One version after another: what an earlier run installed is replaced or removed, what others changed is not, and a
//! run that was killed is no obstacle.

use super::{is_unchanged, stand_in, with_stand_in};
use crate::lab::{Machine, Output};

fn install(machine: &Machine, options: &str) -> Output {
    machine.sh(&format!("sh /srv/dist/install.sh {options}"))
}

/// A release of another version in /srv/next, without the manual page of `trust`.
fn next(machine: &Machine) {
    stand_in(machine, "9.9.9", "/srv/next");
    let script = "cd /srv/next && old=$(sha256sum *.tar.gz) && mkdir /tmp/in && tar -C /tmp/in -xzf *.tar.gz && rm /tmp/in/*/man/*trust-trust* &&
        tar -C /tmp/in -czf *.tar.gz $(ls /tmp/in) && sed -i \"s/^$old/$(sha256sum *.tar.gz)/\" install.sh";
    machine.sh(script).succeeded();
}

#[test]
fn another_version_takes_its_place() {
    let machine = machine!("client");
    with_stand_in(&machine);
    next(&machine);
    let before = machine.manifest();
    install(&machine, "").succeeded();
    machine.sh("sh /srv/next/install.sh").succeeded().says("labtrust 9.9.9 (abc1234");
    assert!(!machine.has("/usr/local/share/man/man1/labtrust-trust.1"));
    machine.sh("labtrust --version").says("labtrust 9.9.9");
    assert_eq!(machine.read("/usr/local/share/man/man1/labtrust.1"), "page  of 9.9.9\n");
    // The record is the same for both scripts.
    install(&machine, "--uninstall").succeeded();
    is_unchanged(&machine, &before, "uninstalled");
}

#[test]
fn what_others_changed_stays() {
    let machine = machine!("client");
    with_stand_in(&machine);
    next(&machine);
    install(&machine, "").succeeded();
    machine
        .sh("echo mine >/usr/local/bin/labtrust; echo mine >/usr/local/share/man/man1/labtrust-trust.1")
        .succeeded();
    let before = machine.manifest();
    machine.sh("sh /srv/next/install.sh").exited(1).says("/usr/local/bin/labtrust is there");
    is_unchanged(&machine, &before, "refused");
    machine
        .sh("sh /srv/next/install.sh --replace")
        .succeeded()
        .says("left, because it is not as it was installed: ");
    assert_eq!(machine.read("/usr/local/share/man/man1/labtrust-trust.1"), "mine\n");
    machine.sh("echo mine >/usr/local/share/man/man1/labtrust.1").succeeded();
    install(&machine, "--uninstall").succeeded().says("man1/labtrust.1");
    let left =
        machine.sh("cd /usr/local && find bin share/man/man1 share/labtrust share/zsh -type f 2>/dev/null | LC_ALL=C sort");
    assert_eq!(left.stdout, "share/man/man1/labtrust-trust.1\nshare/man/man1/labtrust.1\n");
}

/// A `mv` that kills the shell, its own parent, in place of its Nth run.
const KILLER: &str = "#!/bin/sh
n=$(($(cat /tmp/count) + 1)); echo $n >/tmp/count
[ $n -ne N ] || kill -KILL $PPID $$
exec /usr/bin/mv \"$@\"
";

#[test]
fn a_killed_run_is_no_obstacle() {
    let machine = machine!("client");
    with_stand_in(&machine);
    next(&machine);
    let before = machine.manifest();
    for renames in [1, 2, 4, 8] {
        machine.write_with_mode("/tmp/path/mv", "755", KILLER.replace('N', &renames.to_string()));
        let killed = |script: &str| {
            let line = format!("echo 0 >/tmp/count; PATH=/tmp/path:$PATH sh /srv/{script}/install.sh");
            machine.run(["sh", "-c", &format!("{line} & wait $!")]).exited(137);
        };
        // A first run, which the next run completes, or takes back: then it may say that nothing was installed.
        killed("dist");
        install(&machine, "").succeeded();
        install(&machine, "--uninstall").succeeded();
        is_unchanged(&machine, &before, &format!("{renames} completed"));
        killed("dist");
        install(&machine, "--uninstall");
        is_unchanged(&machine, &before, &format!("{renames} taken back"));
        // The same where another version was installed.
        install(&machine, "").succeeded();
        killed("next");
        install(&machine, "").succeeded();
        install(&machine, "--uninstall").succeeded();
        is_unchanged(&machine, &before, &format!("{renames} back to the earlier version"));
    }
}

#[test]
fn runs_at_once_do_not_disturb_each_other() {
    let machine = machine!("client");
    with_stand_in(&machine);
    next(&machine);
    let before = machine.manifest();
    for _ in 0..5 {
        let line = "for script in dist next dist next; do sh /srv/$script/install.sh >/dev/null & done; wait";
        let run = machine.sh(line).succeeded();
        let others = |line: &&str| {
            !line.starts_with("hint: ") && *line != "error: another install.sh is at work in /usr/local/bin"
        };
        assert_eq!(run.stderr.lines().find(others), None, "{run}");
        machine.run(["labtrust"]).succeeded();
        install(&machine, "--uninstall").succeeded();
        is_unchanged(&machine, &before, "uninstalled");
    }
}
