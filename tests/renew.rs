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
    // A dry run prints a plan here too, although the plan is empty.
    let dry_run = |more: &[&str]| {
        let line = [&["labtrust", "renew", "--if-expiring", "--dry-run"], more].concat();
        machine.command(line).at(200).run().succeeded()
    };
    let shown = dry_run(&[]).says("nothing to renew until").says("nothing would change").stdout;
    assert!(!shown.contains("certificate for"), "{shown}");
    let plan = json(&dry_run(&["--json"]).stdout);
    assert_eq!((&plan["would_change"], &plan["plan"]), (&false.into(), &serde_json::json!([])), "{plan}");
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
    // So many days before its end, no calendar has a date.
    let always = ["labtrust", "renew", "--if-expiring", "4294967295", "--dry-run"];
    machine.command(always).at(271).run().exited(1).says(&format!("write {CERTIFICATE}"));
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
        (
            "does nothing",
            r#"[ "$1 $2" = "hup nginx" ] && exit 0"#,
            "presents another certificate, 60 seconds after",
        ),
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
    machine.with_systemd();
    let pair = Pair::by(&machine, &Recipe { days: (-1, 30), ..Recipe::CURRENT });
    machine.write("/root/leaf.pem", pair.chain());
    machine.write_with_mode("/root/key.pem", "600", &pair.key);
    let import = ["labtrust", "import", "--cert", "/root/leaf.pem", "--key", "/root/key.pem", "--host", HOST];
    let imported = machine.run([&import[..], &["--out", "/etc/proxy", "--no-trust"]].concat()).succeeded();
    imported.says("labtrust-renew.timer warns before the certificate expires");
    let placed = machine.read("/etc/proxy/mygitlab.example.com.crt");
    timer(&machine, 0).succeeded().says("nothing to renew until");
    let warned = timer(&machine, 25).exited(1).says("labtrust cannot renew it here");
    warned.says(&format!("labtrust request {HOST}"));
    machine.run(["labtrust", "renew"]).exited(3).says("only its issuer").says("labtrust request");
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
    machine.run(["labtrust", "renew"]).exited(3).says("does not exist");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    machine.run([&["labtrust", "setup", HOST, "--self-signed"][..], &out].concat()).succeeded();
    machine
        .run(["labtrust", "renew"])
        .exited(3)
        .says("every client would have to trust")
        .says("setup --undo");
    timer(&machine, 100).succeeded();
    timer(&machine, 300).exited(1).says("every client would have to trust");
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
        .says("when the CA expires")
        .says("rotate start");
    let last = machine.read("/etc/proxy/mygitlab.example.com.crt");
    timer(&machine, 3501).succeeded().says("nothing to renew until");
    timer(&machine, 3630).exited(1).says("its CA expires on the same day").says("rotate start");
    assert_eq!(machine.read("/etc/proxy/mygitlab.example.com.crt"), last);
    machine.command(["labtrust", "renew"]).at(3700).run().exited(3).says("expired on");
}

#[test]
fn status_says_no_to_what_has_ended_or_is_not_valid_yet_and_names_the_next_command() {
    let machine = machine!("gitlab");
    let setup = ["labtrust", "setup", HOST, "--out", "/etc/proxy", "--no-auto-renew"];
    let status = |days: i32| machine.command(["labtrust", "status"]).at(days).run();
    machine.run(setup).succeeded();
    status(0).succeeded();
    status(265).succeeded();
    status(396).exited(1).says("was not renewed").says("\n  labtrust renew\n");
    status(398).exited(1).says("expired on").says("\n  labtrust renew\n");
    status(-10).exited(1).says("is valid only from").says("\n  date\n");
    status(3700).exited(1).says("expired on").says("\n  labtrust setup --undo\n");
    let report = machine.command(["labtrust", "status", "--json"]).at(398).run().exited(1).stdout;
    let report = json(&report);
    assert!(report["notes"][0].as_str().unwrap().contains("expired on"), "{report}");
    assert_eq!(report["next"][0], "labtrust renew");
    machine.command(["labtrust", "renew"]).at(398).run().succeeded();
    status(398).succeeded();
    machine.run(["labtrust", "setup", "--undo"]).succeeded();

    let pair = Pair::by(&machine, &Recipe { days: (-1, 30), ..Recipe::CURRENT });
    machine.write("/root/leaf.pem", pair.chain());
    machine.write_with_mode("/root/key.pem", "600", &pair.key);
    let import = ["labtrust", "import", "--cert", "/root/leaf.pem", "--key", "/root/key.pem", "--host", HOST];
    let imported = machine.run([&import[..], &["--out", "/etc/proxy", "--no-trust"]].concat()).succeeded();
    imported.says("nothing warns before the certificate expires").says("labtrust renew --if-expiring");
    status(0).succeeded();
    status(31).exited(1).says("expired on").says("\n  labtrust request\n");
}

#[test]
fn systemd_runs_it_every_day_until_the_setup_is_taken_back() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    machine.with_systemd();
    let before = machine.settled();
    let unit = "/etc/systemd/system/labtrust-renew.timer";
    machine.run(["labtrust", "setup", "--dry-run"]).exited(1).says(&format!("write {unit}"));
    machine.run(["labtrust", "setup"]).succeeded();
    machine.run(["systemctl", "is-enabled", "labtrust-renew.timer"]).succeeded();
    machine.run(["labtrust", "setup"]).succeeded().says("nothing was changed");
    // The original, which reads units without being the first process, finds nothing to say.
    let verified = machine.sh(&format!("systemd-analyze verify --man=no {unit} /etc/systemd/system/labtrust-renew.service 2>&1 | grep labtrust || true"));
    assert_eq!(verified.succeeded().stdout, "");

    let service = machine.read("/etc/systemd/system/labtrust-renew.service");
    let command = service.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap().to_owned();
    let line = || command.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let first = machine.read(CERTIFICATE);
    machine.command(line()).run().succeeded().says("nothing to renew until");
    let status = json(&machine.run(["labtrust", "status", "--json"]).stdout);
    assert!(status["renewal"]["next"].as_str().unwrap().contains('-'), "{status}");
    assert_eq!(status["renewal"]["last"]["well"], true, "{status}");
    machine.command(line()).at(280).run().succeeded().says("renewed until");
    assert_ne!(machine.read(CERTIFICATE), first);
    gitlab.wait_served(&machine.read(CERTIFICATE));
    machine.run(["labtrust", "status"]).says("next run").says("renewed until");

    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    machine.run(["systemctl", "is-active", "labtrust-renew.timer"]).exited(3);
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_timer_that_does_not_start_is_said_and_one_that_an_administrator_stopped_hinders_no_undoing() {
    let machine = machine!("gitlab");
    machine.with_systemd();
    let before = machine.settled();
    let setup = ["labtrust", "setup", HOST, "--out", "/etc/proxy", "--no-trust"];
    machine.sh("mv /usr/bin/systemctl /usr/bin/real-systemctl").succeeded();
    let broken = "#!/bin/sh\n[ \"$1\" = restart ] && exit 1\nexec /usr/bin/real-systemctl \"$@\"\n";
    machine.write_with_mode("/usr/bin/systemctl", "755", broken);
    machine.run(setup).exited(3).says("systemctl restart labtrust-renew.timer");
    assert!(!machine.has("/etc/systemd/system/labtrust-renew.timer"));
    machine.run([&setup[..], &["--no-auto-renew"]].concat()).succeeded();
    machine.sh("mv /usr/bin/real-systemctl /usr/bin/systemctl").succeeded();
    machine.run(setup).succeeded();
    machine.run(["systemctl", "stop", "labtrust-renew.timer"]).succeeded();
    machine.run(["labtrust", "status"]).says("never: labtrust-renew.timer is not active");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn where_there_is_no_systemd_cron_runs_it_and_where_there_is_none_a_person_is_told() {
    let machine = machine!("gitlab");
    let before = machine.settled();
    let setup = ["labtrust", "setup", HOST, "--out", "/etc/proxy", "--no-trust"];
    machine.sh("rm -rf /etc/cron.d; rm -f /usr/sbin/cron").succeeded();
    machine
        .run(setup)
        .succeeded()
        .says("nothing renews the certificate automatically")
        .says("neither systemd nor cron");
    machine.run(["labtrust", "status"]).says("none scheduled");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();

    machine.sh("mkdir -p /etc/cron.d").succeeded();
    machine.write_with_mode("/usr/sbin/cron", "755", "#!/bin/sh\n");
    machine.run(setup).succeeded();
    let entry = machine.read("/etc/cron.d/labtrust-renew");
    let line = entry.lines().last().unwrap().to_owned();
    let command = line.splitn(7, ' ').last().unwrap();
    // Nothing is said, and so no mail is sent, unless something is to be done.
    let cron = |days: i32| machine.command(["sh", "-c", command]).at(days).run();
    assert_eq!(cron(0).succeeded().stdout, "");
    assert_eq!(cron(280).succeeded().stdout, "");
    machine.sh("cp -a /etc/proxy /tmp/proxy").succeeded();
    machine.write("/etc/proxy/mygitlab.example.com.crt", "no certificate");
    assert_ne!(cron(280).stdout, "");
    let status = machine.run(["labtrust", "status"]).exited(1);
    status.says("another program or person changed it").says("failed: ").says("every day at");
    machine.sh("cp -a /tmp/proxy/. /etc/proxy/; labtrust setup --undo").succeeded();
    machine.sh("rm -r /etc/cron.d /usr/sbin/cron").succeeded();
    machine.sh("mkdir -p /etc/cron.d").succeeded();
    let changes = machine.changes_since(&before);
    assert!(changes.iter().all(|line| line.starts_with("/etc/cron.d")), "{changes:?}");
}

#[test]
fn a_program_that_others_can_change_is_run_by_no_timer() {
    let machine = machine!("gitlab");
    machine.with_systemd();
    machine.sh("mkdir -m 777 /opt/open && cp /usr/local/bin/labtrust /opt/open/").succeeded();
    let setup = ["/opt/open/labtrust", "setup", HOST, "--out", "/etc/proxy", "--no-trust"];
    machine.run(setup).succeeded().says("install it in /usr/local/bin first");
    assert!(!machine.has("/etc/systemd/system/labtrust-renew.timer"));
}

#[test]
fn a_new_key_is_served_and_the_old_one_is_gone() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let engine = Engine::start(&machine);
    let before = machine.settled();
    machine.run(["labtrust", "setup"]).succeeded();
    let mut keys = vec![machine.read(KEY)];
    for _ in 0..2 {
        machine.run(["labtrust", "renew", "--new-key"]).succeeded().says(KEY);
        gitlab.wait_served(&machine.read(CERTIFICATE));
        engine.login().succeeded();
        keys.push(machine.read(KEY));
    }
    assert!(keys[0] != keys[1] && keys[1] != keys[2]);
    for (key, expected) in keys.iter().zip([1, 1, 0]) {
        let middle = key.lines().nth(1).unwrap();
        let found = machine.run(["grep", "-rqF", middle, "/etc/gitlab", "/var/lib/labtrust"]);
        assert_eq!(
            found.code(),
            expected,
            "a key that is not used any more is kept, or the one that is is not"
        );
    }
    let third = machine.read(KEY);
    machine.run(["labtrust", "renew"]).succeeded();
    assert_eq!(machine.read(KEY), third);
    machine.run(["labtrust", "setup"]).succeeded().says("nothing was changed");
    // The engine, which first verified anything after the setup, remembers the CA.
    machine.run(["labtrust", "setup", "--undo"]).exited(4);
    assert_eq!(machine.changes_since(&before), [""; 0]);
}
