//! `doctor` with real daemons, servers and proxies: each test makes a cause, finds it, and fixes it if possible.

mod certificate;
mod engine;
mod explain;
mod forwarded;
mod hostile;
mod in_front;
mod login;
mod network;
mod proxy;
mod recorded;
mod registry;
mod report;
mod secrets;
mod server;
mod token;
mod trust;

use crate::lab::{Engine, Gitlab, HOST, Machine, Output, Pair, REGISTRY, Validity};

/// The doctor's report about the lab's registry, as a script reads it.
pub(crate) struct Report {
    pub code: i32,
    pub json: serde_json::Value,
    pub evidence: String,
}

/// Asks the doctor about the lab's registry.
pub(crate) fn ask(machine: &Machine) -> Report {
    ask_with(machine, &[])
}

/// Asks the doctor with more options.
pub(crate) fn ask_with(machine: &Machine, options: &[&str]) -> Report {
    let line = ["labtrust", "doctor", REGISTRY, "--json", "--evidence", EVIDENCE];
    Report::of(machine, &machine.run([&line[..], options].concat()))
}

/// The evidence file on a machine.
const EVIDENCE: &str = "/tmp/evidence.json";

impl Report {
    /// The report in `output` of a doctor that also wrote the evidence.
    #[track_caller]
    pub(crate) fn of(machine: &Machine, output: &Output) -> Self {
        let json = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"));
        Self { code: output.code(), json, evidence: machine.read(EVIDENCE) }
    }

    /// The codes of the causes, in their order.
    pub(crate) fn causes(&self) -> Vec<&str> {
        let findings = self.json["findings"].as_array().into_iter().flatten();
        findings.filter_map(|finding| finding["code"].as_str()).collect()
    }

    /// The first cause, as the report describes it.
    pub(crate) fn what(&self) -> &str {
        self.json["findings"][0]["what"].as_str().unwrap_or_default()
    }

    /// The commands that fix the first cause.
    #[track_caller]
    pub(crate) fn commands(&self) -> Vec<&str> {
        let commands = self.json["findings"][0]["fix"]["commands"].as_array().unwrap();
        commands.iter().map(|command| command.as_str().unwrap()).collect()
    }

    /// Fails unless `code` is the first cause and the exit code is 1.
    #[track_caller]
    pub(crate) fn blames(self, code: &str) -> Self {
        assert_eq!((self.causes().first().copied(), self.code), (Some(code), 1), "{:#}", self.json);
        recorded::keep(code, &self.evidence);
        self
    }

    /// Fails unless there is no finding and every check could be made.
    #[track_caller]
    #[expect(clippy::wrong_self_convention, reason = "it is a demand, and what it is made of goes on")]
    pub(crate) fn is_healthy(self) -> Self {
        assert_eq!(
            (self.causes(), self.code, &self.json["healthy"]),
            (vec![], 0, &true.into()),
            "{:#}",
            self.json
        );
        self
    }
}

/// Starts a GitLab with a certificate that no store trusts yet; its root is in `/root/ca.crt`.
pub(crate) fn serving(machine: &Machine) -> Pair {
    let gitlab = Gitlab::start(machine);
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    gitlab.serve(&pair);
    machine.write("/root/ca.crt", &pair.root);
    pair
}

/// Trusts that root in every store.
pub(crate) fn trusting(machine: &Machine, pair: &Pair) {
    let sha256 = crate::trust::fingerprint(machine, &pair.root);
    machine
        .run(["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--fingerprint", &sha256])
        .succeeded();
}

/// Sets up a machine that trusts its GitLab, and gives its Docker daemon.
pub(crate) fn ready(machine: &Machine) -> Engine<'_> {
    machine.without_hooks();
    let engine = Engine::start(machine);
    trusting(machine, &serving(machine));
    engine
}

/// Sets up a machine without any problem, whose user has logged in, and gives its Docker daemon.
pub(crate) fn well(machine: &Machine) -> Engine<'_> {
    let engine = ready(machine);
    engine.login().succeeded();
    engine
}

#[test]
fn a_healthy_machine_gives_no_finding() {
    let machine = machine!("client");
    well(&machine);
    ask(&machine).is_healthy();
}
