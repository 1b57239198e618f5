//! Restarting what must be restarted, when it was asked for: it stops containers.

use labtrust_platform::{Outcome, Progress, World, session::State};

use super::{Context, report};

/// Restarts the services that `outcomes` wait for, and marks those as settled that did restart. One
/// that does not is said with the rest: what was done is done.
pub fn restart(context: &Context<'_>, outcomes: &mut [Outcome]) {
    for service in report::restarts(outcomes) {
        let Some(command) = &service.restart else { continue };
        context.printer.begin(&format!("restarting {}", service.title));
        let restarted = World::here().run(command);
        for outcome in outcomes.iter_mut().filter(|outcome| outcome.restart.contains(&service)) {
            match &restarted {
                Ok(_) => {
                    outcome.restart.retain(|other| *other != service);
                    if outcome.state == State::Pending && outcome.restart.is_empty() {
                        outcome.state = State::Trusted;
                        outcome.detail = format!("{}; {} was restarted", outcome.detail, service.title);
                    }
                }
                Err(error) => {
                    outcome.state = State::Failed;
                    outcome.detail =
                        format!("{}; {} was not restarted: {error}", outcome.detail, service.title);
                    outcome.hint = error.hint();
                }
            }
        }
    }
}
