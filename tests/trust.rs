//! `trust`, `status` and `untrust` on a client, with the real engine and the distribution's own
//! tools as the judges.

mod chromium;
mod containerd;
pub(crate) mod containers;
mod directory;
mod engine;
mod firefox;
mod forty;
mod git;
mod host;
mod java;
mod neighbours;
mod nss;
mod others;
mod own_lists;
mod podman;
mod programs;
mod runner;
mod updater;
mod without_root;

use crate::lab::{Engine, Gitlab, HOST, Machine, Pair, REGISTRY, Recipe, Validity};

const UNKNOWN_AUTHORITY: &str = "x509: certificate signed by unknown authority";
const KEYSTORE: &str = "keytool -list -rfc -storepass changeit -keystore /etc/ssl/certs/java/cacerts";

/// A GitLab that serves a foreign pair, and the fingerprint of its root.
fn serving(machine: &Machine) -> (Pair, String) {
    let gitlab = Gitlab::start(machine);
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    gitlab.serve(&pair);
    let fingerprint = fingerprint(machine, &pair.root);
    (pair, fingerprint)
}

pub(crate) fn fingerprint(machine: &Machine, certificate: &str) -> String {
    let line = ["openssl", "x509", "-noout", "-fingerprint", "-sha256"];
    let text = machine.command(line).stdin(certificate).run().succeeded().stdout;
    text.trim().rsplit('=').next().unwrap().to_owned()
}

/// Whether the machine's keystore holds the certificate, which Java itself is asked.
pub(crate) fn java_trusts(machine: &Machine, certificate: &str) -> bool {
    let base64: String = certificate.lines().filter(|line| !line.starts_with('-')).collect();
    let listed: String = machine.sh(KEYSTORE).succeeded().stdout.split_whitespace().collect();
    listed.contains(&base64)
}

#[test]
fn docker_login_works_at_once_and_no_more_after_untrust() {
    let machine = machine!("client", with_all_anchors);
    let engine = Engine::start(&machine);
    let (pair, fingerprint) = serving(&machine);
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    let before = machine.settled();

    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint];
    machine.run(trust).succeeded().says("Docker accepts mygitlab.example.com:4567");
    engine.login().succeeded().says("Login Succeeded");
    machine.run(["curl", "--silent", "--fail", "--head", &format!("https://{REGISTRY}/")]).succeeded();
    assert!(java_trusts(&machine, &pair.root));

    let trusted = machine.manifest();
    let again = machine.run([&trust[..], &["--json"]].concat()).succeeded();
    assert!(!again.stdout.contains(r#""changed": true"#), "{again:?}");
    assert_eq!(machine.changes_since(&trusted), [""; 0]);
    machine.run(["labtrust", "status"]).succeeded().says("✓  docker  trusted");
    // On 443 the folder bears no port: it alone makes an engine trust that has read the system's store before.
    let usual = ["labtrust", "trust", HOST, "--fingerprint", &fingerprint];
    machine.run(usual).succeeded().says("✓  docker  trusted");

    machine.run(["labtrust", "untrust"]).succeeded();
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    assert!(!java_trusts(&machine, &pair.root));
    assert_eq!(machine.changes_since(&before), [""; 0]);
    machine.run(["labtrust", "untrust"]).succeeded().says("nothing to undo");
}

#[test]
fn the_system_store_alone_reaches_docker_after_the_restart_that_is_named() {
    let machine = machine!("client");
    let engine = Engine::start(&machine);
    let (_, fingerprint) = serving(&machine);
    // Go reads the system store when it first verifies anything, so the engine has done that now.
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "system"];
    machine.run(trust).exited(4).says("/usr/sbin/service docker restart");
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    machine.run(trust).exited(4).says("/usr/sbin/service docker restart");

    machine.run(["/usr/sbin/service", "docker", "restart"]).succeeded();
    machine.run(trust).succeeded();
    engine.login().succeeded();

    machine.run(["labtrust", "untrust"]).exited(4).says("/usr/sbin/service docker restart");
    machine.run([&trust[..], &["--restart"]].concat()).succeeded().says("was restarted");
    // The init script does not wait for the engine; labtrust does. Without it docker asks the registry itself.
    machine.run(["docker", "version"]).succeeded();
    engine.login().succeeded();
}

#[test]
fn an_engine_that_is_restarted_is_believed_when_it_answers_and_accepts() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::start(&machine);
    let (_, fingerprint) = serving(&machine);
    let trust =
        ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint, "--store", "system", "--restart"];

    // It reads another store than the machine's.
    machine.write("/root/others.pem", &Pair::made(&machine, &[HOST], Validity::Current).root);
    engine.defaults("export SSL_CERT_FILE=/root/others.pem SSL_CERT_DIR=/nowhere");
    machine.run(trust).exited(1).says("was restarted, but Docker says").says("unknown authority");
    engine.login().exited(1).says("unknown authority");
    machine.run(["labtrust", "untrust", "--restart"]).succeeded();

    // It does not start again, which the init script does not tell.
    machine.write("/etc/docker/daemon.json", "{ no JSON");
    machine.run(trust).exited(3).says("was restarted, but does not answer");
}

#[test]
fn an_engine_that_keeps_images_in_containerd_pulls_after_the_restart_that_is_named() {
    let machine = machine!("client");
    machine.without_hooks();
    let engine = Engine::with_containerd(&machine);
    let (_, fingerprint) = serving(&machine);
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    engine.pull().says(UNKNOWN_AUTHORITY);
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint];
    for _ in ["done", "in place"] {
        machine.run(trust).exited(4).says("systemctl restart docker").says("Docker accepts");
        machine.run(["labtrust", "status"]).exited(4).says("systemctl restart docker");
        engine.login().succeeded();
        engine.pull().says(UNKNOWN_AUTHORITY);
    }
    machine.run([&trust[..], &["--restart"]].concat()).succeeded().says("was restarted");
    engine.wait();
    engine.pull().says("not found");
    machine.run(["labtrust", "status"]).succeeded();
    machine.run(trust).succeeded();
    machine.run(["labtrust", "untrust", "--restart"]).succeeded();
    engine.wait();
    engine.pull().says(UNKNOWN_AUTHORITY);
}

#[test]
fn what_is_not_valid_yet_says_from_when_it_is() {
    let machine = machine!("client");
    machine.run(["labtrust", "setup", HOST, "--out", "/root/pair", "--no-trust"]).succeeded();
    for (verb, whole) in [("inspect", "days left)"), ("status", "days left)")] {
        let at = |days| machine.command(["labtrust", verb]).at(days).run();
        at(1).says(whole);
        let early = at(-30).says("(not valid until 20");
        assert!(!early.stdout.contains(whole), "{early:?}");
        at(4000).says("(expired)");
    }
}

#[test]
fn a_dry_run_says_what_and_changes_nothing() {
    let machine = machine!("client");
    let _engine = Engine::start(&machine);
    let (_, fingerprint) = serving(&machine);
    let before = machine.settled();
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint];
    let dry = machine.run([&trust[..], &["--dry-run"]].concat()).exited(1);
    let dry = dry.says("run /usr/sbin/update-ca-certificates");
    dry.says(&format!("write /etc/docker/certs.d/{REGISTRY}/labtrust-"));
    assert_eq!(machine.changes_since(&before), [""; 0]);

    machine.run(trust).succeeded();
    machine.run([&trust[..], &["--dry-run"]].concat()).succeeded();
    let trusted = machine.manifest();
    machine.run(["labtrust", "untrust", "--dry-run"]).exited(1).says("remove /etc/docker/certs.d");
    assert_eq!(machine.changes_since(&trusted), [""; 0]);
}

#[test]
fn without_root_the_users_part_is_done_and_the_rest_is_a_command() {
    let machine = machine!("client");
    let _engine = Engine::start(&machine);
    let (_, fingerprint) = serving(&machine);
    let before = machine.settled();
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint];
    let output = machine.run_as("alice", trust).exited(3).says("Needs root:");
    let line = output.stdout.lines().find(|line| line.contains("sudo ")).unwrap().trim().to_owned();
    let changes = machine.changes_since(&before);
    assert!(
        !changes.iter().any(|line| line.starts_with("/usr/local/share") || line.starts_with("/etc/docker"))
    );

    // The line that it printed, run as root, does the rest.
    machine.sh(&line.replacen("sudo ", "", 1)).succeeded();
    // What is left is alice's own: a shell with the lines for programs that read the environment.
    let again = machine.run_as("alice", trust).exited(4).says("add these lines to ~/.profile");
    assert!(!again.stdout.contains("Needs root:"), "{again}");
    machine.run_as("alice", [&trust[..], &["--except", "environment"]].concat()).succeeded();
    machine.run_as("alice", ["labtrust", "untrust", &fingerprint]);
}

#[test]
fn the_command_for_root_has_every_flag_that_it_needs() {
    let machine = machine!("client");
    let _engine = Engine::start(&machine);
    let recipe = Recipe { root_extensions: "1.2.3.4=critical,ASN1:NULL", ..Recipe::CURRENT };
    let pair = Pair::by(&machine, &recipe);
    machine.write("/srv/root.crt", &pair.root);
    machine.write("/srv/passphrase", "secret\n");
    machine
        .sh("cd /srv && openssl pkcs12 -export -nokeys -in root.crt -passout file:passphrase -out root.p12");
    machine.sh("chmod 755 /srv && chmod 644 /srv/*").succeeded();
    let sha256 = fingerprint(&machine, &pair.root);
    let trust = ["labtrust", "trust", "/srv/root.p12", "--for", REGISTRY, "--fingerprint", &sha256];
    let flags = ["--refused", "--expired", "--passphrase-file", "/srv/passphrase"];
    let output = machine.run_as("alice", [&trust[..], &flags].concat()).exited(3).says("Needs root:");
    let line = output.stdout.lines().find(|line| line.contains("sudo ")).unwrap().trim().to_owned();
    assert!(line.contains(" --expired"), "{line}");
    machine.sh(&line.replacen("sudo ", "", 1)).succeeded();
}

#[test]
fn a_dry_run_says_that_the_fingerprint_is_missing() {
    let machine = machine!("client");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/ca.crt", &pair.root);
    let sha256 = fingerprint(&machine, &pair.root);
    let trust = ["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--dry-run"];
    let plain = sha256.replace(':', "").to_lowercase();
    let says = ["is not trusted without its fingerprint", &format!("--fingerprint {plain}")];
    for json in [&[][..], &["--json"]] {
        machine.run([&trust[..], json].concat()).exited(1).says(says[0]).says(says[1]);
        let output = machine.run([&trust[..], json, &["--fingerprint", &sha256]].concat()).exited(1);
        assert!(!output.stdout.contains(says[0]), "{}", output.stdout);
    }
}

#[test]
fn a_ca_that_can_sign_every_name_is_trusted_from_a_file_only_by_its_fingerprint() {
    let machine = machine!("client");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/ca.crt", &pair.root);
    let before = machine.settled();
    let trust = ["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY];
    machine.run([&trust[..], &["--yes"]].concat()).exited(3).says("name constraints").says("--fingerprint");
    let mut terminal = machine.command(trust).terminal();
    terminal.expect("any name on the web");
    terminal.expect("[y/N]");
    terminal.send("\n");
    terminal.finish().exited(3);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    let mut terminal = machine.command(trust).terminal();
    terminal.expect("[y/N]");
    terminal.send("y\n");
    terminal.finish().succeeded();
}

#[test]
fn status_names_the_file_of_a_ca_that_is_trusted_for_no_endpoint() {
    let machine = machine!("client");
    machine.without_docker();
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/ca.crt", &pair.root);
    let sha256 = fingerprint(&machine, &pair.root);
    machine.sh("cp /etc/ssl/certs/ca-certificates.crt /root/bundle").succeeded();
    machine
        .run(["labtrust", "trust", "/root/ca.crt", "--fingerprint", &sha256, "--store", "system"])
        .succeeded();
    machine.sh("cp /root/bundle /etc/ssl/certs/ca-certificates.crt").succeeded();
    let status = machine.run(["labtrust", "status"]).exited(1).stdout;
    let is_command = |line: &&str| line.trim_start().starts_with("labtrust trust /usr/local/share/");
    let command = status.lines().find(is_command).unwrap_or_else(|| panic!("{status}"));
    machine.sh(command).succeeded();
    machine.run(["labtrust", "status"]).succeeded();
    // Where no store has the file any more, labtrust does not know where else it is.
    machine.sh("rm /usr/local/share/ca-certificates/labtrust-*.crt && update-ca-certificates").succeeded();
    machine.run(["labtrust", "status"]).exited(1).says("labtrust trust ./FILE --fingerprint ");
}

#[test]
fn the_stores_of_the_person_who_called_sudo_are_served_as_that_person() {
    let machine = machine!("laptop");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/ca.crt", &pair.root);
    machine.ensure_user("alice");
    let unit = "mkdir -p ~/.config/systemd/user; touch ~/.config/systemd/user/docker.service";
    machine.run_as("alice", ["sh", "-c", unit]).succeeded();
    let before = machine.settled();
    let sha256 = fingerprint(&machine, &pair.root);
    let sudo = "export SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice;";
    let trust = format!("{sudo} labtrust trust /root/ca.crt --for {REGISTRY} --fingerprint {sha256}");
    machine.sh(&trust).succeeded();
    let owners = "stat -c '%U %a' /home/alice/.config/docker/certs.d/*/labtrust-*.crt";
    assert_eq!(machine.sh(owners).succeeded().stdout, "alice 644\n");
    machine.sh(&format!("{sudo} labtrust status")).succeeded();
    machine.sh(&format!("{sudo} labtrust untrust")).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);

    // A link in her home leads her process nowhere that she could not write herself.
    machine.run_as("alice", ["ln", "-s", "/etc", "/home/alice/.config/docker"]).succeeded();
    machine.sh(&trust).exited(3);
    assert!(!machine.has("/etc/certs.d"));
}

#[test]
fn docker_desktop_takes_the_ca_at_its_next_start() {
    let machine = machine!("laptop");
    machine.sh("rm /usr/sbin/dockerd; mkdir /opt/docker-desktop").succeeded();
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.ensure_user("alice");
    machine.write("/home/alice/ca.crt", &pair.root);
    let sha256 = fingerprint(&machine, &pair.root);
    let line = ["labtrust", "trust", "/home/alice/ca.crt", "--for", REGISTRY, "--fingerprint", &sha256];
    let line = [&line[..], &["--store", "docker"]].concat();
    machine.run_as("alice", line).exited(4).says("restart Docker Desktop");
    assert!(machine.has("/home/alice/.docker/certs.d"));
    machine.run_as("alice", ["labtrust", "untrust"]).exited(4);
    assert!(!machine.has("/home/alice/.docker"));
}

#[test]
fn an_engine_that_was_restarted_meanwhile_is_named_when_trust_is_taken_back() {
    let machine = machine!("client");
    let engine = Engine::start(&machine);
    let (_, fingerprint) = serving(&machine);
    machine.run(["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint]).succeeded();
    engine.restart();
    engine.login().succeeded();
    machine.run(["labtrust", "untrust"]).exited(4).says("/usr/sbin/service docker restart");
    engine.restart();
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
}

#[test]
fn the_list_names_every_store_and_with_a_source_what_would_be_written() {
    let machine = machine!("client");
    let before = machine.settled();
    let listed = machine.run(["labtrust", "trust", "--list", "--json"]).succeeded().stdout;
    let stores: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let ids: Vec<_> = stores["list"].as_array().unwrap().iter().map(|store| store["id"].clone()).collect();
    assert_eq!(ids, labtrust_plan::store::STORES.iter().map(|store| store.id).collect::<Vec<_>>());
    let list = machine.run(["labtrust", "trust", "--list"]).succeeded();
    list.says("✓  system").says("containers  here").says("this is not macOS").says("certs.d/HOST:PORT");

    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/ca.crt", &pair.root);
    let sha256 = fingerprint(&machine, &pair.root);
    let trust = ["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--fingerprint", &sha256];
    let list = |json: &[&str]| machine.run([&trust[..], &["--list"], json].concat()).succeeded();
    list(&[]).says("/etc/docker/certs.d/mygitlab.example.com:4567");
    list(&["--json"]).says("run /usr/sbin/update-ca-certificates");
    machine.run([&trust[..], &["--list", "--restart"]].concat()).exited(2);
    machine.sh("rm /root/ca.crt").succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
    machine.write("/root/ca.crt", &pair.root);
    machine.run([&trust[..], &["--except", "docker"]].concat()).succeeded();
    let list = list(&["--store", "containers", "--store", "system"]);
    list.says("nothing: it trusts the CA already").says("/etc/docker/certs.d/mygitlab.example.com:4567");
}

#[test]
fn the_list_on_a_server_is_for_its_own_ca() {
    let machine = machine!("client");
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/proxy", "--no-trust"]).succeeded();
    let list = machine.run(["labtrust", "trust", "--list", "--json"]).succeeded();
    list.says("sha256").says("update-ca-certificates");
}
