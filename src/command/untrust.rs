//! `untrust`: leaves each store as it was before `trust`, and reports the stores that still trust the CA.

use anyhow::Result;
use labtrust_machine::{
    Outcome,
    receipt::{ChangeRecord, Recorded},
    session::OutcomeState,
};
use labtrust_plan::{Anchor, Wanted, text};

use super::options::reader;
use crate::{
    cli::Untrust,
    client::{
        builder, by_script, restart, trust,
        untrust::{Meant, Removal, find, removals, untrust_all},
    },
    context::Context,
    exit,
    report::{
        consent::{self, Proposal},
        stores as reports,
        untrust::{report_none, report_one},
    },
    state::{self, Damage, recorded},
};

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Untrust) -> Result<u8> {
    arguments.stores.check()?;
    if context.everywhere.dry_run {
        let receipts = state.receipts()?;
        let reader = reader(context, &arguments.passphrase);
        let (anchors, damages) = find(&reader, state, &arguments.meant())?;
        let worst = reports::print_damages(context, damages.iter());
        return Ok(exit::worse(worst, dry_run(context, receipts, &anchors, arguments)?));
    }
    let (undone, damages) = untrust_found(context, state, arguments)?;
    let mut code = reports::print_damages(context, damages.iter());
    let mut reports = Vec::new();
    let mut failed = None;
    for (anchor, outcomes) in undone {
        let mut outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(error) => {
                failed.get_or_insert(error);
                continue;
            }
        };
        let notes = builder::notes(&context.facts, &outcomes, Wanted::Gone);
        if arguments.restart {
            restart::restart(&context.facts, context.printer, &mut outcomes, Some((&anchor, Wanted::Gone)));
        }
        reports.push(report_one(context, &anchor, &outcomes, notes, arguments));
        code = exit::worse(code, exit::of_outcomes(&outcomes, OutcomeState::Untrusted));
    }
    failed.map_or(Ok(()), Err)?;
    match (reports.pop(), reports.is_empty(), arguments.all) {
        (Some(report), true, false) => context.printer.document(&report),
        (Some(report), ..) => {
            reports.push(report);
            context.printer.document(&serde_json::json!({ "anchors": reports }));
        }
        (None, ..) => {
            code = exit::worse(code, report_none(context, arguments.what.as_deref()));
        }
    }
    Ok(code)
}

/// An anchor, and the outcomes in the stores that trusted it.
type Untrusted = (Anchor, Result<Vec<Outcome>>);

/// Finds the anchors that the arguments name, and undoes their trust under one lock.
fn untrust_found(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Untrust,
) -> Result<(Vec<Untrusted>, Vec<Damage>)> {
    let reader = reader(context, &arguments.passphrase);
    let meant = arguments.meant();
    let is_here = state.folder().exists();
    // A file may need a passphrase: the question comes before the lock.
    let is_later = is_here && (arguments.all || by_script::is_there(state.folder())?);
    let found = if is_later { None } else { Some(find(&reader, state, &meant)?) };
    match found {
        Some((anchors, damages)) if anchors.is_empty() && !is_here => Ok((Vec::new(), damages)),
        // Opening the state folder also removes the leftovers of a killed run.
        found => context.session(state, |session, state| {
            by_script::take_over(session)?;
            let state = &state.again();
            let (anchors, damages) = match found {
                Some(found) => found,
                None => find(&reader, state, &meant)?,
            };
            let outcomes = untrust_all(
                &context.facts,
                &context.worlds,
                context.printer,
                state,
                session,
                &anchors,
                &arguments.removal(),
            );
            Ok((anchors.into_iter().zip(outcomes).collect(), damages))
        }),
    }
}

fn dry_run(
    context: &Context<'_>,
    receipts: &Recorded,
    anchors: &[Anchor],
    arguments: &Untrust,
) -> Result<u8> {
    let names: Vec<_> = anchors.iter().map(trust::receipt_name).collect();
    if !arguments.purge {
        recorded::check(receipts, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    let removal = arguments.removal();
    let mut proposal = Proposal::default();
    for anchor in anchors {
        let name = trust::receipt_name(anchor);
        let mut part = Proposal::default();
        let damaged = recorded::damage_of(receipts, &name);
        if let Some(folder) = damaged.as_ref().and_then(|damage| damage.path.parent()) {
            part.line(format_args!("move {} aside: it is damaged", text::path(folder)));
            part.step(folder, "move it aside: it is damaged");
        }
        let is_wanted = |record: &&ChangeRecord| removal.stores.has_id(record.store.as_str());
        let recorded = receipts.iter().filter(|receipt| receipt.name == name);
        part.undo(recorded.flat_map(|receipt| receipt.changes.iter().rev()).filter(is_wanted));
        if arguments.purge {
            part.apply(context, &removals(&context.facts, &context.worlds, receipts, anchor, &removal)?);
        }
        part.field_of_changes("sha256", anchor.sha256());
        proposal.add(part);
    }
    Ok(consent::dry_run(context, &proposal))
}

impl Untrust {
    fn meant(&self) -> Meant<'_> {
        Meant { what: self.what.as_deref(), all: self.all, purge: self.purge }
    }

    fn removal(&self) -> Removal {
        Removal { stores: self.stores.selection(), purge: self.purge }
    }
}
