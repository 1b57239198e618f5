//! Restarting what must be restarted, when it was asked for: it stops containers.

use std::{
    thread,
    time::{Duration, Instant},
};

use labtrust_platform::{
    Anchor, Outcome, Progress, Result, Service, Verdict, World, accepted, fact::Engine, session::State,
    world::engine::get,
};

use super::{Context, report};

/// The time that an engine has to answer after its restart: not every manager waits for what it starts, and it
/// starts its containers first.
const LIMIT: Duration = Duration::from_secs(60);

/// Restarts the services that `outcomes` wait for, and marks those as settled that did restart: an engine when
/// it answers again, and does not refuse what `anchor` stands for. One that does not is said with the rest: what
/// was done is done.
pub fn restart(context: &Context<'_>, outcomes: &mut [Outcome], anchor: Option<&Anchor>) {
    for service in report::restarts(outcomes) {
        let Some(command) = &service.restart else { continue };
        context.printer.begin(&format!("restarting {}", service.title));
        let restarted = World::here().run(command);
        let answered = restarted.as_ref().map_or(Ok(()), |_| wait(context, &service));
        let is_up = restarted.is_ok() && answered.is_ok();
        let refusal = anchor.filter(|_| is_up).and_then(|anchor| refusal(context, &service, anchor));
        for outcome in outcomes.iter_mut().filter(|outcome| outcome.restart.contains(&service)) {
            let (detail, title) = (&outcome.detail, &service.title);
            if let Err(error) = &restarted {
                outcome.detail = format!("{detail}; {title} was not restarted: {error}");
                outcome.hint = error.hint();
                outcome.state = State::Failed;
                continue;
            }
            if let Err(error) = &answered {
                outcome.detail = format!("{detail}; {title} was restarted and does not answer: {error}");
                outcome.hint = Some(format!("the log of {title} says why it does not start"));
                outcome.state = State::Failed;
                continue;
            }
            outcome.restart.retain(|other| *other != service);
            if outcome.state == State::Pending && outcome.restart.is_empty() {
                let (state, but) = match &refusal {
                    None => (State::Trusted, String::new()),
                    Some(refusal) => (State::Untrusted, format!(", but {refusal}")),
                };
                outcome.state = state;
                outcome.detail = format!("{}; {} was restarted{but}", outcome.detail, service.title);
            }
        }
    }
}

/// The engines that `service` is, with their sockets.
fn sockets<'c>(context: &'c Context<'_>, service: &Service) -> impl Iterator<Item = &'c std::path::Path> {
    let is_it = |engine: &&Engine| engine.restart == service.restart;
    context.facts.engines.iter().filter(is_it).filter_map(|engine| engine.socket.as_deref())
}

/// Waits until the engines that `service` is answer.
fn wait(context: &Context<'_>, service: &Service) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    sockets(context, service).try_for_each(|socket| {
        loop {
            match get(&World::here(), socket, "/_ping", Duration::from_secs(5)) {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    })
}

/// What an engine that was restarted says of a registry of `anchor`'s that it does not accept.
fn refusal(context: &Context<'_>, service: &Service, anchor: &Anchor) -> Option<String> {
    let mut asked = sockets(context, service)
        .flat_map(|socket| anchor.endpoints.iter().map(move |endpoint| (socket, endpoint)));
    asked.find_map(|(socket, endpoint)| {
        match accepted(&World::here(), socket, endpoint, &anchor.certificate) {
            Verdict::Holds(_) => None,
            Verdict::Fails(seen) => Some(seen),
        }
    })
}
