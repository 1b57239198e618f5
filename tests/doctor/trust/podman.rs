//! podman, buildah and skopeo, asked as the engine is: their own settings, their shell, and their user's rights.

use crate::{
    doctor::{EVIDENCE, Report, ask, serving, trusting},
    lab::{Machine, Output, Pair, Passing, Podman, Proxy, REGISTRY},
};

const SETTINGS: &str = "/etc/containers/registries.conf";

/// A machine with podman, without Docker.
fn installed(machine: &Machine) -> (Podman<'_>, Pair) {
    machine.without_hooks();
    machine.without_docker();
    let podman = Podman::install(machine);
    (podman, serving(machine))
}

/// The report for `user`, with these variables.
fn ask_as(machine: &Machine, user: &str, variables: &[(&str, &str)]) -> Report {
    machine.sh(&format!("rm -f {EVIDENCE}")).succeeded();
    let line = ["labtrust", "doctor", REGISTRY, "--json", "--evidence", EVIDENCE];
    Report::of(machine, &machine.command(line).user(user).envs(variables).run())
}

#[test]
fn settings_that_forbid_the_registry_or_cannot_be_read() {
    let machine = machine!("client");
    let (podman, pair) = installed(&machine);
    trusting(&machine, &pair);
    podman.login().succeeded();
    ask(&machine).is_healthy();

    let block = format!("[[registry]]\nlocation = \"{REGISTRY}\"\n");
    machine.write(SETTINGS, format!("{block}blocked = true\n"));
    podman.login().exited(125).says("is blocked in");
    let report = ask(&machine).blames("podman-blocked");
    assert_eq!(report.causes(), ["podman-blocked"], "{:#}", report.json);
    machine.sh(report.commands()[0]).succeeded().says("blocked = true");

    for broken in
        ["[[registry]\nblocked = true\n", &format!("[registries.search]\nregistries = [\"x\"]\n{block}")]
    {
        machine.write(SETTINGS, broken);
        podman.login().exited(125).says("loading registries configuration");
        let report = ask(&machine).blames("registries-conf-broken");
        assert!(report.what().contains(SETTINGS), "{:#}", report.json);
    }
}

#[test]
fn settings_that_send_pulls_to_another_registry() {
    let machine = machine!("client");
    let (podman, pair) = installed(&machine);
    trusting(&machine, &pair);
    machine
        .write(SETTINGS, format!("[[registry]]\nprefix = \"{REGISTRY}\"\nlocation = \"192.0.2.10:5999\"\n"));
    podman.login().succeeded();
    let report = ask(&machine).blames("podman-rewritten");
    assert!(report.what().contains("from 192.0.2.10:5999"), "{:#}", report.json);
    machine.sh(report.commands()[0]).succeeded().says(REGISTRY);
}

#[test]
fn the_settings_of_the_user_who_called_sudo() {
    let machine = machine!("client");
    let (_podman, pair) = installed(&machine);
    trusting(&machine, &pair);
    machine.ensure_user("alice");
    let id = |of: &str| machine.run(["id", of, "alice"]).succeeded().stdout.trim().to_owned();
    let (uid, gid) = (id("-u"), id("-g"));
    let variables = [("SUDO_USER", "alice"), ("SUDO_UID", &*uid), ("SUDO_GID", &*gid)];
    assert!(ask_as(&machine, "root", &variables).json.to_string().contains("skopeo accepts"));
    let own = "/home/alice/.config/containers/registries.conf";
    machine.write(own, format!("[[registry]]\nlocation = \"{REGISTRY}\"\nblocked = true\n"));
    machine.sh("chown -R alice: /home/alice/.config").succeeded();
    ask_as(&machine, "root", &[]).is_healthy();
    let report = ask_as(&machine, "root", &variables).blames("podman-blocked");
    assert!(report.what().contains(own), "{:#}", report.json);
}

#[test]
fn variables_of_the_shell() {
    let machine = machine!("client");
    let (_podman, pair) = installed(&machine);
    trusting(&machine, &pair);
    let proxy = Proxy::start(&machine, Passing::Never("503 Service Unavailable"));
    let url = proxy.url_with_user();
    let report = ask_as(&machine, "root", &[("HTTPS_PROXY", &url)]).blames("podman-proxy-not-bypassed");
    assert!(!report.evidence.contains("secret") && !report.json.to_string().contains("secret"));
    let line = format!("{}; labtrust doctor {REGISTRY}", report.commands()[0]);
    machine.command(["sh", "-c", &line]).env("HTTPS_PROXY", &url).run().succeeded();

    machine.sh("rm -r /etc/containers/certs.d /etc/docker/certs.d; mkdir /tmp/none").succeeded();
    ask(&machine).is_healthy();
    let roots = [("SSL_CERT_FILE", "/tmp/none/ca.pem"), ("SSL_CERT_DIR", "/tmp/none")];
    let report = ask_as(&machine, "root", &roots).blames("roots-replaced");
    assert_eq!(report.commands(), ["unset SSL_CERT_FILE SSL_CERT_DIR"]);
}

#[test]
fn a_ca_that_no_store_holds_or_that_this_user_may_not_read() {
    let machine = machine!("client");
    let (podman, pair) = installed(&machine);
    podman.login().exited(125).says("unknown authority");
    let report = ask(&machine).blames("untrusted-podman");
    assert_eq!(report.causes(), ["untrusted-podman"], "{:#}", report.json);

    let folder = format!("/etc/containers/certs.d/{REGISTRY}");
    let file = format!("{folder}/ca.crt");
    machine.write(&file, &pair.root);
    podman.login().succeeded();
    let pull = |user: &str| -> Output {
        let image = format!("docker://{REGISTRY}/labtrust/probe");
        machine.run_as(user, ["skopeo", "inspect", "--no-creds", &image]).exited(1)
    };
    for (path, mode, says) in [(&file, "600", "permission denied"), (&folder, "700", "unknown authority")] {
        machine.run(["chmod", mode, path]).succeeded();
        pull("alice").says(says);
        let report = ask_as(&machine, "alice", &[]).blames("certsd-unreadable");
        machine.sh(report.commands()[0].trim_start_matches("sudo ")).succeeded();
        pull("alice").says("invalid status code from registry 403");
        assert!(!ask_as(&machine, "alice", &[]).causes().contains(&"certsd-unreadable"));
    }
}

#[test]
fn podmans_service_behind_the_docker_command() {
    let machine = machine!("client");
    let (_podman, pair) = installed(&machine);
    machine.write("/etc/containers/containers.conf", include_str!("../../lab/podman/containers.conf"));
    machine.write("/etc/containers/storage.conf", include_str!("../../lab/podman/storage.conf"));
    let socket = "/run/podman/podman.sock";
    let service = format!(
        "mkdir -p /run/podman; setsid podman system service --time=0 unix://{socket} >/tmp/podman.log 2>&1 </dev/null & \
         for i in $(seq 200); do [ -S {socket} ] && exit; sleep 0.05; done; cat /tmp/podman.log; exit 1"
    );
    machine.sh(&service).succeeded();
    let set = [("DOCKER_HOST", "unix:///run/podman/podman.sock")];
    let report = ask_as(&machine, "root", &set);
    assert_eq!(report.causes(), ["untrusted-podman"], "{:#}", report.json);
    let engine = &report.json["checks"][0];
    assert!(engine["detail"].as_str().unwrap().contains("podman"), "{engine:#}");
    trusting(&machine, &pair);
    ask_as(&machine, "root", &set).is_healthy();
    // The link of the package podman-docker.
    machine.run(["ln", "-s", socket, "/var/run/docker.sock"]).succeeded();
    let report = ask(&machine).is_healthy();
    assert!(report.json["checks"][0]["detail"].as_str().unwrap().contains("podman"), "{:#}", report.json);
}

#[test]
fn podman_itself_is_asked_where_it_is_alone() {
    let machine = machine!("client");
    let (podman, pair) = installed(&machine);
    machine
        .sh("umount /usr/bin/skopeo && rm /usr/bin/skopeo && mkdir -p /var/lib/containers/storage")
        .succeeded();
    machine.write("/etc/containers/containers.conf", include_str!("../../lab/podman/containers.conf"));
    machine.write("/etc/containers/storage.conf", include_str!("../../lab/podman/storage.conf"));
    podman.login().exited(125).says("unknown authority");
    let before = machine.settled();
    let report = ask(&machine);
    assert_eq!(report.causes(), ["untrusted-podman"], "{:#}", report.json);
    assert!(report.what().contains("podman reports"), "{:#}", report.json);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    trusting(&machine, &pair);
    let report = ask(&machine).is_healthy();
    assert!(report.json.to_string().contains(&format!("podman accepts {REGISTRY}")), "{:#}", report.json);
    machine.write(SETTINGS, format!("[[registry]]\nlocation = \"{REGISTRY}\"\nblocked = true\n"));
    assert_eq!(ask(&machine).causes(), ["podman-blocked"]);
}
