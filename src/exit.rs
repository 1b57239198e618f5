//! Exit codes. Scripts depend on them, so they do not change.

use labtrust_machine::{Outcome, session::OutcomeState};
use labtrust_plan::{Hint, InvalidHost};

/// Everything that was asked for is done and proven.
pub(crate) const DONE: u8 = 0;
/// The answer is no.
pub(crate) const NO: u8 = 1;
/// The command line was wrong.
pub(crate) const USAGE: u8 = 2;
/// The command failed.
pub(crate) const FAULT: u8 = 3;
/// Done, but a change takes effect only after a command, such as a restart, which the output names.
pub(crate) const RESTART: u8 = 4;

/// An error in the command line: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Misuse {
    /// The error.
    pub what: String,
    /// The correct form.
    pub hint: Hint,
}

/// An error in the command line, with a hint that shows the correct form.
pub(crate) fn misuse(what: impl Into<String>, hint: impl Into<Hint>) -> anyhow::Error {
    Misuse { what: what.into(), hint: hint.into() }.into()
}

/// The error for an invalid host.
pub(crate) fn no_host(error: &InvalidHost) -> anyhow::Error {
    misuse(error.to_string(), error.hint())
}

/// The exit code for `error`.
pub(crate) fn of(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<Misuse>().is_some() { USAGE } else { FAULT }
}

/// The word for the exit code `code` in JSON.
pub(crate) fn name(code: u8) -> &'static str {
    match code {
        DONE => "done",
        NO => "no",
        USAGE => "usage",
        RESTART => "restart",
        _ => "fault",
    }
}

/// The worse of two exit codes in one run: a fault is worse than a no, and a no is worse than a restart.
pub(crate) fn worse(one: u8, other: u8) -> u8 {
    let rank = |code| [DONE, RESTART, NO, USAGE, FAULT].iter().position(|known| *known == code);
    if rank(one) > rank(other) { one } else { other }
}

/// The exit code of a run; `unmet` are the reasons why clients do not get the new certificate yet.
pub(crate) fn of_unmet<T>(unmet: &[T]) -> u8 {
    if unmet.is_empty() { DONE } else { RESTART }
}

/// The exit code for `outcomes`, each of which should be `wanted`.
pub(crate) fn of_outcomes(outcomes: &[Outcome], wanted: OutcomeState) -> u8 {
    let any = |test: &dyn Fn(&Outcome) -> bool| outcomes.iter().any(test);
    // A single change is partial only if a hook of its store failed.
    if any(&|outcome| {
        [OutcomeState::Failed, OutcomeState::Partial].contains(&outcome.state) || outcome.needs_root
    }) {
        FAULT
    } else if any(&|outcome| ![wanted, OutcomeState::Pending, OutcomeState::Skipped].contains(&outcome.state))
        || (wanted == OutcomeState::Trusted
            && !outcomes.is_empty()
            && !any(&|outcome| outcome.state != OutcomeState::Skipped))
    {
        NO
    } else if any(&|outcome| !outcome.restart.is_empty()) {
        RESTART
    } else {
        DONE
    }
}
