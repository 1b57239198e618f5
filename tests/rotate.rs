//! `rotate`: at every point each client that did its step works, and one that did not is locked out at the switch
//! and not before.

use crate::{
    lab::{Engine, Gitlab, HOST, Machine, Output, Pair, REGISTRY, Validity, hup},
    setup::{client_line, json},
    trust::fingerprint,
};

const UNKNOWN_AUTHORITY: &str = "x509: certificate signed by unknown authority";
const CERTIFICATE: &str = "/etc/gitlab/ssl/mygitlab.example.com.crt";
const STATE: &str = "/var/lib/labtrust";

/// A machine that works with GitLab: it logs in at the registry, and clones.
struct Client {
    machine: Machine,
}

impl Client {
    fn new(server: &Machine, name: &str, address: &str) -> Self {
        let machine = Machine::new(name).unwrap();
        // Of two CAs in one keystore of Java's, the entries are taken back, not the bytes.
        machine.without_hooks();
        server.connect(&machine, address);
        Engine::start(&machine);
        Self { machine }
    }

    fn clone(&self) -> Output {
        let line = format!("rm -rf /tmp/clone; git clone -q https://{HOST}/group/project.git /tmp/clone");
        self.machine.sh(&line)
    }

    fn login(&self) -> Output {
        let line = [
            "docker",
            "--config",
            "/tmp/docker",
            "login",
            "--username",
            "developer",
            "--password-stdin",
            REGISTRY,
        ];
        self.machine.command(line).stdin("correct horse").run()
    }

    #[track_caller]
    fn works(&self) {
        self.login().succeeded();
        self.clone().succeeded();
    }

    #[track_caller]
    fn is_locked_out(&self) {
        self.login().exited(1).says(UNKNOWN_AUTHORITY);
        self.clone().exited(128).says("certificate");
    }
}

/// A GitLab with a project, on whose machine a setup was run.
fn serving(server: &Machine) -> Gitlab<'_> {
    let gitlab = Gitlab::start(server);
    let repository = "git init -q --bare /srv/git/group/project.git && cd /srv/git/group/project.git && git update-server-info";
    server.sh(repository).succeeded();
    gitlab
}

/// How many certificates are in the file that nginx reads.
fn sent(server: &Machine) -> usize {
    server.read(CERTIFICATE).matches("BEGIN CERTIFICATE").count()
}

#[test]
fn whoever_did_its_step_works_at_every_point_of_a_rotation() {
    let server = machine!("gitlab");
    server.without_hooks();
    let gitlab = serving(&server);
    let before = server.settled();
    let line = client_line(&server.run(["labtrust", "setup"]).succeeded().stdout);
    gitlab.change_nginx("location / {", "location /group/ { root /srv/git; } location / {");
    let early = Client::new(&server, "early", "192.0.2.20");
    let late = Client::new(&server, "late", "192.0.2.21");
    let early_before = early.machine.settled();
    for client in [&early, &late] {
        client.machine.run(line.clone()).succeeded();
        client.works();
    }
    let placed = server.read(CERTIFICATE);

    let started = server.run(["labtrust", "rotate", "start"]).succeeded().says("labtrust rotate switch");
    assert_eq!(client_line(&started.stdout), line, "the line is the same");
    assert_eq!(sent(&server), 5);
    for client in [&early, &late] {
        client.works();
    }
    early.machine.run(line.clone()).succeeded().says("Next CA");
    server.run(["labtrust", "rotate", "start"]).exited(3).says("exists already");
    server.run(["labtrust", "rotate", "retire"]).exited(3).says("labtrust rotate switch");
    // What is done meanwhile goes on serving both.
    server.run(["labtrust", "renew"]).succeeded().says("renewed until");
    server.run(["labtrust", "setup"]).succeeded().says("nothing was changed");
    assert_eq!(sent(&server), 5);
    for client in [&early, &late] {
        client.works();
    }

    let standing = server.manifest();
    server.run(["labtrust", "rotate", "switch", "--yes"]).exited(3).says("--clients-ready");
    server.run(["labtrust", "rotate", "switch", "--clients-ready", "--dry-run"]).exited(1);
    assert_eq!(server.changes_since(&standing), [""; 0]);
    let switched = server.run(["labtrust", "rotate", "switch", "--clients-ready"]).succeeded();
    let new = client_line(&switched.stdout);
    assert_ne!(new, line);
    early.works();
    late.is_locked_out();
    let fresh = Client::new(&server, "fresh", "192.0.2.22");
    fresh.machine.run(new.clone()).succeeded();
    fresh.works();
    early.works();

    // Back, for the sake of the late one.
    server.run(["labtrust", "rotate", "abort"]).succeeded().says("the next CA is kept");
    early.works();
    late.works();
    fresh.is_locked_out();
    for client in [&late, &fresh] {
        client.machine.run(line.clone()).succeeded();
        client.works();
    }
    server.run(["labtrust", "rotate", "switch", "--clients-ready"]).succeeded();
    for client in [&early, &late, &fresh] {
        client.works();
    }
    server.run(["labtrust", "setup"]).succeeded().says("nothing was changed");
    let retired = server.run(["labtrust", "rotate", "retire"]).succeeded().stdout;
    let untrust = retired.lines().find(|line| line.contains("labtrust untrust ")).unwrap().trim();
    assert!(!server.has(&format!("{STATE}/authority")), "{}", server.sh(&format!("ls {STATE}")));
    for client in [&early, &late, &fresh] {
        client.works();
    }
    early.machine.sh(untrust).succeeded();
    early.works();
    server.run(["labtrust", "rotate", "abort"]).exited(3).says("labtrust rotate start");
    server.run(["labtrust", "rotate", "switch", "--clients-ready"]).exited(3).says("labtrust rotate start");

    // And once more, given up in time.
    let second = server.read(CERTIFICATE);
    server.run(["labtrust", "rotate", "start"]).succeeded();
    early.works();
    server.run(["labtrust", "rotate", "abort"]).succeeded();
    assert_eq!(server.read(CERTIFICATE), second);
    assert_ne!(second, placed);
    for client in [&early, &late, &fresh] {
        client.works();
    }
    early.machine.run(["labtrust", "untrust", "--all"]).succeeded();
    assert_eq!(early.machine.changes_since(&early_before), [""; 0]);
    server.run(["labtrust", "setup", "--undo"]).succeeded();
    server
        .sh("sed -i 's/location .group. { root .srv.git; } //' /var/opt/gitlab/nginx/conf/nginx.conf")
        .succeeded();
    assert_eq!(server.changes_since(&before), [""; 0]);
}

#[test]
fn a_ca_that_can_sign_more_is_trusted_only_by_its_own_fingerprint() {
    let server = machine!("gitlab");
    server.without_hooks();
    let gitlab = Gitlab::start(&server);
    server.run(["labtrust", "setup", "--no-trust"]).succeeded();
    let trust = |more: &[&str]| {
        let line = server.run(["labtrust", "status"]).stdout;
        let old: Vec<String> = client_line(&line).into_iter().take(5).collect();
        let more = more.iter().map(|word| (*word).to_owned());
        server.run(old.into_iter().chain(more))
    };
    server
        .run(["labtrust", "sign", "wiki.example.com", "-o", "/tmp"])
        .exited(3)
        .says("rotate start --permit");
    let started = ["labtrust", "rotate", "start", "--permit", "wiki.example.com", "--json"];
    let started = json(&server.run(started).succeeded().stdout);
    let next = started["successor"].as_str().unwrap().to_owned();
    assert_eq!(started["phase"], "started");
    let line =
        started["next"].as_array().unwrap().iter().find(|line| line.as_str().unwrap().contains("--next"));
    assert!(line.is_some_and(|line| line.as_str().unwrap().ends_with(&next)), "{started:#}");

    let alone = json(&trust(&["--json"]).exited(1).stdout);
    assert_eq!((&alone["sha256"], &alone["successor"]), (&started["sha256"], &serde_json::Value::Null));
    assert!(alone["notes"].to_string().contains("can sign more"), "{alone:#}");
    trust(&["--next", &"ab".repeat(32)]).exited(3).says("announces no CA");
    let both = json(&trust(&["--next", &next, "--json"]).succeeded().stdout);
    assert_eq!(both["successor"]["sha256"], next.as_str());
    let known = json(&server.run(["labtrust", "status", "--json"]).stdout);
    assert_eq!(known["anchors"].as_array().unwrap().len(), 2, "{known:#}");
    assert_eq!(known["rotation"]["successor"], next.as_str());

    server.run(["labtrust", "rotate", "switch", "--clients-ready"]).succeeded();
    server.run(["labtrust", "sign", "wiki.example.com", "-o", "/tmp"]).succeeded();
    assert!(gitlab.calls().iter().filter(|call| *call == "hup nginx").count() == 3, "{:?}", gitlab.calls());
}

/// Whoever is in the middle can add to what a server sends, but nobody vouches for his.
#[test]
fn a_root_that_somebody_adds_is_left_alone() {
    let server = machine!("gitlab");
    server.without_hooks();
    let _gitlab = Gitlab::start(&server);
    let line = client_line(&server.run(["labtrust", "setup", "--no-trust"]).succeeded().stdout);
    let foreign = Pair::made(&server, &[HOST], Validity::Current);
    server.run(["labtrust", "rotate", "start"]).succeeded();
    let chain = server.read(CERTIFICATE);
    let parts: Vec<&str> = chain.split_inclusive("-----END CERTIFICATE-----\n").collect();
    let [leaf, between, root, voucher, next] = parts[..] else { panic!("{chain}") };
    for (sent, said, trusted) in [
        (vec![leaf, between, root, &foreign.root], Some(&foreign.root[..]), None),
        (vec![leaf, between, root, voucher, &foreign.root], Some(&foreign.root), None),
        (vec![leaf, between, root, next], Some(next), None),
        (vec![leaf, between, root, &foreign.root, voucher, next], Some(&foreign.root), Some(next)),
    ] {
        server.write(CERTIFICATE, sent.concat());
        hup(&server);
        let output = server.run(line.iter().cloned().chain(["--json".to_owned()])).succeeded();
        let report = json(&output.stdout);
        let sha256 = |pem: &str| fingerprint(&server, pem).to_lowercase().replace(':', "");
        if let Some(said) = said {
            let note = format!("(sha256 {}), not trusted: the current CA did not sign it", sha256(said));
            assert!(report["notes"].to_string().contains(&note), "{report:#}");
        }
        let successor = trusted.map_or(serde_json::Value::Null, |next| sha256(next).into());
        assert_eq!(report["successor"]["sha256"], successor, "{report:#}");
        let status = json(&server.run(["labtrust", "status", "--json"]).stdout).to_string();
        assert!(!status.contains(&sha256(&foreign.root)), "{status}");
        server.run(["labtrust", "untrust", "--all"]).succeeded();
    }
}

#[test]
fn what_cannot_be_rotated_says_so_in_a_line() {
    let out = ["labtrust", "setup", HOST, "--out", "/srv/tls", "--no-trust"];
    let key = "openssl req -x509 -newkey rsa:2048 -nodes -keyout /root/ca.key -out /root/ca.crt -days 900 -subj /CN=Corp \
               -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null";
    for (more, said) in [
        (&["--ca-cert", "/root/ca.crt", "--ca-key", "/root/ca.key"][..], "is not on this machine"),
        (&["--self-signed"], "no CA"),
        (&["--stage"], "contains no certificate"),
    ] {
        let machine = machine!("server");
        machine.sh(key).succeeded();
        machine.run(["labtrust", "rotate", "start"]).exited(3).says("labtrust setup HOST");
        machine.run([&out[..], more].concat()).succeeded();
        let before = machine.manifest();
        machine.run(["labtrust", "rotate", "start"]).exited(3).says(said).says("hint:");
        for step in ["switch", "retire", "abort"] {
            machine.run(["labtrust", "rotate", step]).exited(3).says("no rotation is in progress");
        }
        machine.run(["labtrust", "rotate"]).succeeded();
        assert_eq!(machine.changes_since(&before), [""; 0]);
    }
}

/// A step that nginx does not follow is none: all is as before, and said.
#[test]
fn a_step_that_is_not_served_is_taken_back() {
    let server = machine!("gitlab");
    let gitlab = Gitlab::start(&server);
    server.run(["labtrust", "setup", "--no-trust"]).succeeded();
    let placed = server.read(CERTIFICATE);
    server.sh("mv /opt/gitlab/bin/gitlab-ctl /opt/gitlab/bin/real-ctl").succeeded();
    let broken = "#!/bin/sh\n[ \"$1\" = hup ] && exit 7\nexec /opt/gitlab/bin/real-ctl \"$@\"\n";
    server.write_with_mode("/opt/gitlab/bin/gitlab-ctl", "755", broken);
    // Nor can clients have taken up what was never sent: nobody is locked out by the next step.
    server.run(["labtrust", "rotate", "start"]).exited(3).says("hup nginx");
    server.sh("mv /opt/gitlab/bin/real-ctl /opt/gitlab/bin/gitlab-ctl").succeeded();
    assert_eq!(server.read(CERTIFICATE), placed);
    server.run(["labtrust", "rotate", "switch", "--clients-ready"]).exited(3).says("labtrust rotate start");
    for verb in ["rotate", "status"] {
        let standing = server.run(["labtrust", verb]).stdout;
        assert!(
            standing.contains("  labtrust rotate start\n") && !standing.contains("rotate switch"),
            "{standing}"
        );
    }
    server.run(["labtrust", "rotate", "start"]).succeeded();
    // It asks on a terminal, also with --yes.
    let mut terminal = server.command(["labtrust", "rotate", "switch", "--yes"]).terminal();
    terminal.expect("so switch now? [y/N]");
    terminal.send("n\n");
    terminal.finish().exited(1);
    let before = server.manifest();
    let chain = server.read(CERTIFICATE);
    server.sh("mv /opt/gitlab/bin/gitlab-ctl /opt/gitlab/bin/real-ctl").succeeded();
    server.write_with_mode("/opt/gitlab/bin/gitlab-ctl", "755", broken);
    server.run(["labtrust", "rotate", "switch", "--clients-ready"]).exited(3).says("hup nginx");
    server.sh("mv /opt/gitlab/bin/real-ctl /opt/gitlab/bin/gitlab-ctl").succeeded();
    let changes = server.changes_since(&before);
    assert!(changes.iter().all(|line| line.starts_with(STATE)), "{changes:?}");
    gitlab.wait_served(&chain);
    server.run(["labtrust", "rotate"]).succeeded().says("labtrust rotate switch");
    server.run(["labtrust", "rotate", "switch", "--clients-ready"]).succeeded();
    server.run(["labtrust", "inspect", REGISTRY]).succeeded();
}
