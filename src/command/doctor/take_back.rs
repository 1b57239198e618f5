//! `doctor --undo`: what `--fix` did, but for trust in a CA, which is taken back where all trust is.

use anyhow::Result;
use labtrust_platform::{Outcome, receipt::Receipts, session::State, undo};

use super::fix::{Fixed, RECEIPT, again};
use crate::{
    command::{Context, report::NextSteps, restart, stores, untrust},
    exit,
};

/// Takes back what `--fix` did, whatever is left of it; where nothing is, that is so already.
pub fn run(context: &Context<'_>, restart: bool) -> Result<u8> {
    let (printer, state) = (context.printer, &context.home.state);
    let receipts = Receipts::all(state)?;
    // Whether it was `--fix` or `trust` that trusted a CA is not known, and both may have.
    let trusted = untrust::trusted(&receipts).map(|anchor| format!("labtrust untrust {}", anchor.sha256()));
    let trusted: Vec<String> = trusted.collect();
    if context.everywhere.dry_run {
        let recorded = receipts.iter().find(|receipt| receipt.name == RECEIPT);
        let records = recorded.iter().flat_map(|receipt| receipt.changes.iter().rev());
        let any = stores::print_undo(context, records);
        if !any {
            printer.say(stores::NOTHING);
        }
        print_trusted(context, &trusted);
        printer.document(&serde_json::json!({ "schema": 1, "would_change": any, "notes": trusted }));
        return Ok(if any { exit::NO } else { exit::DONE });
    }
    let mut outcomes = if state.exists() { take_back(context)? } else { Vec::new() };
    if restart {
        restart::restart(context, &mut outcomes, None);
    }
    let fixed = Fixed { outcomes };
    let again = again(&["doctor", "--undo"]);
    let mut notes = NextSteps::of(context, &fixed.outcomes, &again).into_lines();
    notes.extend(trusted.iter().cloned());
    printer.document(&serde_json::json!({ "schema": 1, "undone": fixed.report(), "notes": notes }));
    if fixed.outcomes.is_empty() {
        printer.say(format_args!("no fix is recorded in {}: nothing to take back", state.display()));
    }
    fixed.print(context, State::Untrusted, &again);
    print_trusted(context, &trusted);
    Ok(exit::of_outcomes(&fixed.outcomes, State::Untrusted))
}

/// Opening the state folder sweeps what a run that was killed left of it, too.
fn take_back(context: &Context<'_>) -> Result<Vec<Outcome>> {
    context.session(|session| {
        let Some(mut receipt) = session.receipts.load(RECEIPT)? else { return Ok(Vec::new()) };
        Ok(undo(session, &mut receipt, |_| true)?)
    })
}

fn print_trusted(context: &Context<'_>, commands: &[String]) {
    if !commands.is_empty() {
        context.printer.heading("Trust in a CA stays; to take it back too:");
        for command in commands {
            context.printer.command(command);
        }
    }
}
