//! `rotate`: at every point each client that did its step works, and one that did not is locked out at the switch
//! and not before.

use crate::{
    lab::{Engine, Gitlab, HOST, Machine, Output, REGISTRY},
    setup::client_line,
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
    early.machine.run(line.clone()).succeeded().says("And the CA that will follow it");
    server.run(["labtrust", "rotate", "start"]).exited(3).says("is there already");
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
    server.run(["labtrust", "rotate", "abort"]).succeeded().says("the next one stays beside it");
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
