//! `renew` and what runs it: in time and not before, nothing lost when it fails, and nothing that goes
//! unseen.

use crate::{
    lab::{Engine, Gitlab, HOST, Machine, Output, Pair, Recipe},
    setup::json,
};

const CERTIFICATE: &str = "/etc/gitlab/ssl/mygitlab.example.com.crt";
const KEY: &str = "/etc/gitlab/ssl/mygitlab.example.com.key";

/// What the timer runs, on a machine whose clock is so many days ahead.
fn timer(machine: &Machine, days: i32) -> Output {
    machine.command(["labtrust", "renew", "--if-expiring"]).at(days).run()
}

fn served(machine: &Machine, port: u16) -> String {
    let ask = format!(
        "openssl s_client -connect {HOST}:{port} -servername {HOST} </dev/null 2>/dev/null | openssl x509"
    );
    machine.sh(&ask).succeeded().stdout
}

#[test]
fn a_certificate_is_renewed_in_time_and_not_before_and_clients_notice_nothing() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let engine = Engine::start(&machine);
    let before = machine.settled();
    machine.run(["labtrust", "setup"]).succeeded();
    let key = machine.read(KEY);
    engine.login().succeeded();
    machine.run(["labtrust", "renew"]).succeeded().says("renewed until");
    engine.login().succeeded();
    let first = machine.read(CERTIFICATE);

    timer(&machine, 200).succeeded().says("nothing to renew until");
    timer(&machine, 263).succeeded().says("nothing to renew until");
    assert_eq!(machine.read(CERTIFICATE), first);
    timer(&machine, 270).succeeded().says("renewed until");
    let second = machine.read(CERTIFICATE);
    assert_ne!(second, first);
    assert_eq!(machine.read(KEY), key, "the key stays");
    gitlab.wait_served(&second);
    assert_eq!(served(&machine, 443), served(&machine, 4567));
    assert_eq!(gitlab.calls().iter().filter(|call| *call == "hup nginx").count(), 3, "{:?}", gitlab.calls());
    timer(&machine, 271).succeeded().says("nothing to renew until");
    assert_eq!(machine.read(CERTIFICATE), second);

    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn git_goes_on_over_a_renewal_with_a_name_more() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let repository = "git init -q --bare /srv/git/group/project.git && cd /srv/git/group/project.git && git update-server-info";
    machine.sh(repository).succeeded();
    machine.run(["labtrust", "setup"]).succeeded();
    gitlab.change_nginx("location / {", "location /group/ { root /srv/git; } location / {");
    let url = format!("https://{HOST}/group/project.git");
    machine.run(["git", "ls-remote", &url]).succeeded();

    let before = machine.manifest();
    machine.run(["labtrust", "renew", "--name", "other.example.com"]).exited(3).says("can never sign");
    let changes = machine.changes_since(&before);
    assert!(changes.iter().all(|line| line.starts_with("/var/lib/labtrust/renewal.json: ")), "{changes:?}");
    let pages = format!("pages.{HOST}");
    let shown = machine.run(["labtrust", "renew", "--name", &pages, "--dry-run"]).exited(1);
    shown.says(&format!("write {CERTIFICATE}"));
    let report = json(&machine.run(["labtrust", "renew", "--name", &pages, "--json"]).succeeded().stdout);
    assert_eq!(report["names"], serde_json::json!([HOST, pages]));
    let kinds = report["files"].as_array().unwrap().iter().map(|file| file["kind"].as_str().unwrap());
    assert!(kinds.eq(["ca", "certificate", "key"]), "{report}");
    machine.run(["git", "ls-remote", &url]).succeeded();

    // The name stays, here and when setup is run again.
    machine.run(["labtrust", "setup"]).succeeded().says("nothing was changed");
    let report = json(&machine.run(["labtrust", "renew", "--days", "30", "--json"]).succeeded().stdout);
    assert_eq!(report["names"], serde_json::json!([HOST, pages]));
    timer(&machine, 25).succeeded().says("renewed until");
}

#[test]
fn what_cannot_be_served_is_taken_back() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
    let old = machine.read(CERTIFICATE);
    machine.sh("mv /opt/gitlab/bin/gitlab-ctl /opt/gitlab/bin/real-ctl").succeeded();
    for (case, line, said) in [
        // It says that it cannot.
        ("fails", r#"[ "$1" = hup ] && exit 7"#, "hup nginx"),
        // It says nothing, and nginx serves on what it has read.
        ("does nothing", r#"[ "$1 $2" = "hup nginx" ] && exit 0"#, "presents another certificate"),
    ] {
        let broken = format!("#!/bin/sh\n{line}\nexec /opt/gitlab/bin/real-ctl \"$@\"\n");
        machine.write_with_mode("/opt/gitlab/bin/gitlab-ctl", "755", broken);
        timer(&machine, 300).exited(3).says(said);
        assert_eq!(machine.read(CERTIFICATE), old, "{case}");
        gitlab.wait_served(&old);
    }
    machine.sh("mv /opt/gitlab/bin/real-ctl /opt/gitlab/bin/gitlab-ctl").succeeded();
    timer(&machine, 300).succeeded().says("renewed until");
}

#[test]
fn a_clock_that_is_behind_signs_nothing() {
    let machine = machine!("gitlab");
    machine.run(["labtrust", "setup", HOST, "--out", "/etc/proxy", "--no-trust"]).succeeded();
    let made = machine.read("/etc/proxy/mygitlab.example.com.crt");
    for line in [&["labtrust", "renew"][..], &["labtrust", "renew", "--if-expiring"]] {
        machine.command(line.iter().copied()).at(-30).run().exited(3).says("clock").says("timedatectl");
    }
    timer(&machine, 100).succeeded();
    timer(&machine, 90).exited(3).says("the last run was on").says("timedatectl");
    timer(&machine, 100).succeeded().says("nothing to renew until");
    assert_eq!(machine.read("/etc/proxy/mygitlab.example.com.crt"), made);
    // The way out that is named.
    timer(&machine, 90).exited(3);
    machine.command(["labtrust", "renew"]).at(90).run().succeeded();
    timer(&machine, 90).succeeded();
}

#[test]
fn what_others_issued_is_warned_of_in_time_and_never_replaced() {
    let machine = machine!("gitlab");
    let pair = Pair::by(&machine, &Recipe { days: (-1, 30), ..Recipe::CURRENT });
    machine.write("/root/leaf.pem", pair.chain());
    machine.write_with_mode("/root/key.pem", "600", &pair.key);
    let import = ["labtrust", "import", "--cert", "/root/leaf.pem", "--key", "/root/key.pem", "--host", HOST];
    machine.run([&import[..], &["--out", "/etc/proxy", "--no-trust"]].concat()).succeeded();
    let placed = machine.read("/etc/proxy/mygitlab.example.com.crt");
    timer(&machine, 0).succeeded().says("nothing to renew until");
    let warned = timer(&machine, 25).exited(1).says("it cannot be renewed here");
    warned.says(&format!("labtrust request {HOST}"));
    machine.run(["labtrust", "renew"]).exited(3).says("only by whoever issued it").says("labtrust request");
    assert_eq!(machine.read("/etc/proxy/mygitlab.example.com.crt"), placed);
}

#[test]
fn nothing_is_renewed_that_was_not_placed_or_that_every_client_would_have_to_trust_anew() {
    let machine = machine!("gitlab");
    let before = machine.settled();
    let out = ["--out", "/etc/proxy", "--no-trust"];
    machine.run(["labtrust", "renew"]).exited(3).says("nothing to renew");
    assert_eq!(machine.changes_since(&before), [""; 0]);
    machine.run([&["labtrust", "setup", HOST, "--stage"][..], &out].concat()).succeeded();
    machine.run(["labtrust", "renew"]).exited(3).says("nothing was placed yet");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    machine.run([&["labtrust", "setup", HOST, "--self-signed"][..], &out].concat()).succeeded();
    machine.run(["labtrust", "renew"]).exited(3).says("to trust on every client").says("setup --undo");
    timer(&machine, 100).succeeded();
    timer(&machine, 300).exited(1).says("to trust on every client");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_certificate_that_ends_with_its_ca_is_not_made_anew_every_day() {
    let machine = machine!("gitlab");
    machine.run(["labtrust", "setup", HOST, "--out", "/etc/proxy", "--no-trust"]).succeeded();
    machine
        .command(["labtrust", "renew"])
        .at(3500)
        .run()
        .succeeded()
        .says("when the CA ends")
        .says("rotate start");
    let last = machine.read("/etc/proxy/mygitlab.example.com.crt");
    timer(&machine, 3501).succeeded().says("nothing to renew until");
    timer(&machine, 3630).exited(1).says("its CA ends with it").says("rotate start");
    assert_eq!(machine.read("/etc/proxy/mygitlab.example.com.crt"), last);
    machine.command(["labtrust", "renew"]).at(3700).run().exited(3).says("has ended");
}
