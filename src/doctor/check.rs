//! A check, which is one line of the report, and its result. A check reads only evidence.

mod answer;
pub(super) mod certificate;
pub(super) mod engine;
mod forwarded;
pub(super) mod login;
pub(super) mod network;
pub(super) mod proxy;
pub(super) mod realm;
pub(super) mod registry;
pub(super) mod server;
mod token;
pub(super) mod trust;

use serde::Serialize;

use super::{
    case::Case,
    finding::{Code, Finding},
};

/// A check.
#[derive(Debug)]
pub struct Check {
    /// Its name in JSON.
    pub id: &'static str,
    /// Its name in the report.
    pub title: &'static str,
    /// The codes that it can find, causes before their consequences.
    pub codes: &'static [&'static Code],
    /// Judges the evidence.
    pub judge: fn(&Case<'_>) -> CheckResult,
}

/// The state of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    /// No problem was found.
    Passed,
    /// A problem was found, or the check could not be made.
    Failed,
    /// The check does not apply here, or another problem must be fixed first.
    Skipped,
}

/// The result of a check.
#[derive(Debug)]
pub struct CheckResult {
    /// The state.
    pub state: CheckState,
    /// What was seen, in a few words.
    pub detail: String,
    /// The findings.
    pub findings: Vec<Finding>,
    /// Whether the check could not be made.
    pub is_fault: bool,
}

impl CheckResult {
    /// No problem was found.
    pub fn passed(detail: impl Into<String>) -> Self {
        Self { state: CheckState::Passed, detail: detail.into(), findings: Vec::new(), is_fault: false }
    }

    /// The check does not apply, or another problem must be fixed first.
    pub fn skipped(detail: impl Into<String>) -> Self {
        Self { state: CheckState::Skipped, ..Self::passed(detail) }
    }

    /// The check could not be made, because of `detail`.
    pub fn fault(detail: impl Into<String>) -> Self {
        Self { state: CheckState::Failed, is_fault: true, ..Self::passed(detail) }
    }

    /// Failed with `findings`; passed with `detail` if there are none.
    pub fn of(detail: impl Into<String>, findings: Vec<Finding>) -> Self {
        match findings.first() {
            Some(first) => {
                Self { state: CheckState::Failed, findings: Vec::new(), ..Self::passed(&first.what) }
            }
            None => Self::passed(detail),
        }
        .with(findings)
    }

    /// Adds `findings`; the state and the detail stay.
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
