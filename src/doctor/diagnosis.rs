//! The whole diagnosis: every check in turn, and the findings as causes with their consequences.

use labtrust_plan::Anchor;
use serde::Serialize;

use super::{
    case::Case,
    check::{Check, CheckState, certificate, engine, login, network, proxy, realm, registry, server, trust},
    evidence::Evidence,
    finding::{Code, Finding},
};

/// The checks, in the order in which a request passes the parts that they judge. The report shows findings in this
/// order, so that the cause comes first.
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
    login::CHECK,
    trust::PODMAN,
    trust::CONTAINERD,
    trust::SYSTEM,
    proxy::TOOLS,
];

/// A line of the report.
#[derive(Debug, Serialize)]
pub struct Line {
    /// The check's name in JSON.
    pub id: &'static str,
    /// Its name in the report.
    #[serde(skip)]
    pub title: &'static str,
    /// The state.
    pub state: CheckState,
    /// What was seen.
    pub detail: String,
    /// Whether the check could not be made.
    #[serde(skip)]
    pub is_fault: bool,
}

/// The result of all checks.
#[derive(Debug)]
pub struct Diagnosis {
    /// One line for each check.
    pub lines: Vec<Line>,
    /// The causes, each with its consequences.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// The findings to fix. If a cause is fixed only after a restart, its consequences cannot be judged before the
    /// restart, unless they trust the same CA in another store.
    pub fn to_fix(&self) -> impl Iterator<Item = &Finding> {
        let anchor = |finding: &Finding| finding.fix.anchor.as_ref().map(Anchor::sha256);
        self.findings.iter().flat_map(move |cause| {
            let is_ripe = move |other: &&Finding| {
                !cause.fix.awaits_restart() || anchor(cause).is_some() && anchor(cause) == anchor(other)
            };
            std::iter::once(cause).chain(cause.consequences.iter().filter(is_ripe))
        })
    }

    /// Whether all checks were made and none found a problem.
    pub fn is_healthy(&self) -> bool {
        self.findings.is_empty() && !self.has_faults()
    }

    /// Whether a check could not be made.
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
        let result = (check.judge)(&case);
        lines.push(Line {
            id: check.id,
            title: check.title,
            state: result.state,
            detail: result.detail,
            is_fault: result.is_fault,
        });
        findings.extend(result.findings);
    }
    lines.extend(evidence.unseen.iter().map(|what| Line {
        id: "probe",
        title: "probe",
        state: CheckState::Failed,
        detail: format!("{what} was not checked: internal error in labtrust"),
        is_fault: true,
    }));
    let rank = |finding: &Finding| codes().position(|code| code.id == finding.code.id);
    findings.sort_by_key(rank);
    Diagnosis { lines, findings: folded(findings) }
}

/// `findings`, with each consequence below its cause.
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
    use labtrust_machine::engine::SocketState;

    use super::*;

    #[test]
    fn a_failed_probe_is_a_fault_and_not_a_finding() {
        let text = include_str!("../../tests/evidence/docker-missing.json");
        let missing: Evidence = serde_json::from_str(text).expect("evidence");
        assert!(!diagnose(&missing).has_faults());

        let mut evidence = missing.clone();
        evidence.unseen = vec!["GitLab on this machine".into()];
        assert!(diagnose(&evidence).has_faults());

        let text = include_str!("../../tests/evidence/daemon-down.json");
        let mut evidence: Evidence = serde_json::from_str(text).expect("evidence");
        evidence.engines[0].socket_state = SocketState::Unknown("internal error in labtrust".into());
        let diagnosis = diagnose(&evidence);
        assert!(diagnosis.has_faults());
        let codes: Vec<_> = diagnosis.findings.iter().map(|finding| finding.code.id).collect();
        assert!(!codes.contains(&"docker-missing") && !codes.contains(&"daemon-down"), "{codes:?}");
    }
}
