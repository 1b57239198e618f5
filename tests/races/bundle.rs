//! The bundle as other programs see it: it is read all the time while others write it.

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
    /// Whether it ends with a complete certificate.
    pub whole: bool,
}

impl Bundle {
    /// The present bundle; none if it does not exist.
    pub(super) fn of(machine: &Machine) -> Option<Self> {
        // It is read from outside the machine: a program inside would take too long to start.
        let text = fs::read_to_string(format!("/proc/{}/root{BUNDLE}", machine.pid())).ok()?;
        let mut parts: Vec<&str> = text.split_inclusive(END).collect();
        let whole = parts.last().is_some_and(|last| last.ends_with(END));
        parts.retain(|part| part.ends_with(END));
        Some(Self { certificates: parts.iter().map(|part| body(part)).collect(), whole })
    }

    pub(super) fn holds(&self, certificate: &str) -> bool {
        self.certificates.contains(&body(certificate))
    }

    /// The number of certificates of `before` that are missing.
    pub(super) fn lacks(&self, before: &Self) -> usize {
        before.certificates.difference(&self.certificates).count()
    }
}

/// The text between the marks of a certificate. Remarks may stand before it.
fn body(part: &str) -> String {
    let (_, body) = part.split_once("-----BEGIN CERTIFICATE-----").unwrap_or_default();
    body.split_whitespace().take_while(|line| !line.starts_with('-')).collect()
}

/// The observations of a bundle over a time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub looks: usize,
    pub absent: usize,
    pub cut: usize,
    /// The most earlier certificates that were missing in one observation.
    pub lacked: usize,
}

impl Seen {
    /// Calls `runs` while the bundle is observed.
    pub(super) fn during<T>(machine: &Machine, before: &Bundle, runs: impl FnOnce() -> T) -> (T, Self) {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let seen = scope.spawn(|| Self::watch(machine, before, &done));
            // The observer must stop even if `runs` panics.
            let result = panic::catch_unwind(AssertUnwindSafe(runs));
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

    /// Whether every observation had all earlier certificates.
    pub(super) fn held(&self) -> bool {
        (self.absent, self.cut, self.lacked) == (0, 0, 0)
    }
}
