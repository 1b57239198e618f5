//! Killed anywhere: the next run goes on from the receipt, and untrust gives the machine back.

use std::collections::BTreeMap;

use crate::{
    lab::{HOST, Machine, Manifest, Pair, REGISTRY, Validity},
    trust::fingerprint,
};

/// The calls by which labtrust itself changes the tree; before each of them it is killed once.
const MUTATING: [&str; 5] = ["mkdirat", "renameat", "unlinkat", "symlinkat", "fchmod"];
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// How often a run makes each mutating call, on its own and not by its children.
fn calls(machine: &Machine, line: &[String]) -> BTreeMap<&'static str, usize> {
    let trace = format!("trace={}", MUTATING.join(","));
    machine.command(line).under(["strace", "-qq", "-o", "/tmp/trace", "-e", &trace]).run().succeeded();
    let text = machine.read("/tmp/trace");
    let count = |name| text.lines().filter(|line| line.starts_with(&format!("{name}("))).count();
    MUTATING.map(|name| (name, count(name))).into_iter().collect()
}

fn certificates(machine: &Machine) -> usize {
    machine.read(BUNDLE).matches("BEGIN CERTIFICATE").count()
}

/// A machine and the commands that are interrupted on it.
struct Scene {
    machine: Machine,
    trust: Vec<String>,
    untrust: Vec<String>,
    before: Manifest,
    certificates: usize,
}

impl Scene {
    fn set(machine: Machine) -> Self {
        let pair = Pair::made(&machine, &[HOST], Validity::Current);
        machine.write("/root/ca.crt", &pair.root);
        // Java's hook is a child's work, not labtrust's own: without it a run takes half a second.
        machine.sh("rm -f /etc/ca-certificates/update.d/*").succeeded();
        let fingerprint = fingerprint(&machine, &pair.root);
        let trust = ["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--fingerprint", &fingerprint];
        let trust = trust.map(str::to_owned).to_vec();
        let untrust = ["labtrust", "untrust"].map(str::to_owned).to_vec();
        let before = machine.settled();
        let certificates = certificates(&machine);
        Self { machine, trust, untrust, before, certificates }
    }

    /// Kills `line` before each of its calls, runs it again, and takes everything back.
    fn kill_everywhere(&self, line: &[String], prepare: &dyn Fn()) {
        prepare();
        let mut points = 0;
        for (call, count) in calls(&self.machine, line) {
            for when in 1..=count {
                self.machine.run(&self.untrust).succeeded();
                prepare();
                let point = format!("{call} {when} of {count}");
                let inject = format!("inject={call}:signal=KILL:when={when}");
                let strace = ["strace", "-qq", "-o", "/dev/null", "-e", &inject];
                let killed = self.machine.command(line).under(strace).run();
                assert_ne!(killed.code(), 0, "{point} was not reached: {killed:?}");
                let loaded = certificates(&self.machine);
                assert!([self.certificates, self.certificates + 1].contains(&loaded), "{point}: {loaded}");

                self.machine.run(line).succeeded();
                self.machine.run(&self.untrust).succeeded();
                assert_eq!(self.machine.changes_since(&self.before), [""; 0], "killed at {point}");
                points += 1;
            }
        }
        println!("{}: killed at {points} points, held at {points}", line[1]);
    }
}

#[test]
fn trust_killed_before_any_call_converges_and_untrust_restores() {
    let scene = Scene::set(machine!("client"));
    scene.kill_everywhere(&scene.trust, &|| ());
}

#[test]
fn untrust_killed_before_any_call_converges_and_restores() {
    let scene = Scene::set(machine!("client"));
    scene.kill_everywhere(&scene.untrust, &|| drop(scene.machine.run(&scene.trust).succeeded()));
}
