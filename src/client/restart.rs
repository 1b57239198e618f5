//! Restarts services, if the user asked for it: a restart of Docker stops containers.

use std::{
    thread,
    time::{Duration, Instant},
};

use labtrust_machine::{Outcome, Progress, Result, World, ask_engine, engine::get, session::OutcomeState};
use labtrust_plan::{Anchor, Command, Facts, Hint, ProofResult, Prose, Service, Wanted, fact::Engine};

use crate::{hint::hint, printer::Printer};

/// The time limit for an engine to answer after its restart. Some service managers do not wait, and the engine starts
/// its containers first.
const LIMIT: Duration = Duration::from_secs(60);

/// Restarts the services that `outcomes` wait for, and updates the outcomes. A restarted engine must answer, and must
/// trust the CA in `asked`, or no longer trust it. Otherwise its outcome reports that.
pub(crate) fn restart(
    facts: &Facts,
    printer: &Printer,
    outcomes: &mut [Outcome],
    asked: Option<(&Anchor, Wanted)>,
) {
    let (good, bad) = match asked {
        Some((_, Wanted::Gone)) => (OutcomeState::Untrusted, OutcomeState::Trusted),
        _ => (OutcomeState::Trusted, OutcomeState::Untrusted),
    };
    for service in restarts(outcomes) {
        let Some(command) = &service.restart else { continue };
        printer.begin(&format!("restarting {}", service.title));
        let restarted = World::here().run(command);
        let answered = restarted.as_ref().map_or(Ok(()), |_| wait(facts, &service));
        let is_up = restarted.is_ok() && answered.is_ok();
        let otherwise = asked.filter(|_| is_up).and_then(|asked| otherwise(facts, &service, asked));
        let is_awaited = |outcome: &&mut Outcome| outcome.restart.iter().any(|awaited| awaited.is(&service));
        for outcome in outcomes.iter_mut().filter(is_awaited) {
            let (detail, title) = (&outcome.detail, &service.title);
            if let Err(error) = &restarted {
                outcome.detail = format!("{detail}; {title} was not restarted: {error}");
                outcome.hint = error.hint();
                outcome.state = OutcomeState::Failed;
                continue;
            }
            if let Err(error) = &answered {
                outcome.detail = format!("{detail}; {title} was restarted, but does not answer: {error}");
                outcome.hint = Some(log_hint(command, title));
                outcome.state = OutcomeState::Failed;
                continue;
            }
            outcome.restart.retain(|awaited| !awaited.is(&service));
            if [OutcomeState::Pending, good].contains(&outcome.state) && outcome.restart.is_empty() {
                let but = otherwise.as_ref().map_or_else(String::new, |seen| format!(", but {seen}"));
                outcome.state = if otherwise.is_some() { bad } else { good };
                outcome.detail = format!("{}; {} was restarted{but}", outcome.detail, service.title);
            }
        }
    }
}

/// The hint to read the log of the service `title`, which `restart` restarts.
fn log_hint(restart: &Command, title: &str) -> Hint {
    let is_unit = restart.program.file_name().is_some_and(|name| name == "systemctl");
    if let Some(unit) = restart.arguments.last().filter(|_| is_unit) {
        hint!("its log: sudo journalctl -u {} -n 20", unit)
    } else {
        hint!("read the log of {} to see why it does not start", Prose(title))
    }
}

/// The sockets of the engines that `service` runs.
fn sockets<'c>(facts: &'c Facts, service: &Service) -> impl Iterator<Item = &'c std::path::Path> {
    let is_it = |engine: &&Engine| engine.restart == service.restart;
    facts.engines.iter().filter(is_it).filter_map(|engine| engine.socket.as_deref())
}

/// Waits until the engines of `service` answer.
fn wait(facts: &Facts, service: &Service) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    sockets(facts, service).try_for_each(|socket| {
        loop {
            match get(&World::here(), socket, "/_ping", Duration::from_secs(5)) {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    })
}

/// The answer of a restarted engine that does not treat a registry of the anchor as wanted.
fn otherwise(facts: &Facts, service: &Service, (anchor, wanted): (&Anchor, Wanted)) -> Option<String> {
    let mut asked = sockets(facts, service)
        .flat_map(|socket| anchor.endpoints.iter().map(move |endpoint| (socket, endpoint)));
    asked.find_map(|(socket, endpoint)| {
        match ask_engine(&World::here(), socket, endpoint, &anchor.certificate, wanted) {
            ProofResult::Holds(_) => None,
            ProofResult::Fails(seen) | ProofResult::Lingers(seen) => Some(seen),
        }
    })
}

/// The services to restart, each once.
pub(crate) fn restarts(outcomes: &[Outcome]) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    for service in outcomes.iter().flat_map(|outcome| &outcome.restart) {
        if !services.iter().any(|known| known.is(service)) {
            services.push(service.clone());
        }
    }
    services
}
