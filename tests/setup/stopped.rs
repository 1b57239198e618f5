//! A stopped GitLab: it does not serve the installed certificate, and starting it does not apply gitlab.rb.

use super::json;
use crate::lab::{Gitlab, HOST, Machine, Pair, Validity};

/// A GitLab whose nginx serves HTTPS, and whose gitlab.rb lacks what labtrust adds.
fn running(machine: &Machine) -> (Gitlab<'_>, Pair) {
    let gitlab = Gitlab::start(machine);
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    gitlab.serve(&pair);
    (gitlab, pair)
}

fn code(machine: &Machine, url: &str) -> String {
    let script = "for i in $(seq 60); do code=$(curl -sk -o /dev/null -w '%{http_code}' $0); \
                  case $code in 000 | 502) ;; *) break ;; esac; sleep 0.05; done; echo $code";
    machine.run(["sh", "-c", script, url]).stdout.trim().to_owned()
}

fn reconfigures(gitlab: &Gitlab<'_>) -> usize {
    gitlab.calls().iter().filter(|call| *call == "reconfigure").count()
}

#[test]
fn a_stopped_gitlab_is_to_be_reconfigured_by_hand_or_by_the_next_setup() {
    let machine = machine!("gitlab");
    let (gitlab, _) = running(&machine);
    let before = machine.settled();
    machine.run(["gitlab-ctl", "stop"]).succeeded();
    let setup = ["labtrust", "setup", "--replace", "--no-trust"];
    let shown = machine.run([&setup[..], &["--dry-run"]].concat()).exited(1);
    shown.says("you run: /opt/gitlab/bin/gitlab-ctl reconfigure");
    for _ in 0..2 {
        let made = machine.run([&setup[..], &["--json"]].concat()).exited(4);
        let next = json(&made.stdout)["next"].clone();
        assert!(next.as_array().unwrap().contains(&"gitlab-ctl reconfigure".into()), "{next}");
        machine.run(setup).exited(4).says("gitlab-ctl reconfigure").says("clients do not get it yet");
    }
    assert_eq!(reconfigures(&gitlab), 0, "nobody asked for it to be started");

    // Starting does not apply gitlab.rb.
    machine.run(["gitlab-ctl", "start"]).succeeded();
    assert_eq!(code(&machine, &format!("https://{HOST}/users/sign_in")), "200");
    assert_eq!(code(&machine, &format!("http://{HOST}/users/sign_in")), "000");
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
    assert_eq!(reconfigures(&gitlab), 1);
    assert_eq!(code(&machine, &format!("http://{HOST}/users/sign_in")), "301");
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded().says("nothing was changed");
    assert_eq!(reconfigures(&gitlab), 1);

    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(code(&machine, &format!("https://{HOST}/users/sign_in")), "200");
    let left: Vec<_> = machine.changes_since(&before);
    assert_eq!(left, [""; 0]);
}

#[test]
fn what_was_reconfigured_by_hand_is_taken_back_with_a_reconfigure() {
    let machine = machine!("gitlab");
    let (gitlab, pair) = running(&machine);
    machine.run(["gitlab-ctl", "stop"]).succeeded();
    machine.run(["labtrust", "setup", "--replace", "--no-trust"]).exited(4);
    machine.run(["gitlab-ctl", "reconfigure"]).succeeded();
    assert_eq!(code(&machine, &format!("http://{HOST}/users/sign_in")), "301");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    gitlab.wait_served(&pair.leaf);
    assert_eq!(code(&machine, &format!("http://{HOST}/users/sign_in")), "000");
}

#[test]
fn undoing_on_a_stopped_gitlab_names_the_reconfigure_that_it_takes() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab.configure(&format!("external_url 'http://{HOST}'\n"));
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
    machine.run(["gitlab-ctl", "stop"]).succeeded();
    machine.run(["labtrust", "setup", "--undo"]).exited(4).says("gitlab-ctl reconfigure");
    machine.run(["gitlab-ctl", "reconfigure"]).succeeded();
    assert_eq!(code(&machine, &format!("http://{HOST}/users/sign_in")), "200");
}

#[test]
fn settings_changed_by_hand_are_followed_too() {
    let machine = machine!("gitlab");
    let (gitlab, _) = running(&machine);
    machine.run(["labtrust", "setup", "--replace", "--no-trust"]).succeeded();
    let right = machine.read("/etc/gitlab/gitlab.rb");
    for (there, not_there) in [("redirect", "crond"), ("crond", "redirect")] {
        gitlab.configure(&right.replace(
            match there {
                "redirect" => "nginx['redirect_http_to_https'] = true\n",
                _ => "nothing of it",
            },
            "",
        ));
        // The daily renewal of Let's Encrypt, which only a reconfigure removes.
        if there == "crond" {
            machine.write(
                "/var/opt/gitlab/crond/letsencrypt-renew",
                "1 1 * * * root gitlab-ctl renew-le-certs\n",
            );
        }
        machine.write_with_mode("/etc/gitlab/gitlab.rb", "600", &right);
        machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
        assert_eq!(reconfigures(&gitlab), 1, "{there}, not {not_there}");
        machine.run(["labtrust", "setup", "--no-trust"]).succeeded().says("nothing was changed");
        assert_eq!(reconfigures(&gitlab), 1);
    }
}

#[test]
fn a_renewal_and_an_import_on_a_stopped_gitlab_are_served_when_it_starts() {
    let machine = machine!("gitlab");
    let (gitlab, _) = running(&machine);
    machine.run(["labtrust", "setup", "--replace", "--no-trust"]).succeeded();
    machine.run(["gitlab-ctl", "stop"]).succeeded();
    machine.run(["labtrust", "renew"]).exited(4).says("gitlab-ctl start");
    machine.run(["labtrust", "renew", "--if-expiring"]).succeeded();
    machine.run(["labtrust", "rotate", "start"]).exited(4).says("gitlab-ctl start");
    machine.run(["gitlab-ctl", "start"]).succeeded();
    gitlab.wait_served(&machine.read(&format!("/etc/gitlab/ssl/{HOST}.crt")));
    machine.run(["labtrust", "renew"]).succeeded();

    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/leaf.pem", pair.chain());
    machine.write("/root/key.pem", &pair.key);
    machine.run(["gitlab-ctl", "stop"]).succeeded();
    let import = ["labtrust", "import", "--cert", "/root/leaf.pem", "--key", "/root/key.pem", "--no-trust"];
    machine.run(import).exited(4).says("gitlab-ctl start");
    machine.run(["gitlab-ctl", "start"]).succeeded();
    gitlab.wait_served(&pair.leaf);
    machine.run(import).succeeded().says("nothing was changed");
}

#[test]
fn status_names_the_reconfigure_that_is_awaited() {
    let machine = machine!("gitlab");
    let (gitlab, _) = running(&machine);
    machine.run(["labtrust", "setup", "--replace"]).succeeded();
    let right = machine.read("/etc/gitlab/gitlab.rb");
    machine.run(["labtrust", "status"]).succeeded();
    gitlab.configure(&right.replace("nginx['redirect_http_to_https'] = true\n", ""));
    machine.write_with_mode("/etc/gitlab/gitlab.rb", "600", &right);
    for order in ["start", "stop"] {
        machine.run(["gitlab-ctl", order]).succeeded();
        let before = gitlab.calls();
        machine.run(["labtrust", "status"]).exited(4).says("GitLab has not applied its gitlab.rb yet");
        let report = json(&machine.run(["labtrust", "status", "--json"]).exited(4).stdout);
        assert_eq!(report["next"][0], "gitlab-ctl reconfigure", "{report}");
        assert_eq!(gitlab.calls(), before, "it runs nothing");
    }
    machine.run(["gitlab-ctl", "reconfigure"]).succeeded();
    let shown = machine.run(["labtrust", "status"]).succeeded();
    assert!(!shown.stdout.contains("reconfigure"), "{shown}");
}

#[test]
fn a_ca_that_was_staged_is_the_one_that_gitlab_serves_once_it_is_started() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab.configure(&format!("external_url 'http://{HOST}'\n"));
    machine.run(["gitlab-ctl", "stop"]).succeeded();
    let before = machine.settled();
    let staged = machine.run(["labtrust", "setup", "--stage", "--no-trust"]).succeeded();
    staged.says("not installed yet");
    let changed = machine.changes_since(&before);
    assert!(changed.iter().all(|line| line.contains("/var/lib/labtrust")), "{changed:?}");
    // Staged files do not stop a GitLab that starts.
    machine.run(["gitlab-ctl", "start"]).succeeded();
    assert_eq!(code(&machine, &format!("http://{HOST}/users/sign_in")), "200");
    assert_eq!(reconfigures(&gitlab), 0);

    machine.run(["gitlab-ctl", "stop"]).succeeded();
    let root = machine.run(["labtrust", "export"]).succeeded().stdout;
    machine.run(["labtrust", "setup", "--no-trust"]).exited(4).says("gitlab-ctl reconfigure");
    machine.run(["gitlab-ctl", "reconfigure"]).succeeded();
    assert_eq!(code(&machine, &format!("https://{HOST}/users/sign_in")), "200");
    machine.write("/tmp/root.crt", &root);
    let verify = format!(
        "openssl s_client -connect {HOST}:443 -servername {HOST} -CAfile /tmp/root.crt -verify_return_error </dev/null"
    );
    machine.sh(&verify).succeeded();
    let shown = machine.run(["labtrust", "status"]).exited(1);
    assert!(!shown.stdout.contains("reconfigure"), "what was run by hand is seen: {shown}");
}
