//! The bundle as its readers see it: looked at all the time while others write it.

use std::{
    collections::BTreeSet,
    fs,
    panic::{self, AssertUnwindSafe},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use crate::lab::Machine;

pub(super) const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
const END: &str = "-----END CERTIFICATE-----\n";

/// The certificates in a bundle.
#[derive(Clone, Debug, Default)]
pub(super) struct Bundle {
    pub certificates: BTreeSet<String>,
    /// Whether it ends where a certificate does.
    pub whole: bool,
}

impl Bundle {
    /// As it is now; none if it is not there.
    pub(super) fn of(machine: &Machine) -> Option<Self> {
        // From outside, because a program inside would take longer to start than the bundle to change.
        let text = fs::read_to_string(format!("/proc/{}/root{BUNDLE}", machine.pid())).ok()?;
        let mut parts: Vec<&str> = text.split_inclusive(END).collect();
        let whole = parts.last().is_some_and(|last| last.ends_with(END));
        parts.retain(|part| part.ends_with(END));
        Some(Self { certificates: parts.iter().map(|part| body(part)).collect(), whole })
    }

    pub(super) fn holds(&self, certificate: &str) -> bool {
        self.certificates.contains(&body(certificate))
    }

    /// How many certificates of `before` it lacks.
    pub(super) fn lacks(&self, before: &Self) -> usize {
        before.certificates.difference(&self.certificates).count()
    }
}

/// What is between the lines that frame it: people write remarks before.
fn body(part: &str) -> String {
    let (_, body) = part.split_once("-----BEGIN CERTIFICATE-----").unwrap_or_default();
    body.split_whitespace().take_while(|line| !line.starts_with('-')).collect()
}

/// What was seen of a bundle over a time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub looks: usize,
    pub absent: usize,
    pub cut: usize,
    /// The most certificates that one look missed of those from before.
    pub lacked: usize,
}

impl Seen {
    /// Does `work` while the bundle is looked at.
    pub(super) fn during<T>(machine: &Machine, before: &Bundle, work: impl FnOnce() -> T) -> (T, Self) {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let seen = scope.spawn(|| Self::watch(machine, before, &done));
            // A work that fails must not be waited for by those who look.
            let result = panic::catch_unwind(AssertUnwindSafe(work));
            done.store(true, Ordering::Relaxed);
            let seen = seen.join().unwrap();
            (result.unwrap_or_else(|failure| panic::resume_unwind(failure)), seen)
        })
    }

    fn watch(machine: &Machine, before: &Bundle, done: &AtomicBool) -> Self {
        let mut seen = Self::default();
        while !done.load(Ordering::Relaxed) {
            seen.looks += 1;
            match Bundle::of(machine) {
                None => seen.absent += 1,
                Some(bundle) => {
                    seen.cut += usize::from(!bundle.whole);
                    seen.lacked = seen.lacked.max(bundle.lacks(before));
                }
            }
            thread::sleep(Duration::from_millis(4));
        }
        seen
    }

    /// Whether every reader found at every time all that was there before.
    pub(super) fn held(&self) -> bool {
        (self.absent, self.cut, self.lacked) == (0, 0, 0)
    }
}
