//! A check, one a line of the report, and its result. Each judges evidence and nothing else.

pub(super) mod certificate;
pub(super) mod engine;
pub(super) mod network;
pub(super) mod proxy;
pub(super) mod realm;
pub(super) mod registry;
pub(super) mod server;
pub(super) mod trust;

use serde::Serialize;

use super::{
    case::Case,
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
    pub judge: fn(&Case<'_>) -> CheckResult,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    /// It is as it should be.
    Passed,
    /// It is not, or it could not be looked at.
    Failed,
    /// It does not apply here, or something else has to be mended first.
    Skipped,
}

/// What a check says.
#[derive(Debug)]
pub struct CheckResult {
    /// How it came out.
    pub state: CheckState,
    /// What was seen, in a few words.
    pub detail: String,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Whether it could not be looked at.
    pub is_fault: bool,
}

impl CheckResult {
    /// It is as it should be.
    pub fn passed(detail: impl Into<String>) -> Self {
        Self { state: CheckState::Passed, detail: detail.into(), findings: Vec::new(), is_fault: false }
    }

    /// It does not apply, or something else comes first.
    pub fn skipped(detail: impl Into<String>) -> Self {
        Self { state: CheckState::Skipped, ..Self::passed(detail) }
    }

    /// It could not be looked at.
    pub fn fault(detail: impl Into<String>) -> Self {
        Self { state: CheckState::Failed, is_fault: true, ..Self::passed(detail) }
    }

    /// `findings`; without any it has passed with `detail`.
    pub fn of(detail: impl Into<String>, findings: Vec<Finding>) -> Self {
        match findings.first() {
            Some(first) => {
                Self { state: CheckState::Failed, findings: Vec::new(), ..Self::passed(&first.what) }
            }
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

impl From<Finding> for CheckResult {
    fn from(finding: Finding) -> Self {
        Self::of("", vec![finding])
    }
}
