//! Limits the time to wait for each port. A usual registry port that the user did not name gets a short time, and
//! more while no registry has answered on another port: firewalls often drop packets to unknown ports.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use labtrust_plan::Endpoint;

use crate::doctor::case::REGISTRIES;

const MOMENTS: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];

/// The time limits that all questions to servers share.
pub(super) struct TimeBudget {
    /// The end of the whole time.
    pub deadline: Instant,
    named: Option<u16>,
    is_found: AtomicBool,
}

impl TimeBudget {
    /// A budget until `deadline`; the user `named` this port.
    pub(super) fn new(deadline: Instant, named: Option<u16>) -> Self {
        Self { deadline, named, is_found: AtomicBool::new(false) }
    }

    /// Notes that a registry has answered.
    pub(super) fn registry_was_found(&self) {
        self.is_found.store(true, Ordering::Relaxed);
    }

    /// The answer of `ask` for `endpoint` within its time limit.
    pub(super) fn ask<T>(&self, endpoint: &Endpoint, ask: impl Fn(Duration) -> T) -> T {
        if self.named != Some(endpoint.port) && REGISTRIES.contains(&endpoint.port) {
            for moment in MOMENTS.map(|moment| moment.min(left(self.deadline))) {
                let begun = Instant::now();
                let said = ask(moment);
                let is_answer = begun.elapsed() < moment;
                if is_answer || self.is_found.load(Ordering::Relaxed) {
                    return said;
                }
            }
        }
        ask(left(self.deadline))
    }
}

/// The time until `deadline`; never zero, which some functions treat as no limit.
pub(super) fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(20))
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, thread::sleep};

    use super::*;

    /// How often a server that never answers was asked at `port`, and the last time limit.
    fn asked(budget: &TimeBudget, port: u16) -> (usize, Duration) {
        let times = Cell::new(0);
        let endpoint = format!("gitlab.example.com:{port}").parse().expect("an endpoint");
        let last = budget.ask(&endpoint, |limit| {
            times.set(times.get() + 1);
            sleep(limit.min(MOMENTS[1]));
            limit
        });
        (times.get(), last)
    }

    #[test]
    fn an_unnamed_port_gets_more_time_while_no_registry_was_found() {
        let budget = TimeBudget::new(Instant::now() + Duration::from_secs(60), Some(4567));
        let (times, last) = asked(&budget, 5050);
        assert!(times == 3 && last > Duration::from_secs(50), "{times} {last:?}");
        budget.registry_was_found();
        assert_eq!(asked(&budget, 5050), (1, MOMENTS[0]));
        for port in [443, 4567] {
            let (times, last) = asked(&budget, port);
            assert!(times == 1 && last > Duration::from_secs(50), "{port}: {times} {last:?}");
        }
    }

    #[test]
    fn an_answer_is_taken_at_once() {
        let budget = TimeBudget::new(Instant::now() + Duration::from_secs(60), None);
        let endpoint = "gitlab.example.com:5050".parse().expect("an endpoint");
        assert_eq!(budget.ask(&endpoint, |limit| limit), MOMENTS[0]);
    }
}
