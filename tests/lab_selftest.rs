//! Proves the lab itself: that its machines are apart from this one and its engine judges
//! certificates as real ones do, so that what the other tests show of labtrust is true elsewhere.

pub(crate) mod apart;
mod engines;
mod gitlabs;
mod networks;
mod pairs;

use crate::lab::{Engine, Gitlab, HOST, Machine, Pair, REGISTRY, Validity};
use std::time::Duration;

const UNKNOWN_AUTHORITY: &str = "x509: certificate signed by unknown authority";

#[test]
fn docker_asks_its_own_folder_at_each_login_and_the_system_store_at_its_start() {
    let machine = machine!("gitlab");
    let engine = Engine::start(&machine);
    let gitlab = Gitlab::start(&machine);
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.serve(&pair);
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);

    let folder = format!("/etc/docker/certs.d/{REGISTRY}");
    machine.write(&format!("{folder}/ca.crt"), &pair.root);
    engine.login().succeeded().says("Login Succeeded");
    engine.login_with("developer", "wrong").exited(1).says("HTTP Basic: Access denied");

    machine.run(["rm", "-r", &folder]).succeeded();
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);

    machine.write("/usr/local/share/ca-certificates/foreign.crt", &pair.root);
    machine.run(["update-ca-certificates"]).succeeded();
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    engine.restart();
    engine.login().succeeded().says("Login Succeeded");
}

#[test]
fn a_machine_has_five_anchors_as_the_updater_makes_them_and_all_where_that_is_asked_for() {
    let bundled =
        |machine: &Machine| machine.read("/etc/ssl/certs/ca-certificates.crt").matches("BEGIN").count();
    let machine = machine!("client");
    assert_eq!(bundled(&machine), 5);
    let listed = machine.run(["keytool", "-list", "-cacerts", "-storepass", "changeit"]).succeeded().stdout;
    assert_eq!(listed.matches("trustedCertEntry").count(), 5, "{listed}");
    let links =
        "find /etc/ssl/certs -type l -name '*.pem' | wc -l; find /etc/ssl/certs -type l -name '*.0' | wc -l";
    assert_eq!(machine.sh(links).succeeded().stdout, "5\n5\n");
    let before = machine.manifest();
    machine.without_hooks();
    let hooks: Vec<_> = machine.changes_since(&before);
    machine.run(["update-ca-certificates", "--fresh"]).succeeded();
    assert_eq!(machine.changes_since(&before), hooks, "the updater makes the same");

    assert!(bundled(&machine!("client", with_all_anchors)) > 50);
}

#[test]
fn javas_keystore_follows_the_system_store_in_one_direction_only() {
    let machine = machine!("client");
    let (keystore, certificate) =
        ("/etc/ssl/certs/java/cacerts", "/usr/local/share/ca-certificates/foreign.crt");
    let update = || machine.run(["update-ca-certificates"]).succeeded();
    let list = || machine.run(["keytool", "-list", "-cacerts", "-storepass", "changeit"]).succeeded().stdout;
    let before = machine.settled();
    update();
    assert_eq!(machine.changes_since(&before), [""; 0], "a second run changes nothing");

    machine.write(certificate, Pair::made(&machine, &[HOST], Validity::Current).root);
    update();
    assert!(list().contains("debian:foreign.pem"));

    let with = machine.read_bytes(keystore);
    machine.run(["rm", certificate]).succeeded();
    update();
    assert!(list().contains("debian:foreign.pem"), "no removal reaches the keystore");
    assert_eq!(machine.read_bytes(keystore), with);
}

#[test]
fn a_client_across_the_network_judges_the_servers_certificate() {
    let server = machine!("gitlab");
    let client = machine!("client");
    server.connect(&client, "192.0.2.20");
    let gitlab = Gitlab::start(&server);
    let engine = Engine::start(&client);
    let trust = |pair: &Pair| {
        gitlab.serve(pair);
        client.write(&format!("/etc/docker/certs.d/{REGISTRY}/ca.crt"), &pair.root);
        engine.login()
    };
    trust(&Pair::made(&server, &[HOST], Validity::Expired)).exited(1).says("expired or is not yet valid");
    trust(&Pair::made(&server, &[HOST], Validity::Future)).exited(1).says("expired or is not yet valid");
    trust(&Pair::made(&server, &["other.example.com"], Validity::Current))
        .exited(1)
        .says("is valid for other");
    trust(&Pair::made(&server, &[HOST], Validity::Current)).succeeded();
    assert_eq!(gitlab.calls(), ["hup nginx"; 4]);
    server.run(["gitlab-ctl", "status", "nginx"]).succeeded().says("run: nginx:");
}

#[test]
fn a_machine_tells_what_changed_in_it_and_is_gone_when_dropped() {
    let machine = machine!("client");
    machine.sh("echo one >/etc/one; mkdir -p /opt/kept/empty; ln -s one /etc/link").succeeded();
    let before = machine.manifest();

    machine
        .sh("rm -r /etc/apt /opt/kept; echo two >/etc/one; chmod 700 /srv; ln -sf two /etc/link")
        .succeeded();
    machine.write("/etc/new/file", "contents");
    machine.sh("mv /etc/passwd /tmp; mkdir /etc/passwd; echo no file >/etc/passwd/file").succeeded();
    let changes = machine.changes_since(&before);
    let paths: Vec<_> = changes.iter().map(|line| line.split(':').next().unwrap()).collect();
    let expected = "/etc/apt /etc/link /etc/new /etc/new/file /etc/one /etc/passwd /etc/passwd/file \
        /opt/kept /opt/kept/empty /srv";
    assert_eq!(paths, expected.split_whitespace().collect::<Vec<_>>(), "{changes:#?}");

    machine.sh("echo one >/etc/one; chmod 755 /srv; ln -sf one /etc/link; rm -r /etc/new").succeeded();
    machine.sh("mkdir -p /opt/kept/empty /etc/apt; rm -r /etc/passwd; mv /tmp/passwd /etc").succeeded();
    let changes = machine.changes_since(&before);
    assert!(changes.iter().all(|line| line.starts_with("/etc/apt/")), "{changes:#?}");
    assert!(!changes.is_empty(), "what was in /etc/apt did not come back");

    let pid = machine.pid();
    drop(machine);
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    assert!(!std::path::Path::new("/etc/new").exists());
}

#[test]
fn a_program_runs_as_whom_and_with_what_it_is_told() {
    let machine = machine!("client");
    let script = r#"echo "$(id -un) $HOME $(hostname) $GREETING $(cat)"; test -w "$HOME"; exit 3"#;
    let command = machine.command(["sh", "-c", script]).user("alice").env("GREETING", "hello");
    let output = command.stdin("world").run().exited(3);
    assert_eq!(output.stdout, "alice /home/alice client hello world\n");
    machine.run_as("alice", ["touch", "/etc/x"]).exited(1).says("Permission denied");
    assert!(!machine.has("/etc/x"));
    assert_eq!(machine.read("/etc/hostname"), "client\n");
}

#[test]
fn a_program_can_be_talked_to_on_a_terminal() {
    let machine = machine!("client");
    let script = r#"test -t 0 || exit 9; printf "Go on? "; read -r answer; echo "said: $answer"; exit 4"#;
    let mut terminal = machine.command(["sh", "-c", script]).user("alice").terminal();
    terminal.expect("Go on? ").send("yes\n").expect("said: yes");
    terminal.finish().exited(4);
}

#[test]
fn faults_reach_a_program_and_none_outlives_its_time() {
    let machine = machine!("client");
    machine.command(["sync", "/etc/hostname"]).inject("fsync:error=EIO:when=1").run().exited(1).says("error");
    machine.command(["mv", "/etc/hostname", "/etc/x"]).inject("renameat2:signal=KILL").run().exited(137);
    let slow = machine.command(["sleep", "50"]).limit(Duration::from_millis(200));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| slow.run()));
    assert!(outcome.is_err());
    machine.run(["pgrep", "sleep"]).exited(1);
}

#[test]
fn a_program_can_live_at_another_time() {
    let machine = machine!("client");
    let year = |days| {
        machine
            .command(["date", "-u", "+%Y"])
            .at(days)
            .run()
            .succeeded()
            .stdout
            .trim()
            .parse::<i32>()
            .unwrap()
    };
    assert_eq!((year(366) - year(0), year(-366) - year(0)), (1, -1));
    machine.write("/tmp/leaf.crt", Pair::made(&machine, &[HOST], Validity::Current).leaf);
    let inspect =
        |days| machine.command(["labtrust", "inspect", "/tmp/leaf.crt"]).at(days).user("alice").run();
    inspect(80).says("days left");
    inspect(100).says("expired");
}

#[test]
fn labtrust_is_there() {
    machine!("client").run_as("alice", ["labtrust", "--version"]).succeeded();
}
