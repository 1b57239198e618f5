//! No GitLab yet: a folder to start one from, or a folder for only a certificate and its key.

use super::json;
use crate::lab::{HOST, Machine, REGISTRY};

#[test]
fn a_prepared_folder_is_complete_and_a_second_run_changes_nothing() {
    let machine = machine!("nas");
    let before = machine.settled();
    let setup = ["labtrust", "setup", HOST, "--prepare", "/srv/gitlab"];
    let made = machine.run(setup).succeeded().says("docker compose up -d");
    made.says(&format!("labtrust trust {REGISTRY} --fingerprint "));
    for file in [
        "compose.yaml",
        "config/gitlab.rb",
        &format!("config/ssl/{HOST}.crt"),
        &format!("config/ssl/{HOST}.key"),
    ] {
        assert!(machine.has(&format!("/srv/gitlab/{file}")), "{file}");
    }
    let ruby = machine.read("/srv/gitlab/config/gitlab.rb");
    for line in ["external_url", "registry_external_url", "letsencrypt['enable'] = false"] {
        assert!(ruby.contains(line), "{ruby}");
    }
    let prepared = machine.manifest();
    machine.run(setup).succeeded().says("nothing was changed");
    assert_eq!(machine.changes_since(&prepared), [""; 0]);
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn without_root_a_folder_is_prepared_and_the_trust_is_a_command() {
    let machine = machine!("laptop");
    let setup = ["labtrust", "setup", HOST, "--prepare", "/home/alice/gitlab"];
    let made = machine.run_as("alice", setup).exited(3).says("Needs root:").says("docker compose up -d");
    let sudo =
        made.stdout.lines().find(|line| line.contains("sudo ")).unwrap().trim().replacen("sudo ", "", 1);
    machine
        .sh(&format!("SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice {sudo}"))
        .succeeded();
    // Only a shell with the lines is missing.
    let status =
        machine.run_as("alice", ["labtrust", "status"]).exited(4).says("add these lines to ~/.profile");
    assert!(!status.stdout.contains('✗'), "{status}");
    machine.run_as("alice", setup).exited(4).says("nothing was changed");
}

#[test]
fn a_bare_folder_gets_only_the_pair() {
    let machine = machine!("proxy");
    let setup =
        ["labtrust", "setup", HOST, "--out", "/etc/proxy", "--reload", "touch /tmp/reloaded", "--no-trust"];
    machine.run(setup).succeeded();
    assert!(machine.has("/tmp/reloaded"));
    let listed = machine.sh("ls /etc/proxy").succeeded().stdout;
    assert_eq!(listed, format!("{HOST}.crt\n{HOST}.key\n"));
}

#[test]
fn on_a_terminal_a_short_plan_is_shown_and_asked_about() {
    let machine: Machine = machine!("nas");
    let setup = ["labtrust", "setup", HOST, "--prepare", "/srv/gitlab"];
    let before = machine.settled();
    let mut terminal = machine.command(setup).terminal();
    terminal.expect("new CA").expect("can sign").expect(HOST).expect("until").expect("certificate for");
    terminal.expect("/srv/gitlab/config/ssl: ").expect("update-ca-certificates");
    terminal.expect("restarts").expect("nothing").expect("with -v").expect("Do this? [y/N]").send("n\n");
    let short = terminal.finish().exited(1);
    assert!(!short.stdout.contains("mode 0600"), "{short}");
    assert_eq!(machine.changes_since(&before), [""; 0]);

    let mut terminal = machine.command([&setup[..], &["-v"]].concat()).terminal();
    terminal.expect("new CA").expect("intermediate.key (a secret, mode 0600)");
    terminal.expect("Do this? [y/N]").send("n\n");
    terminal.finish().exited(1);

    let mut terminal = machine.command(setup).terminal();
    terminal.expect("Do this? [y/N]").send("y\n");
    let done = terminal.finish().succeeded();
    let (plan, report) = done.stdout.split_once("Do this? [y/N]").unwrap();
    let (_, sha256) = report.split_once("--fingerprint ").unwrap();
    let sha256 = sha256.split_whitespace().next().unwrap();
    assert!(
        plan.contains(&format!("sha256    {sha256}")),
        "the CA of the plan is the one that is made: {done}"
    );
    machine.run(["labtrust", "status"]).succeeded().says(sha256);
    assert!(!report.contains("can sign"), "it was shown: {done}");
}

#[test]
fn a_plan_for_another_ca_than_that_of_now_is_not_carried_out() {
    let machine = machine!("nas");
    let setup = ["labtrust", "setup", HOST, "--prepare", "/srv/gitlab"];
    let mut terminal = machine.command(setup).terminal();
    terminal.expect("Do this? [y/N]");
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/other", "--no-trust"]).succeeded();
    terminal.send("y\n");
    terminal.finish().exited(3).says("another run of labtrust changed the CA").says("run the command again");
    assert!(!machine.has("/srv/gitlab"));
}

#[test]
fn a_folder_in_somebodys_clone_is_warned_about() {
    let machine = machine!("nas");
    machine.sh("mkdir -p /root/clone/.git").succeeded();
    let setup = ["labtrust", "setup", HOST, "--no-trust", "--prepare"];
    let warning = "is inside the git work tree /root/clone: GitLab would keep its data and keys there";
    machine.run([&setup[..], &["/root/clone/gitlab", "--dry-run"]].concat()).exited(1).says(warning);
    machine.run([&setup[..], &["/root/clone/gitlab"]].concat()).succeeded().says(warning);
    // The choice was made.
    let again = machine.run([&setup[..], &["/root/clone/gitlab"]].concat()).succeeded();
    assert!(!again.stderr.contains("work tree"), "{again}");
}

/// One flush for each file, and one for each folder in each change: six files in two folders, and the receipt before each
/// of the two changes and at the end.
#[test]
fn a_setup_waits_for_the_disk_twelve_times_at_most() {
    let machine = machine!("gitlab");
    let strace = "strace -f -qq -o /tmp/flushes -e trace=fsync,fdatasync,sync,syncfs";
    let setup = format!("labtrust setup {HOST} --out /srv/pair --state /srv/state --no-trust");
    machine.sh(&format!("{strace} {setup}")).succeeded();
    let flushes = machine.read("/tmp/flushes");
    assert!(flushes.matches("sync").count() <= 12, "{flushes}");
}

#[test]
fn beside_a_configuration_folder_the_command_that_applies_it_is_named() {
    let machine = machine!("nas");
    let setup = ["labtrust", "setup", "--gitlab", "/srv/gitlab/config", "--no-trust", "--json"];
    machine.write(
        "/srv/gitlab/config/gitlab.rb",
        format!(
            "external_url 'https://{HOST}'\nregistry_external_url 'https://{REGISTRY}'\n\
             letsencrypt['enable'] = false\n"
        ),
    );
    let next = |report: &str| json(report)["next"].as_array().unwrap()[0].as_str().unwrap().to_owned();
    let made = machine.run(setup).exited(4);
    assert_eq!(next(&made.stdout), "gitlab-ctl reconfigure", "{made}");
    assert!(made.stdout.contains("docker exec CONTAINER gitlab-ctl reconfigure"), "{made}");
    // The old certificate may be served already, and a reconfigure does not make nginx read another one.
    let renewed = machine.run(["labtrust", "renew", "--json"]).exited(4);
    assert_eq!(next(&renewed.stdout), "gitlab-ctl hup nginx", "{renewed}");

    machine.write(
        "/srv/gitlab/docker-compose.yml",
        "services:\n  web:\n    image: gitlab/gitlab-ce\n    volumes: ['./config:/etc/gitlab']\n",
    );
    let made = machine.run(setup).exited(4);
    let exec = "cd /srv/gitlab && docker compose exec web gitlab-ctl";
    assert_eq!(next(&made.stdout), format!("{exec} reconfigure"), "{made}");
}
