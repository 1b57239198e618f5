//! The probes run at once, each in a thread of its own; one that panics must not pass for one that saw nothing.

use std::{panic::resume_unwind, thread::ScopedJoinHandle};

/// What `probe` saw of `what`. One that panics is a bug of ours: that is kept, for it does not say that nothing
/// is there.
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

/// What `probe`, a part of another, saw: if it panics, so does that.
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
