//! GitLab Runner's file of certificates, and a Go program that loads it as the runner does.

use std::{sync::OnceLock, thread, time::Duration};

use super::{UNKNOWN_AUTHORITY, fingerprint};
use crate::{
    judges,
    lab::{Engine, Gitlab, HOST, Machine, Pair, REGISTRY, Validity},
};

const SETTINGS: &str = "/etc/gitlab-runner/config.toml";
const CERTS: &str = "/etc/gitlab-runner/certs";
const PROGRAM: &str = "/usr/bin/gitlab-runner";
const VERDICT: &str = "/run/verdict";

/// A program in place of GitLab Runner, and its settings.
struct Runner<'m>(&'m Machine);

fn program() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| judges::go_program("runner.go", "trust/runner"))
}

impl<'m> Runner<'m> {
    fn install(machine: &'m Machine) -> Self {
        machine.write_with_mode(PROGRAM, "755", program());
        machine.write_with_mode(
            SETTINGS,
            "600",
            format!("concurrent = 1\n\n[[runners]]\n  url = \"https://{HOST}/\"\n"),
        );
        Self(machine)
    }

    /// Starts it, or starts it again.
    fn start(&self) {
        let script = format!(
            "[ ! -e /run/runner.pid ] || kill $(cat /run/runner.pid); rm -f {VERDICT}
             {PROGRAM} {HOST}:443 {VERDICT} </dev/null >/dev/null 2>&1 & echo $! >/run/runner.pid"
        );
        self.0.sh(&script).succeeded();
    }

    /// Waits until it says `verdict` of the server.
    fn says(&self, verdict: &str) {
        let seen = || self.0.sh(&format!("cat {VERDICT} 2>/dev/null || true")).stdout;
        for _ in 0..50 {
            if seen().contains(verdict) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("{verdict:?}: {}", seen());
    }
}

/// A GitLab, and the line that trusts its CA in the runner's store.
fn serving(machine: &Machine) -> (Pair, Vec<String>) {
    machine.without_docker();
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    Gitlab::start(machine).serve(&pair);
    let sha256 = fingerprint(machine, &pair.root);
    let line = ["labtrust", "trust", REGISTRY, "--fingerprint", &sha256, "--store", "runner"];
    (pair, line.map(str::to_owned).to_vec())
}

#[test]
fn a_runner_reads_its_own_file_again_and_keeps_the_others_certificates() {
    let machine = machine!("runner");
    let (_, trust) = serving(&machine);
    let others = Pair::made(&machine, &[HOST], Validity::Current).root;
    let file = format!("{CERTS}/{HOST}.crt");
    machine.write(&file, others.trim_end());
    machine.write_with_mode(&format!("{CERTS}/{HOST}.auth.key"), "600", "a client's key");
    let runner = Runner::install(&machine);
    runner.start();
    runner.says(UNKNOWN_AUTHORITY);
    let before = machine.manifest();

    machine.run(trust.clone()).succeeded().says("✓  runner  trusted");
    runner.says("accepted");
    assert!(machine.read(&file).starts_with(&others));
    machine.run(["labtrust", "status"]).says("✓  runner  trusted");
    machine.run(trust).succeeded();

    machine.run(["labtrust", "untrust"]).succeeded();
    runner.says(UNKNOWN_AUTHORITY);
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_runner_that_finds_a_new_file_only_at_its_start_is_named() {
    let machine = machine!("runner-new");
    let (_, trust) = serving(&machine);
    let runner = Runner::install(&machine);
    let before = machine.manifest();
    runner.start();
    runner.says(UNKNOWN_AUTHORITY);
    let restart = format!("{PROGRAM} restart");
    for _ in ["done", "in place"] {
        machine.run(trust.clone()).exited(4).says(&restart);
        machine.run(["labtrust", "status"]).says(&restart);
    }
    runner.says(UNKNOWN_AUTHORITY);
    runner.start();
    runner.says("accepted");
    machine.run(trust).succeeded();

    // It has the CA in its memory until its next start.
    machine.run(["labtrust", "untrust"]).exited(4).says(&restart);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    runner.start();
    runner.says(UNKNOWN_AUTHORITY);
}

#[test]
fn the_file_that_tls_ca_file_names_is_served_or_named() {
    let machine = machine!("runner-named");
    let (pair, trust) = serving(&machine);
    let _runner = Runner::install(&machine);
    let named = |file: &str| {
        let text = format!("[[runners]]\n  url = \"https://{HOST}/\"\n  tls-ca-file = \"{file}\" # ours\n");
        machine.write_with_mode(SETTINGS, "600", text);
    };
    // One of its own is appended to.
    named("/etc/gitlab-runner/ca.pem");
    machine.write("/etc/gitlab-runner/ca.pem", "# kept\n");
    let before = machine.manifest();
    machine.run(trust.clone()).succeeded().says("/etc/gitlab-runner/ca.pem");
    assert!(machine.read("/etc/gitlab-runner/ca.pem").starts_with("# kept\n"));
    assert!(!machine.has(CERTS));
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);

    // Another one is named, until it has the CA.
    named("/srv/shared.pem");
    machine.write("/srv/shared.pem", "");
    machine.run(trust.clone()).exited(3).says("`tls-ca-file`").says("/srv/shared.pem");
    assert_eq!(machine.read("/srv/shared.pem"), "");
    machine.write("/srv/shared.pem", &pair.root);
    machine.run(trust.clone()).succeeded();

    // Settings that nobody can read may name any file.
    machine.write_with_mode(SETTINGS, "600", "[[runners\n");
    machine.run(trust).exited(3).says("nothing shows whether `tls-ca-file`");
}

#[test]
fn a_link_to_the_servers_own_certificate_is_not_written_through() {
    let machine = machine!("runner-link");
    let (pair, trust) = serving(&machine);
    let _runner = Runner::install(&machine);
    let file = format!("{CERTS}/{HOST}.crt");
    machine.sh(&format!("mkdir {CERTS} && ln -s /etc/gitlab/ssl/{HOST}.crt {file}")).succeeded();
    let served = machine.read(&file);
    machine.write(&format!("/etc/gitlab/ssl/{HOST}.crt"), &pair.leaf);
    let output = machine.run(trust.clone()).exited(3).says("is a link to");
    assert_eq!(machine.read(&file), pair.leaf);
    let command = output.stdout.lines().find(|line| line.contains("cp --remove-destination")).unwrap().trim();
    machine.sh(command).succeeded();
    machine.run(trust).exited(0);
    assert_ne!(machine.read(&file), served);
    assert_eq!(machine.read(&format!("/etc/gitlab/ssl/{HOST}.crt")), pair.leaf);
}

#[test]
fn a_ca_that_somebody_put_into_the_runners_file_is_cut_out_by_purge() {
    let machine = machine!("runner-purge");
    let (pair, trust) = serving(&machine);
    let _runner = Runner::install(&machine);
    let others = Pair::made(&machine, &[HOST], Validity::Current).root;
    let file = format!("{CERTS}/{HOST}.crt");
    machine.write(&file, format!("{others}{}# kept\n", pair.root));
    machine.sh(&format!("chown 1234:2345 {file}; chmod 640 {file}")).succeeded();
    machine.write("/root/ca.crt", &pair.root);
    machine.run(trust).succeeded();
    // labtrust found it there, and has no record of it.
    let untrust = ["labtrust", "untrust", "/root/ca.crt"];
    machine.run(untrust).exited(1).says("still trusted");
    machine.run([&untrust[..], &["--purge"]].concat()).succeeded();
    assert_eq!(machine.read(&file), format!("{others}# kept\n"));
    machine.sh(&format!("stat --format '%u:%g %a' {file}")).says("1234:2345 640");
}

#[test]
fn the_volumes_that_give_jobs_the_ca_are_shown_and_not_written() {
    let machine = machine!("runner-jobs");
    let (_, trust) = serving(&machine);
    let _runner = Runner::install(&machine);
    let settings = format!(
        "[[runners]]\n  name = \"builds\"\n  url = \"https://{HOST}/\"\n  executor = \"docker\"\n  [runners.docker]\n    privileged = true\n    volumes = [\"/cache\"] # kept\n"
    );
    machine.write_with_mode(SETTINGS, "600", &settings);
    let output = machine.run(trust.clone()).succeeded();
    let line = output.stdout.lines().find(|line| line.contains("volumes = ")).unwrap().trim();
    assert!(
        line.contains("\"/cache\"") && line.contains("/etc/docker/certs.d:/etc/docker/certs.d:ro"),
        "{line}"
    );
    assert_eq!(machine.read(SETTINGS), settings);
    machine.write_with_mode(SETTINGS, "600", settings.replace("volumes = [\"/cache\"]", line));
    let again = machine.run(trust).succeeded();
    assert!(!again.stdout.contains("volumes = "), "{again:?}");
}

#[test]
fn a_runner_in_a_container_has_the_ca_in_the_folder_that_its_engine_names() {
    let machine = machine!("runner-container");
    let _engine = Engine::start(&machine);
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    Gitlab::start(&machine).serve(&pair);
    machine.write("/srv/runner/config.toml", format!("[[runners]]\n  url = \"https://{HOST}/\"\n"));
    machine.sh("tar -cf - -T /dev/null | docker import - gitlab/gitlab-runner").succeeded();
    let create =
        "docker create --name runner --volume /srv/runner:/etc/gitlab-runner gitlab/gitlab-runner /pause";
    machine.sh(create).succeeded();
    let before = machine.manifest();
    let sha256 = fingerprint(&machine, &pair.root);
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &sha256, "--store", "runner"];
    machine.run(trust).says(&format!("/srv/runner/certs/{HOST}.crt"));
    assert!(machine.read(&format!("/srv/runner/certs/{HOST}.crt")).contains("BEGIN CERTIFICATE"));
    machine.run(["labtrust", "untrust"]);
    assert!(!machine.changes_since(&before).iter().any(|line| line.contains("/srv/runner")));
}

#[test]
fn each_container_of_a_runner_is_pending_until_its_own_restart() {
    let machine = machine!("runner-containers");
    machine.without_hooks();
    let _engine = Engine::start(&machine);
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    Gitlab::start(&machine).serve(&pair);
    machine.write_with_mode(&format!("/srv/image{PROGRAM}"), "755", program());
    machine.sh("tar -cf - -C /srv/image . | docker import - gitlab/gitlab-runner").succeeded();
    for name in ["one", "two"] {
        let run = format!(
            "docker run --detach --network host --name {name} --volume /srv/{name}:/etc/gitlab-runner \
             gitlab/gitlab-runner {PROGRAM} {HOST}:443 /verdict"
        );
        machine.sh(&run).succeeded();
    }
    let sha256 = fingerprint(&machine, &pair.root);
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &sha256, "--store", "runner"];
    // The machine has no runner of its own, whatever the processes are called.
    let first = machine.run(trust).exited(4).says("docker restart one").says("docker restart two");
    assert!(!first.stdout.contains("restart gitlab-runner"), "{first:?}");
    machine.run(["docker", "restart", "--time", "0", "one"]).succeeded();
    let second = machine.run(trust).exited(4).says("docker restart two");
    assert!(!second.stdout.contains("docker restart one"), "{second:?}");
    machine.run(["docker", "restart", "--time", "0", "two"]).succeeded();
    machine.run(trust).succeeded();
    machine.run(["docker", "rm", "--force", "one", "two"]).succeeded();
}
