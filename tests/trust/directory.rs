//! People whom no file of this machine lists: a directory such as LDAP, which `getent` asks, has them.

use super::fingerprint;
use crate::lab::{HOST, Machine, Pair, REGISTRY, Validity};

/// A name service with a directory beside `/etc/passwd`: it answers for each user, and lists nobody.
const GETENT: &str = "#!/bin/sh
[ $# -gt 1 ] || exec cat /etc/passwd
[ ! -e /tmp/away ] || exec sleep 60
shift
status=0
for key; do
    cat /etc/passwd /srv/directory | grep -E \"^($key:|[^:]*:[^:]*:$key:)\" || status=2
done
exit $status
";

/// A machine on which dora of the directory has an engine of her own, and the line that trusts a CA.
fn desktop(machine: &Machine) -> String {
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    machine.write("/root/ca.crt", &pair.root);
    machine.without_hooks();
    machine.write_with_mode("/usr/bin/getent", "755", GETENT);
    machine.write("/srv/directory", "dora:*:1200500:1200500:Dora:/home/EXAMPLE/dora:/bin/bash\n");
    let unit = "mkdir -p $h/.config/systemd/user && touch $h/.config/systemd/user/docker.service";
    let folders = format!("h=/home/EXAMPLE/dora; {unit} && chown -R 1200500:1200500 $h");
    machine.sh(&folders).succeeded();
    // The folder of somebody who is gone, and those of services.
    machine.sh("mkdir -p /home/gone /home/www && chown 1200999 /home/gone && chown 33 /home/www").succeeded();
    let sha256 = fingerprint(machine, &pair.root);
    format!("labtrust trust /root/ca.crt --for {REGISTRY} --fingerprint {sha256}")
}

const SUDO: &str = "export SUDO_UID=1200500 SUDO_GID=1200500 SUDO_USER=dora;";
const OWNERS: &str =
    "stat -c '%u:%g %n' /home/*/*/.config/docker/certs.d/*/labtrust-*.crt | sed 's,/[^/]*$,,'";

#[test]
fn a_person_of_a_directory_is_served_who_called_sudo_and_among_all_users() {
    let machine = machine!("directory");
    let trust = desktop(&machine);
    let before = machine.settled();
    for line in [format!("{SUDO} {trust}"), format!("{trust} --all-users")] {
        machine.sh(&line).succeeded().says("✓  docker  trusted");
        let folder = format!("/home/EXAMPLE/dora/.config/docker/certs.d/{REGISTRY}");
        assert_eq!(machine.sh(OWNERS).stdout, format!("1200500:1200500 {folder}\n"), "{line}");
        machine.run(["labtrust", "untrust"]).succeeded();
        assert_eq!(machine.changes_since(&before), [""; 0], "{line}");
    }
    // Without sudo, her own stores are found too.
    let own = format!("setpriv --reuid 1200500 --regid 1200500 --clear-groups env -u HOME {trust} --dry-run");
    machine.sh(&format!("chmod 755 /root; {own}")).says("/home/EXAMPLE/dora/.config/docker");
}

#[test]
fn a_directory_that_does_not_answer_is_named_and_bounds_the_run() {
    let machine = machine!("directory");
    let trust = desktop(&machine);
    machine.write("/tmp/away", "");
    let begun = std::time::Instant::now();
    let alone = machine.sh(&format!("{SUDO} {trust}")).succeeded().says("✓  system");
    assert!(alone.stderr.contains("warning: the person who called sudo is not known"), "{alone}");
    assert!(alone.stderr.contains("getent passwd 1200500"), "{alone}");
    machine.sh(&format!("{trust} --all-users")).exited(3).says("getent passwd");
    assert!(begun.elapsed().as_secs() < 50, "{:?}", begun.elapsed());

    // A question that people repeat waits less, although several parts of it need the directory.
    let own = "setpriv --reuid 1200500 --regid 1200500 --clear-groups env HOME=/home/EXAMPLE/dora";
    let begun = std::time::Instant::now();
    let status = machine.sh(&format!("chmod 755 /root; {own} labtrust status --state /tmp/none"));
    assert!(status.stderr.contains("warning: the user of this process is not known"), "{status}");
    assert!(status.stderr.contains("getent passwd 1200500"), "{status}");
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}
