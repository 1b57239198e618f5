//! A machine is apart from the machine that runs the tests, also where these run in a chroot: entering a mount
//! namespace alone leads out of it.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::lab::{HOST, Machine, PROGRAM, Pair, Validity};

/// A test of this file, by the name that the test runner knows it by.
const STAYS: &str = "lab_selftest::apart::what_a_test_changes_stays_in_its_machine";

/// Changes everything that some test changes: users, names, the system's and Java's store, packages, programs.
fn change_everything(machine: &Machine) {
    machine.ensure_user("mallory");
    machine.write("/etc/hosts", "127.0.0.1 changed\n");
    machine.write("/etc/resolv.conf", "nameserver 192.0.2.1\n");
    let root = Pair::made(machine, &[HOST], Validity::Current).root;
    machine.write("/usr/local/share/ca-certificates/changed.crt", root);
    machine.run(["update-ca-certificates"]).succeeded().says("Processing triggers for ca-certificates-java");
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/pair"]).succeeded();
    machine.with_systemd();
    machine
        .sh("for folder in /etc /usr/local /root /var/lib .; do echo changed >$folder/changed; done")
        .succeeded();
}

/// What tells that a file or folder was written to: it has another inode or another time of change.
fn state(path: &Path) -> Option<(u64, i64, i64)> {
    let metadata = fs::symlink_metadata(path).ok()?;
    Some((metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
}

#[test]
fn what_a_test_changes_stays_in_its_machine() {
    let machine = machine!("changed");
    change_everything(&machine);
    let paths: Vec<PathBuf> = machine.manifest().paths().collect();
    let certain =
        ["etc/passwd", "etc/hosts", "etc/ssl/certs/java/cacerts", "usr/bin/systemctl", "root/changed"];
    for path in certain.map(|path| Path::new("/").join(path)) {
        assert!(paths.contains(&path), "{} was to be changed", path.display());
    }
    let folders = ["/etc", "/usr/local", "/var/lib", "/"].map(PathBuf::from);
    let states = || paths.iter().chain(&folders).map(|path| (path, state(path))).collect::<Vec<_>>();
    let before = states();
    change_everything(&machine!("changed"));
    let changed: Vec<_> =
        states().into_iter().zip(before).filter(|(after, before)| after != before).collect();
    assert!(changed.is_empty(), "a test changed this machine: {changed:?}");
}

/// Whether a machine can run tests that start machines: Linux stacks two overlays and no more, and where these
/// tests run in a container or in such a chroot, one is there already.
pub(crate) fn machines_can_be_hosts() -> bool {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    !mounts.lines().any(|line| line.contains(" / overlay "))
}

/// Runs one of these tests in a chroot of `host`, which stays as it is.
pub(crate) fn run_test_in_chroot(host: &Machine, test: &str) {
    host.write_with_mode("/opt/main", "755", fs::read("/proc/self/exe").unwrap());
    host.sh("mkdir /opt/chroot; mount --rbind / /opt/chroot").succeeded();
    let before = host.manifest();
    let test = host.command(["chroot", "/opt/chroot", "/opt/main", "--exact", test, "--nocapture"]);
    let output = test.env(PROGRAM, "/usr/local/bin/labtrust").run().succeeded().says("1 passed");
    assert!(!output.stderr.contains("skipped"), "{output}");
    assert_eq!(host.changes_since(&before), [""; 0]);
}

#[test]
fn what_a_test_in_a_chroot_changes_stays_in_its_machine() {
    if machines_can_be_hosts() {
        run_test_in_chroot(&machine!("host"), STAYS);
    }
}

#[test]
fn a_command_that_is_not_in_its_machine_does_nothing() {
    let machine = machine!("client");
    machine.run(["rm", "/run/lab-machine"]).succeeded();
    machine.run(["touch", "/srv/done"]).exited(125).says("nothing was run");
    machine.manifest().paths().for_each(|path| assert_ne!(path, PathBuf::from("/srv/done")));
}
