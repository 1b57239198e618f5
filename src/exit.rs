//! Exit codes: a promise to scripts that does not change.

use labtrust_machine::{Outcome, session::OutcomeState};
use labtrust_plan::{Hint, InvalidHost};

/// All that was asked is done and proven.
pub(crate) const DONE: u8 = 0;
/// The answer is no.
pub(crate) const NO: u8 = 1;
/// The command line was wrong.
pub(crate) const USAGE: u8 = 2;
/// It could not be done.
pub(crate) const FAULT: u8 = 3;
/// Done, and it takes effect after a restart that the output names.
pub(crate) const RESTART: u8 = 4;

/// An error that is the user's words, not the machine: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Misuse {
    /// What is wrong with them.
    pub what: String,
    /// What to type instead.
    pub hint: Hint,
}

/// An error that is the user's words: `what` is wrong with them, and what to type instead.
pub(crate) fn misuse(what: impl Into<String>, hint: impl Into<Hint>) -> anyhow::Error {
    Misuse { what: what.into(), hint: hint.into() }.into()
}

/// The same for a text that names no host.
pub(crate) fn no_host(error: &InvalidHost) -> anyhow::Error {
    misuse(error.to_string(), error.hint())
}

/// The exit code that `error` ends in.
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

/// The exit code of two answers in one run: a fault outweighs a no, which outweighs a restart.
pub(crate) fn worse(one: u8, other: u8) -> u8 {
    let rank = |code| [DONE, RESTART, NO, USAGE, FAULT].iter().position(|known| *known == code);
    if rank(one) > rank(other) { one } else { other }
}

/// The exit code of a run after which `unmet` keeps clients from what is in place.
pub(crate) fn of_unmet<T>(unmet: &[T]) -> u8 {
    if unmet.is_empty() { DONE } else { RESTART }
}

/// The exit code of a run that wanted each outcome to be `wanted`.
pub(crate) fn of_outcomes(outcomes: &[Outcome], wanted: OutcomeState) -> u8 {
    let any = |test: &dyn Fn(&Outcome) -> bool| outcomes.iter().any(test);
    // One change is partly so only where a hook of its store has failed.
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
