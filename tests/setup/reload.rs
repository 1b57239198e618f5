//! GitLab's own commands reload installed files, also if a command fails or disappears.

use crate::lab::{Gitlab, HOST, Pair, Validity};

#[test]
fn a_reload_that_fails_puts_the_old_pair_back() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let foreign = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.serve(&foreign);
    let before = machine.manifest();
    machine.sh("mv /opt/gitlab/bin/gitlab-ctl /opt/gitlab/bin/real-ctl").succeeded();
    let broken = "#!/bin/sh\n[ \"$1\" = hup ] && exit 7\nexec /opt/gitlab/bin/real-ctl \"$@\"\n";
    machine.write_with_mode("/opt/gitlab/bin/gitlab-ctl", "755", broken);
    machine.run(["labtrust", "setup", "--replace", "--no-trust"]).exited(3).says("hup nginx");
    machine.sh("mv /opt/gitlab/bin/real-ctl /opt/gitlab/bin/gitlab-ctl").succeeded();
    machine.run(["labtrust", "setup", "--undo", "--yes"]);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    gitlab.wait_served(&foreign.leaf);
}

#[test]
fn an_administrator_who_watches_the_logs_holds_up_no_reload() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    machine.write_with_mode("/tmp/gitlab-ctl", "755", "#!/bin/sh\nsleep 60\n");
    machine.sh("/tmp/gitlab-ctl tail >/dev/null 2>&1 &").succeeded();
    let setup = machine.command(["labtrust", "setup", "--no-trust"]);
    setup.limit(std::time::Duration::from_secs(40)).run().succeeded();
    assert!(gitlab.calls().iter().any(|call| call == "hup nginx"), "{:?}", gitlab.calls());
}

#[test]
fn a_reload_that_works_no_more_is_said_and_does_not_keep_a_setup_from_being_taken_back() {
    let machine = machine!("server");
    let before = machine.settled();
    machine.sh("touch /tmp/works").succeeded();
    let reload = ["--out", "/srv/tls", "--reload", "ls /tmp/works"];
    machine.run([&["labtrust", "setup", HOST, "--no-trust"][..], &reload].concat()).succeeded();
    machine.sh("rm /tmp/works").succeeded();
    machine.run(["labtrust", "setup", "--undo"]).exited(3).says("ls /tmp/works");
    assert_eq!(machine.changes_since(&before), [""; 0]);
    machine.run(["labtrust", "setup", "--undo"]).exited(3).says("no setup is recorded");
    let dry = machine.run(["labtrust", "setup", "--undo", "--dry-run"]).succeeded();
    dry.says("no setup is recorded").says("nothing would change");
}
