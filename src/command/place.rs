//! Placing a pair on the server, for `setup` and `import` alike: shown, asked about, applied under
//! a receipt, proven.

use anyhow::Result;
use labtrust_platform::{
    Anchor, Certificate, Fingerprint, Outcome, World, apply as apply_changes,
    plan::Change,
    receipt::{Receipts, StepRecord},
    session::State,
};

use super::{
    Context, report,
    stores::{self, Planning, print_plan},
    trust,
};
use crate::{exit, gitlab, hint::fail};

/// What `setup` and `import` place is kept under one name: what one placed the other replaces, and
/// undoing goes back to what stood there before both.
pub const RECEIPT: &str = "setup";

/// The changes on the server, and the receipt that they are kept under.
pub struct Placement<'a> {
    pub name: String,
    pub changes: &'a [Change],
}

/// The changes that are not so yet.
fn outstanding(context: &Context<'_>, placement: &Placement<'_>) -> Result<Vec<Change>> {
    let receipts = Receipts::all(&context.home.state)?;
    let receipt = receipts.iter().find(|receipt| receipt.name == placement.name);
    let mut changes = Vec::new();
    for change in placement.changes {
        let record = receipt.and_then(|receipt| receipt.find(&change.store, &change.subject));
        if trust::is_outstanding(context, change, record) {
            changes.push(change.clone());
        }
    }
    Ok(changes)
}

/// Prints what would be done; exit 1 if anything would.
pub fn dry_run(
    context: &Context<'_>,
    placement: &Placement<'_>,
    anchor: &Anchor,
    planning: &Planning,
) -> Result<u8> {
    let mut changes = outstanding(context, placement)?;
    changes.extend(trust::outstanding(context, anchor, planning)?.0);
    context.printer.document(&serde_json::json!({
        "schema": 1,
        "sha256": anchor.sha256(),
        "plan": stores::as_json(&changes),
    }));
    Ok(if print_plan(context, &changes) { exit::NO } else { exit::DONE })
}

/// On a terminal, shows the plan and asks; whether to go on.
pub fn confirm(
    context: &Context<'_>,
    placement: &Placement<'_>,
    anchor: &Anchor,
    planning: &Planning,
) -> Result<bool> {
    if context.everywhere.yes || !context.printer.can_ask() {
        return Ok(true);
    }
    let mut changes = outstanding(context, placement)?;
    changes.extend(trust::outstanding(context, anchor, planning)?.0);
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
/// it. What this run placed is then taken back.
pub fn apply(context: &Context<'_>, placement: &Placement<'_>) -> Result<Vec<Outcome>> {
    context.session(|session| {
        let mut outcomes = Vec::new();
        for change in placement.changes {
            let outcome = apply_changes(session, &placement.name, None, std::slice::from_ref(change))?;
            outcomes.extend(outcome);
            let Some(last) = outcomes.last() else { continue };
            if last.needs_root {
                let what = format!("{} needs root", last.subject);
                return Err(fail(what, report::sudo(&std::env::args().skip(1).collect::<Vec<_>>())));
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
