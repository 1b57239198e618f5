//! GitLab Runner's file of certificates, and a Go program that loads it as the runner does.

use std::{sync::OnceLock, thread, time::Duration};

use super::{UNKNOWN_AUTHORITY, fingerprint};
use crate::{
    judges,
    lab::{Gitlab, HOST, Machine, Pair, REGISTRY, Validity},
};

const SETTINGS: &str = "/etc/gitlab-runner/config.toml";
const CERTS: &str = "/etc/gitlab-runner/certs";
const PROGRAM: &str = "/usr/bin/gitlab-runner";
const VERDICT: &str = "/run/verdict";

/// A program in place of GitLab Runner, and its settings.
struct Runner<'m>(&'m Machine);

impl<'m> Runner<'m> {
    fn install(machine: &'m Machine) -> Self {
        static PROGRAM_BYTES: OnceLock<Vec<u8>> = OnceLock::new();
        let bytes = PROGRAM_BYTES.get_or_init(|| judges::go_program("runner.go", "trust/runner"));
        machine.write_with_mode(PROGRAM, "755", bytes);
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
