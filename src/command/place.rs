//! Placing a pair on the server, for `setup` and `import` alike: shown, asked about, applied under
//! a receipt, proven.

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_platform::{
    Anchor, Certificate, Fingerprint, Outcome, World, apply as apply_changes,
    plan::Change,
    receipt::{Receipts, StepRecord},
    session::State,
};

use super::{
    Context, report, restart,
    stores::{self, Planning, print_plan},
    trust,
};
use crate::{exit, gitlab, hint::fail};

/// What `setup` and `import` place is kept under one name: what one placed the other replaces, and
/// undoing goes back to what stood there before both.
pub const RECEIPT: &str = "setup";

/// What was done: on the server, and in the stores of this machine.
pub struct Done {
    pub placed: Vec<Outcome>,
    pub trusted: Vec<Outcome>,
}

/// Places by `changes` and trusts `anchor` by `planning`: explained for a dry run, asked about on a
/// terminal, applied. Breaks with the exit code where nothing was to be done.
pub fn carry_out(
    context: &Context<'_>,
    changes: &[Change],
    anchor: &Anchor,
    planning: Planning,
    restart: bool,
) -> Result<ControlFlow<u8, Done>> {
    if context.everywhere.dry_run {
        return dry_run(context, changes, anchor, &planning).map(ControlFlow::Break);
    }
    if !confirm(context, changes, anchor, &planning)? {
        return Ok(ControlFlow::Break(exit::NO));
    }
    let placed = apply(context, changes)?;
    let mut trusted = trust::trust(context, anchor, planning)?;
    if restart {
        restart::restart(context, &mut trusted);
    }
    Ok(ControlFlow::Continue(Done { placed, trusted }))
}

/// All that is not so yet.
fn outstanding(
    context: &Context<'_>,
    changes: &[Change],
    anchor: &Anchor,
    planning: &Planning,
) -> Result<Vec<Change>> {
    let receipts = Receipts::all(&context.home.state)?;
    let mut all = stores::outstanding(context, &receipts, RECEIPT, changes);
    all.extend(stores::outstanding(context, &receipts, &trust::receipt_name(anchor), &planning.changes));
    Ok(all)
}

/// Prints what would be done; exit 1 if anything would.
fn dry_run(context: &Context<'_>, changes: &[Change], anchor: &Anchor, planning: &Planning) -> Result<u8> {
    let changes = outstanding(context, changes, anchor, planning)?;
    context.printer.document(&serde_json::json!({
        "schema": 1,
        "sha256": anchor.sha256(),
        "plan": stores::as_json(&changes),
    }));
    Ok(if print_plan(context, &changes) { exit::NO } else { exit::DONE })
}

/// On a terminal, shows the plan and asks; whether to go on.
fn confirm(context: &Context<'_>, changes: &[Change], anchor: &Anchor, planning: &Planning) -> Result<bool> {
    if context.everywhere.yes || !context.printer.can_ask() {
        return Ok(true);
    }
    let changes = outstanding(context, changes, anchor, planning)?;
    if changes.is_empty() {
        return Ok(true);
    }
    print_plan(context, &changes);
    let go_on = context.printer.confirm("\nDo this?")?;
    if !go_on {
        context.printer.aside("nothing was changed");
    }
    Ok(go_on)
}

/// Applies the changes, in their order. The first that fails ends it: what comes after depends on
/// it.
fn apply(context: &Context<'_>, changes: &[Change]) -> Result<Vec<Outcome>> {
    context.session(|session| {
        let mut outcomes = Vec::new();
        for change in changes {
            let outcome = apply_changes(session, RECEIPT, None, std::slice::from_ref(change))?;
            outcomes.extend(outcome);
            let Some(last) = outcomes.last() else { continue };
            if last.needs_root {
                let what = format!("{} needs root", last.subject);
                // Not `args`, which ends the program where one is no text.
                let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
                return Err(fail(what, report::sudo(&words.collect::<Vec<_>>())));
            }
            if last.state == State::Failed {
                return Err(fail(
                    last.detail.clone(),
                    last.hint.clone().unwrap_or_else(|| {
                        "what this run had placed there was taken back; run it again when that is mended"
                            .into()
                    }),
                ));
            }
        }
        Ok(outcomes)
    })
}

/// The leaves of the certificate files that an earlier run placed and nobody has changed since.
pub fn leaves_placed(context: &Context<'_>) -> Result<Vec<Fingerprint>> {
    let world = World::here();
    let mut leaves = Vec::new();
    for receipt in Receipts::all(&context.home.state)? {
        for record in receipt.changes.iter().filter(|record| record.store.as_str() == gitlab::STORE) {
            for step in &record.steps {
                let StepRecord::File { path, after: Some(after), .. } = step else { continue };
                let standing = world.read(path)?.unwrap_or_default();
                if Fingerprint::of(&standing) == *after {
                    leaves.extend(Certificate::read_all(&standing).0.first().map(Certificate::fingerprint));
                }
            }
        }
    }
    Ok(leaves)
}
