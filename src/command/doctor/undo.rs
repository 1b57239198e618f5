//! `doctor --undo`: undoes the changes of `--fix`. `untrust` undoes trust in a CA.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::{Outcome, receipt::Recorded, session::OutcomeState, undo};
use labtrust_plan::{ShellLine, text};
use serde::Serialize;

use crate::{
    client::{restart, untrust},
    context::Context,
    doctor::fixes::RECEIPT,
    exit,
    hint::shell_line,
    report::{
        consent::{self, Proposal},
        doctor::{Fixed, FixedReport, again},
        stores::{NextSteps, Remaining},
    },
    state::{self, put_aside, recorded},
};

#[derive(Serialize)]
struct Report<'u> {
    undone: Vec<FixedReport<'u>>,
    #[serde(flatten)]
    remaining: Remaining,
    /// The commands that also undo trust in a CA.
    next: &'u [ShellLine],
}

/// Undoes the recorded changes of `--fix`. Without any, there is nothing to do.
pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, restart: bool) -> Result<u8> {
    let printer = context.printer;
    let receipts = state.receipts()?;
    // Receipts do not tell whether `--fix` or `trust` trusted a CA.
    let trusted =
        untrust::trusted(receipts).map(|anchor| shell_line!("{labtrust untrust {}}", anchor.sha256()));
    let trusted: Vec<ShellLine> = trusted.collect();
    if context.everywhere.dry_run {
        let recorded = receipts.iter().find(|receipt| receipt.name == RECEIPT);
        let mut proposal = Proposal::default();
        if let Some(folder) = damaged(receipts) {
            proposal.line(format_args!("move {} aside: it is damaged", text::path(&folder)));
            proposal.step(&folder, "move it aside: it is damaged");
        }
        proposal.undo(recorded.iter().flat_map(|receipt| receipt.changes.iter().rev()));
        proposal.field("next", &trusted);
        let code = consent::dry_run(context, &proposal);
        print_trusted(context, &trusted);
        return Ok(code);
    }
    let is_damaged = damaged(receipts).is_some();
    let mut outcomes = if state.folder().exists() { undo_fixes(context, state)? } else { Vec::new() };
    if restart {
        restart::restart(&context.facts, context.printer, &mut outcomes, None);
    }
    let fixed = Fixed { outcomes, restarted: Vec::new() };
    let again = again(&["doctor", "--undo"]);
    let remaining = NextSteps::of(context, &fixed.outcomes, &again).remaining(Vec::new());
    printer.document(&Report { undone: fixed.report(), remaining, next: &trusted });
    if fixed.outcomes.is_empty() && !is_damaged {
        printer.say(format_args!(
            "no fix is recorded in {}: there is nothing to undo",
            state.folder().display()
        ));
    }
    fixed.print(context, OutcomeState::Untrusted, &again);
    print_trusted(context, &trusted);
    Ok(exit::of_outcomes(&fixed.outcomes, OutcomeState::Untrusted))
}

/// Undoes the receipt of the doctor. Opening the state folder also removes the leftovers of a killed run.
fn undo_fixes(context: &Context<'_>, state: &state::State<'_>) -> Result<Vec<Outcome>> {
    context.session(state, |session, state| {
        if let Some(aside) = put_aside(state.folder(), damaged(state.receipts()?).as_slice())? {
            context.printer.aside(format_args!(
                "the record of the doctor's changes is damaged: it was moved to {}, and the changes stay",
                text::path(&aside)
            ));
        }
        let Some(mut receipt) = session.receipts.load(RECEIPT)? else { return Ok(Vec::new()) };
        Ok(undo(session, &mut receipt, |_| true)?)
    })
}

/// The folder of the doctor's receipt, if the receipt is damaged.
fn damaged(receipts: &Recorded) -> Option<PathBuf> {
    let damage = recorded::damage_of(receipts, RECEIPT)?;
    damage.path.parent().map(Path::to_owned)
}

fn print_trusted(context: &Context<'_>, commands: &[ShellLine]) {
    if !commands.is_empty() {
        context.printer.heading("The CA is still trusted. To remove it too:");
        for command in commands {
            context.printer.command(command);
        }
    }
}
