//! Restarting what must be restarted, when it was asked for: it stops containers.

use anyhow::Result;
use labtrust_platform::{Outcome, Progress, World, session::State};

use super::{Context, report};

/// Restarts the services that `outcomes` wait for, and marks those as settled that did restart.
pub fn restart(context: &Context<'_>, outcomes: &mut [Outcome]) -> Result<()> {
    for service in report::restarts(outcomes) {
        let Some(command) = &service.restart else { continue };
        context.printer.begin(&format!("restarting {}", service.title));
        World::here().run(command)?;
        for outcome in outcomes.iter_mut() {
            outcome.restart.retain(|other| *other != service);
            if outcome.state == State::Pending && outcome.restart.is_empty() {
                outcome.state = State::Trusted;
                outcome.detail = format!("{}; {} was restarted", outcome.detail, service.title);
            }
        }
    }
    Ok(())
}
