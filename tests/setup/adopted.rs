//! A certificate that GitLab already serves and that stays: labtrust records it, watches it, and leaves it in place.

use super::json;
use crate::{
    backup::RECIPIENT,
    lab::{Gitlab, HOST, Machine, Pair, Recipe, Validity},
};

const IMPORT: [&str; 7] = [
    "labtrust",
    "import",
    "--cert",
    "/etc/gitlab/ssl/mygitlab.example.com.crt",
    "--key",
    "/etc/gitlab/ssl/mygitlab.example.com.key",
    "--no-trust",
];

/// Whether the daily run and `status` know the certificate in place.
fn is_watched(machine: &Machine) {
    machine.run(["labtrust", "renew", "--if-expiring"]).succeeded().says("nothing to renew until");
    let status = machine.run(["labtrust", "status"]);
    assert!(!status.stdout.contains("changed it") && status.stdout.contains("until "), "{status}");
    let said = json(&machine.run(["labtrust", "status", "--json"]).stdout);
    assert!(said["renewal"]["not_after"].is_string(), "{said}");
}

/// Whether the state has no damaged part, and can be backed up.
fn is_sound(machine: &Machine) {
    let status = machine.run(["labtrust", "status"]);
    assert!(!status.stderr.contains("error:"), "{status}");
    let backup = format!("labtrust backup /root/adopted.age --recipient {RECIPIENT}");
    machine.sh(&format!("{backup} && rm /root/adopted.age")).succeeded();
}

#[test]
fn a_certificate_that_is_kept_is_watched_and_left_where_it_is() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.configure(&format!(
        "external_url 'https://{HOST}'\nregistry_external_url 'https://{HOST}:4567'\n\
         letsencrypt['enable'] = false\nnginx['redirect_http_to_https'] = true\n"
    ));
    gitlab.serve(&pair);
    let before = machine.settled();
    machine.run(IMPORT).succeeded().says("labtrust now checks when it expires");
    is_watched(&machine);
    is_sound(&machine);
    machine.run(IMPORT).succeeded().says("nothing was changed");

    // A certificate that replaces it is undone, and the first one is back and still watched.
    machine.run(["labtrust", "setup", "--replace", "--no-trust"]).succeeded();
    machine.run(["labtrust", "setup", "--undo", "--dry-run"]).exited(1);
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    gitlab.wait_served(&pair.leaf);
    assert_eq!(machine.changes_since(&before), [""; 0]);

    machine.run(IMPORT).succeeded();
    machine
        .run(["labtrust", "setup", "--undo"])
        .succeeded()
        .says("left in place, since labtrust did not create it");
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_replacement_that_fails_leaves_the_certificate_watched() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab.serve(&Pair::made(&machine, &[HOST], Validity::Current));
    machine.run(IMPORT).succeeded();
    let before = machine.read(&format!("/etc/gitlab/ssl/{HOST}.crt"));
    machine.sh("mv /opt/gitlab/bin/gitlab-ctl /opt/gitlab/bin/real-ctl").succeeded();
    let broken = "#!/bin/sh\n[ \"$1\" = hup ] && exit 7\nexec /opt/gitlab/bin/real-ctl \"$@\"\n";
    machine.write_with_mode("/opt/gitlab/bin/gitlab-ctl", "755", broken);
    machine.run(["labtrust", "setup", "--replace", "--no-trust"]).exited(3);
    machine.sh("mv /opt/gitlab/bin/real-ctl /opt/gitlab/bin/gitlab-ctl").succeeded();
    assert_eq!(machine.read(&format!("/etc/gitlab/ssl/{HOST}.crt")), before);
    is_watched(&machine);
}

#[test]
fn labtrusts_own_certificate_is_watched_again_after_the_state_folder_was_lost() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
    machine.sh("mv /var/lib/labtrust /root/lost").succeeded();
    let before = machine.settled();
    machine.run(IMPORT).succeeded();
    is_watched(&machine);
    is_sound(&machine);
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_setup_whose_receipts_were_lost_is_sound_again_when_it_is_run_again() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
    machine.sh("rm -r /var/lib/labtrust/receipts").succeeded();
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
    is_sound(&machine);
    let undone = machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert!(!undone.stdout.contains("cannot be restored"), "{undone}");
}

#[test]
fn a_kept_certificate_is_left_whatever_became_of_its_files() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.serve(&pair);
    let key = format!("/etc/gitlab/ssl/{HOST}.key");
    for change in ["chmod 640", "chown alice"] {
        machine.ensure_user("alice");
        machine.run(IMPORT).succeeded();
        let changed = format!("cp -a {key} /root/kept.key; {change} {key}");
        machine.sh(&changed).succeeded();
        let before = machine.settled();
        machine.run(["labtrust", "setup", "--undo"]).succeeded();
        let left = machine.changes_since(&before);
        assert!(!left.iter().any(|line| line.contains("/etc/gitlab/ssl")), "{change}: {left:?}");
        machine.sh(&format!("cp -a /root/kept.key {key}")).succeeded();
    }
}

#[test]
fn a_kept_certificate_that_is_about_to_end_is_warned_of() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab.serve(&Pair::by(&machine, &Recipe::EXPIRING));
    machine.run(IMPORT).succeeded();
    machine.run(["labtrust", "renew", "--if-expiring"]).exited(1).says("the certificate expires on");
}

#[test]
fn status_says_what_it_cannot_read_of_an_imported_certificate() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab.serve(&Pair::made(&machine, &[HOST], Validity::Current));
    machine.run(IMPORT).succeeded();
    let certificate = format!("/etc/gitlab/ssl/{HOST}.crt");
    machine.sh(&format!("mv {certificate} /root/kept.crt && mkdir {certificate}")).succeeded();
    let status = machine.run(["labtrust", "status"]).exited(3);
    assert!(status.stderr.contains(&certificate) && status.stderr.contains("hint: "), "{status}");
    assert!(!status.stdout.contains("knows no CA"), "{status}");
    machine.sh(&format!("rmdir {certificate} && echo another >{certificate}")).succeeded();
    let status = machine.run(["labtrust", "status"]).exited(1);
    assert!(status.stdout.contains("another program or person changed it"), "{status}");
    assert!(status.stdout.contains(&certificate), "{status}");
    assert!(!status.stdout.contains("knows no CA"), "{status}");
}

#[test]
fn status_says_what_is_damaged_of_the_callers_ca_under_sudo() {
    let machine = machine!("gitlab");
    machine.ensure_user("alice");
    let setup = format!("su - alice -c 'labtrust setup {HOST} --out /home/alice/proxy --no-trust'");
    machine.sh(&setup).succeeded();
    let root = machine.sh("find /home/alice -name root.crt").succeeded().stdout.trim().to_owned();
    machine.sh(&format!("echo x >{root}")).succeeded();
    let sudo = "SUDO_USER=alice SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) labtrust status";
    let status = machine.sh(sudo).exited(3);
    assert!(status.stderr.contains(&root), "{status}");
}
