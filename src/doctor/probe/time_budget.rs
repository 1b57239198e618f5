//! Limits the time to wait for each answer: a port that the user did not name never delays the answers of the others.
//! Firewalls often drop packets to ports that GitLab does not use.

use std::{
    panic::resume_unwind,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use labtrust_plan::Endpoint;

use crate::doctor::case::WEB;

/// The reason for a missing answer that was no longer waited for.
pub(super) const LATE: &str = "it did not answer in time";

/// The time for which a port that the user did not name is waited for in any case.
const GRACE: Duration = Duration::from_millis(400);
/// The shortest time limit of a connection to the registry's host, which has answered before.
const CONNECT: Duration = Duration::from_millis(250);
/// The shortest time limit of a connection to another host than the registry's.
const CONNECT_ELSEWHERE: Duration = Duration::from_secs(1);
/// The time for questions whose answer is not needed in any case.
const OPTIONAL: Duration = Duration::from_secs(1);
/// The longest wait for an answer, before it is checked again whether the answer is still needed.
const TICK: Duration = Duration::from_millis(5);

/// The time limits that all questions to servers share.
pub(super) struct TimeBudget {
    /// The end of the whole time.
    pub deadline: Instant,
    begun: Instant,
    named: Option<u16>,
    answered: Mutex<Answered>,
}

/// The answers so far.
#[derive(Default)]
struct Answered {
    /// The ports of registries.
    registries: Vec<u16>,
    /// The ports that accepted a connection.
    open: Vec<u16>,
    /// The ports that have answered, or will not answer any more.
    ended: Vec<u16>,
    /// The ports of registries whose token service cannot be reached.
    without_login: Vec<u16>,
    /// The time until the first needed port answered.
    after: Option<Duration>,
}

impl TimeBudget {
    /// A budget of `limit`; the user `named` this port.
    pub(super) fn new(limit: Duration, named: Option<u16>) -> Self {
        let begun = Instant::now();
        Self { deadline: begun + limit, begun, named, answered: Mutex::default() }
    }

    fn answered(&self) -> MutexGuard<'_, Answered> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that `port` answered, and whether a registry did.
    pub(super) fn note_answer(&self, port: u16, is_registry: bool) {
        let mut answered = self.answered();
        if is_registry {
            answered.registries.push(port);
        }
        if self.needs(&answered, port) {
            answered.after.get_or_insert(self.begun.elapsed());
        }
    }

    /// Notes that `port` accepted a connection: its server may be slow, but no firewall drops the packets.
    pub(super) fn note_open(&self, port: u16) {
        let mut answered = self.answered();
        if !answered.open.contains(&port) {
            answered.open.push(port);
        }
    }

    /// Notes that `port` has answered, or will not answer any more.
    pub(super) fn note_end(&self, port: u16) {
        self.answered().ended.push(port);
    }

    /// Whether the answer of `port` is needed in any case: the user named it, or a registry is there. If neither is
    /// known, it is the port that Docker uses for a host without a port.
    fn needs(&self, answered: &Answered, port: u16) -> bool {
        match self.named {
            Some(named) => named == port || answered.registries.contains(&port),
            None if answered.registries.is_empty() => port == WEB,
            None => answered.registries.contains(&port),
        }
    }

    /// Notes that the token service of the registry at `port` cannot be reached: a daemon that connects directly cannot
    /// log in there either.
    pub(super) fn note_impossible_login(&self, port: u16) {
        self.answered().without_login.push(port);
    }

    /// The time limit of a connection to `endpoint`, which `registry` names. A server at the same host is as near as the
    /// registry, whose whole answer took at least the time of a connection.
    pub(super) fn connect_limit(&self, registry: &Endpoint, endpoint: &Endpoint) -> Duration {
        let least = if endpoint.host == registry.host { CONNECT } else { CONNECT_ELSEWHERE };
        self.answered().after.unwrap_or_default().max(least)
    }

    /// The end of the time for questions whose answer is not needed in any case, and that begin now.
    pub(super) fn end_of_optional(&self) -> Instant {
        self.deadline.min(Instant::now() + OPTIONAL)
    }

    /// Whether `port` may be the port to judge.
    pub(super) fn is_judged(&self, port: u16) -> bool {
        self.named.is_none_or(|named| named == port)
    }

    /// The answer to `question` about `endpoint`, unless the port is not needed and others have answered.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        endpoint: &Endpoint,
        question: impl FnOnce(Duration) -> T + Send + 'static,
    ) -> Option<T> {
        self.wait_while(|| self.is_needed(endpoint.port), question)
    }

    /// As [`Self::ask`], for a question to a daemon; also none if the daemon connects directly and no login is
    /// possible.
    pub(super) fn ask_engine<T: Send + 'static>(
        &self,
        endpoint: &Endpoint,
        is_direct: &AtomicBool,
        question: impl FnOnce(Duration) -> T + Send + 'static,
    ) -> Option<T> {
        let is_impossible = || self.answered().without_login.contains(&endpoint.port);
        let can_log_in = || !(is_direct.load(Ordering::Relaxed) && is_impossible());
        self.wait_while(|| self.is_needed(endpoint.port) && can_log_in(), question)
    }

    /// Whether the answer of `port` is still waited for.
    pub(super) fn is_needed(&self, port: u16) -> bool {
        let answered = self.answered();
        let grace = answered.after.map(|after| after.max(GRACE));
        // Without a port, any open port may be the registry's.
        let is_open = answered.open.contains(&port) && !answered.ended.contains(&port);
        let may_be_registry = is_open && self.named.is_none() && answered.registries.is_empty();
        self.needs(&answered, port)
            || may_be_registry
            || grace.is_none_or(|grace| self.begun.elapsed() < grace)
    }

    /// The answer to `question`, which runs in a thread that may outlive this call.
    fn wait_while<T: Send + 'static>(
        &self,
        is_needed: impl Fn() -> bool,
        question: impl FnOnce(Duration) -> T + Send + 'static,
    ) -> Option<T> {
        let (sender, receiver) = mpsc::channel();
        let limit = left(self.deadline);
        let asked = thread::spawn(move || {
            // The receiver is gone if the answer is not waited for any longer.
            let _ = sender.send(question(limit));
        });
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(answer) => return Some(answer),
                Err(RecvTimeoutError::Timeout) if is_needed() => {}
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => match asked.join() {
                    Ok(()) => return None,
                    Err(panic) => resume_unwind(panic),
                },
            }
        }
    }
}

/// The time until `deadline`; never zero, which some functions treat as no limit.
pub(super) fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(20))
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(2);

    fn endpoint(port: u16) -> Endpoint {
        format!("gitlab.example.com:{port}").parse().expect("an endpoint")
    }

    /// Whether an answer of `port` that takes a second is waited for.
    fn waits(budget: &TimeBudget, port: u16) -> bool {
        budget.ask(&endpoint(port), |_| sleep(Duration::from_secs(1))).is_some()
    }

    #[test]
    fn only_needed_ports_are_waited_for_once_one_has_answered() {
        let budget = TimeBudget::new(LIMIT, Some(8443));
        assert!(waits(&budget, 5050), "no port has answered");
        budget.note_answer(5050, false);
        assert!(waits(&budget, 4567), "no needed port has answered");
        budget.note_answer(4567, true);
        assert!(waits(&budget, 8443) && waits(&budget, 4567));
        let begun = Instant::now();
        assert!(!waits(&budget, 5050) && begun.elapsed() < Duration::from_millis(500), "5050 is not needed");
    }

    #[test]
    fn without_a_port_the_web_port_is_needed_until_a_registry_is_found() {
        let budget = TimeBudget::new(LIMIT, None);
        budget.note_answer(443, false);
        assert!(waits(&budget, 443) && !waits(&budget, 4567));
        budget.note_answer(4567, true);
        assert!(!waits(&budget, 443) && waits(&budget, 4567));
    }

    #[test]
    fn without_a_port_a_registry_that_is_slow_is_waited_for_but_a_dropped_port_is_not() {
        let budget = TimeBudget::new(LIMIT, None);
        budget.note_open(4567);
        budget.note_answer(443, false);
        assert!(waits(&budget, 4567) && !waits(&budget, 5050));
        budget.note_end(4567);
        budget.note_open(4567);
        assert!(!waits(&budget, 4567), "it has answered");
        budget.note_open(443);
        budget.note_answer(4567, true);
        assert!(!waits(&budget, 443), "a registry was found");
    }

    #[test]
    fn ports_that_are_not_needed_have_as_much_time_as_the_slowest_needed_answer() {
        let budget = TimeBudget::new(LIMIT, Some(4567));
        sleep(Duration::from_millis(10));
        budget.note_answer(4567, true);
        let quick = budget.ask(&endpoint(5050), |_| sleep(Duration::from_millis(100)));
        assert!(quick.is_some(), "the grace");
        let elsewhere = "auth.example.com:443".parse().expect("an endpoint");
        assert_eq!(budget.connect_limit(&endpoint(4567), &endpoint(443)), CONNECT);
        assert_eq!(budget.connect_limit(&endpoint(4567), &elsewhere), CONNECT_ELSEWHERE);
    }

    #[test]
    fn a_question_that_is_not_needed_has_a_second_at_most() {
        let soon = |limit| TimeBudget::new(limit, None).end_of_optional() - Instant::now();
        assert!(soon(LIMIT) <= OPTIONAL && soon(Duration::from_millis(100)) <= Duration::from_millis(100));
        let judged = |named| [443, 4567].map(|port| TimeBudget::new(LIMIT, named).is_judged(port));
        assert_eq!((judged(None), judged(Some(4567))), ([true, true], [false, true]));
    }

    #[test]
    fn a_daemon_that_cannot_log_in_is_not_waited_for_unless_it_uses_a_proxy() {
        let budget = TimeBudget::new(LIMIT, Some(4567));
        let waits = |is_direct: bool| {
            let question = |_| sleep(Duration::from_millis(200));
            budget.ask_engine(&endpoint(4567), &AtomicBool::new(is_direct), question).is_some()
        };
        assert!(waits(true), "a login is possible");
        budget.note_impossible_login(443);
        assert!(waits(true), "another port's token service");
        budget.note_impossible_login(4567);
        assert!(!waits(true) && waits(false));
    }

    #[test]
    #[should_panic(expected = "a bug")]
    fn a_question_that_panics_is_not_one_without_an_answer() {
        TimeBudget::new(LIMIT, Some(4567)).ask::<()>(&endpoint(4567), |_| panic!("a bug"));
    }
}
