//! Joins the probes, which run in threads of their own. A probe that panics must not count as one that saw nothing.

use std::{panic::resume_unwind, thread::ScopedJoinHandle};

/// The result of `probe` about `what`. If it panics, `what` is added to `unseen`: a bug in labtrust does not prove
/// that nothing is there.
pub(super) fn seen_or_noted<T>(
    probe: ScopedJoinHandle<'_, T>,
    what: &str,
    unseen: &mut Vec<String>,
) -> Option<T> {
    let seen = probe.join().ok();
    if seen.is_none() {
        unseen.push(what.to_owned());
    }
    seen
}

/// The result of `probe`, a part of another probe, which panics with it.
pub(super) fn joined<T>(probe: ScopedJoinHandle<'_, T>) -> T {
    probe.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_probe_that_panics_is_not_one_that_saw_nothing() {
        let mut unseen = Vec::new();
        let seen = thread::scope(|scope| {
            let lost = scope.spawn(|| thread::scope(|scope| joined::<()>(scope.spawn(|| panic!("a bug")))));
            let good = scope.spawn(|| 7);
            (seen_or_noted(lost, "the one", &mut unseen), seen_or_noted(good, "the other", &mut unseen))
        });
        assert_eq!((seen, unseen), ((None, Some(7)), vec!["the one".to_owned()]));
    }
}
