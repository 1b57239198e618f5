//! The checks, one a line of the report, in the order in which a request meets what they look at. Each
//! judges evidence and nothing else.

mod certificate;
mod engine;
mod network;
mod proxy;
mod realm;
mod registry;
mod server;
mod trust;

use labtrust_platform::Anchor;
use serde::Serialize;

use super::{
    case::Case,
    evidence::Evidence,
    finding::{Code, Finding},
};

/// One line of the report.
#[derive(Debug)]
pub struct Check {
    /// Its name in JSON.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it can find, causes before what follows from them.
    pub codes: &'static [&'static Code],
    /// Looks at the evidence.
    pub judge: fn(&Case<'_>) -> Verdict,
}

/// The checks. Findings are told in this order: what is nearer to the cause comes first.
pub const CHECKS: &[Check] = &[
    engine::CHECK,
    server::CHECK,
    proxy::CHECK,
    network::NAME,
    network::PORT,
    network::TLS,
    certificate::CHECK,
    registry::CHECK,
    realm::CHECK,
    trust::DOCKER,
    trust::PODMAN,
    trust::CONTAINERD,
    trust::SYSTEM,
    proxy::TOOLS,
];

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is as it should be.
    Passed,
    /// It is not, or it could not be looked at.
    Failed,
    /// It does not apply here, or something else has to be mended first.
    Skipped,
}

/// What a check says.
#[derive(Debug)]
pub struct Verdict {
    /// How it came out.
    pub state: State,
    /// What was seen, in a few words.
    pub detail: String,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Whether it could not be looked at.
    pub is_fault: bool,
}

/// A line of the report.
#[derive(Debug, Serialize)]
pub struct Line {
    /// The check's name in JSON.
    pub id: &'static str,
    /// Its name for people.
    #[serde(skip)]
    pub title: &'static str,
    /// How it came out.
    pub state: State,
    /// What was seen.
    pub detail: String,
    /// Whether it could not be looked at.
    #[serde(skip)]
    pub is_fault: bool,
}

/// The whole verdict.
#[derive(Debug)]
pub struct Diagnosis {
    /// All checks.
    pub lines: Vec<Line>,
    /// The causes, each with what follows from it.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// It is as it should be.
    pub fn passed(detail: impl Into<String>) -> Self {
        Self { state: State::Passed, detail: detail.into(), findings: Vec::new(), is_fault: false }
    }

    /// It does not apply, or something else comes first.
    pub fn skipped(detail: impl Into<String>) -> Self {
        Self { state: State::Skipped, ..Self::passed(detail) }
    }

    /// It could not be looked at.
    pub fn fault(detail: impl Into<String>) -> Self {
        Self { state: State::Failed, is_fault: true, ..Self::passed(detail) }
    }

    /// `findings`; without any it has passed with `detail`.
    pub fn of(detail: impl Into<String>, findings: Vec<Finding>) -> Self {
        match findings.first() {
            Some(first) => Self { state: State::Failed, findings: Vec::new(), ..Self::passed(&first.what) },
            None => Self::passed(detail),
        }
        .with(findings)
    }

    /// With these findings besides; what else it says stays.
    #[must_use]
    pub fn with(mut self, findings: Vec<Finding>) -> Self {
        self.findings.extend(findings);
        self
    }
}

impl From<Finding> for Verdict {
    fn from(finding: Finding) -> Self {
        Self::of("", vec![finding])
    }
}

impl Diagnosis {
    /// The findings that are to be mended: what merely follows from one that is mended itself needs no
    /// mending, unless it is the same CA that is to be trusted in another store.
    pub fn to_mend(&self) -> impl Iterator<Item = &Finding> {
        let anchor = |finding: &Finding| finding.fix.anchor.as_ref().map(Anchor::sha256);
        self.findings.iter().flat_map(move |cause| {
            let is_same = move |other: &&Finding| {
                !cause.fix.is_automatic() || anchor(cause).is_some() && anchor(cause) == anchor(other)
            };
            std::iter::once(cause).chain(cause.consequences.iter().filter(is_same))
        })
    }

    /// Whether nothing was found, and everything could be looked at.
    pub fn is_healthy(&self) -> bool {
        self.findings.is_empty() && !self.has_faults()
    }

    /// Whether something could not be looked at.
    pub fn has_faults(&self) -> bool {
        self.lines.iter().any(|line| line.is_fault)
    }
}

/// Every code that can be found, causes first.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    CHECKS.iter().flat_map(|check| check.codes.iter().copied())
}

/// Judges `evidence`.
pub fn diagnose(evidence: &Evidence) -> Diagnosis {
    let case = Case::new(evidence);
    let mut lines = Vec::new();
    let mut findings: Vec<Finding> = Vec::new();
    for check in CHECKS {
        let verdict = (check.judge)(&case);
        lines.push(Line {
            id: check.id,
            title: check.title,
            state: verdict.state,
            detail: verdict.detail,
            is_fault: verdict.is_fault,
        });
        findings.extend(verdict.findings);
    }
    lines.extend(evidence.unseen.iter().map(|what| Line {
        id: "probe",
        title: "probe",
        state: State::Failed,
        detail: format!("{what} was not looked at: a fault of labtrust's own"),
        is_fault: true,
    }));
    let rank = |finding: &Finding| codes().position(|code| code.id == finding.code.id);
    findings.sort_by_key(rank);
    Diagnosis { lines, findings: folded(findings) }
}

/// `findings` with those that merely follow from another under it.
fn folded(findings: Vec<Finding>) -> Vec<Finding> {
    let mut causes: Vec<Finding> = Vec::new();
    for finding in findings {
        let cause = causes.iter_mut().find(|cause| cause.code.explains.contains(&finding.code.id));
        match cause {
            Some(cause) => cause.consequences.push(finding),
            None => causes.push(finding),
        }
    }
    causes
}

#[cfg(test)]
mod tests {
    use labtrust_platform::world::engine::Door;

    use super::*;

    #[test]
    fn what_was_not_looked_at_is_a_fault_and_no_finding() {
        let text = include_str!("../../tests/evidence/docker-missing.json");
        let missing: Evidence = serde_json::from_str(text).expect("evidence");
        assert!(!diagnose(&missing).has_faults());

        let mut evidence = missing.clone();
        evidence.unseen = vec!["GitLab on this machine".into()];
        assert!(diagnose(&evidence).has_faults());

        let text = include_str!("../../tests/evidence/daemon-down.json");
        let mut evidence: Evidence = serde_json::from_str(text).expect("evidence");
        evidence.engines[0].door = Door::Unknown("the probe itself failed".into());
        let diagnosis = diagnose(&evidence);
        assert!(diagnosis.has_faults());
        let codes: Vec<_> = diagnosis.findings.iter().map(|finding| finding.code.id).collect();
        assert!(!codes.contains(&"docker-missing") && !codes.contains(&"daemon-down"), "{codes:?}");
    }
}
