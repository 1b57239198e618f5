//! A step of a rotation: asked about, carried out, reported.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_platform::{
    Outcome, Session,
    receipt::{ChangeRecord, Receipt},
    session::State,
    undo,
};

use super::{
    draft::{Draft, Dropped, orphans_in},
    phase::no_ca,
    report::{self, Turned},
};
use crate::{
    cli::Turn,
    command::{
        place::{self, Done},
        stores::{self, PlanReport},
    },
    context::Context,
    exit, gitlab,
    hint::{Hint, fail},
    state::{self, RECEIPT, ca::AUTHORITY, put_aside, recorded},
};

pub fn run(context: &Context<'_>, state: &state::State<'_>, step: &Turn) -> Result<u8> {
    let draft = Draft::make(context, state, step)?;
    if let ControlFlow::Break(code) = ask(context, state, step, &draft)? {
        place::print_for_real(context, code);
        return Ok(code);
    }
    let turned = context.session(state, |session, state| {
        // Another run may have turned meanwhile.
        let is_current = draft.seen == *state.rotation()?;
        let draft = if is_current { draft } else { Draft::make(context, state, step)? };
        let done = carry_out(state, session, &draft)?;
        let own = state.again().ca()?.cloned().ok_or_else(no_ca)?;
        let (done, aside) = done;
        Ok(Turned {
            own,
            done,
            dropped: draft.dropped,
            aside,
            placed: draft.placed,
            reconfigure: draft.reconfigure,
        })
    })?;
    Ok(report::report(context, &state.again(), step, &turned))
}

/// Prints what would be done; exit 1 if anything would.
fn dry_run(context: &Context<'_>, state: &state::State<'_>, draft: &Draft) -> Result<u8> {
    let receipts = state.receipts()?;
    let goes = |receipt: &Receipt, record: &ChangeRecord| {
        draft.dropped.as_ref().is_some_and(|dropped| is_of(dropped, &receipt.name, record))
    };
    let gone: Vec<_> = receipts
        .iter()
        .flat_map(|receipt| receipt.changes.iter().rev().filter(|record| goes(receipt, record)))
        .collect();
    let placed = place::outstanding(context, state, &draft.plan)?;
    let mut plan = stores::as_json(context, &placed);
    plan.extend(stores::undo_as_json(gone.iter().copied()));
    plan.extend(stores::as_json(context, &draft.last));
    let report = PlanReport { sha256: Some(draft.plan.anchor.sha256()), ..PlanReport::new(plan) };
    context.printer.document(&report);
    if report.plan.is_empty() {
        context.printer.say(stores::NOTHING);
        return Ok(exit::DONE);
    }
    if !placed.is_empty() {
        stores::print_plan(context, &placed);
    }
    stores::print_undo(context, gone.into_iter());
    if !draft.last.is_empty() {
        stores::print_plan(context, &draft.last);
    }
    Ok(exit::NO)
}

/// Explains the plan for a dry run, and asks where somebody has to answer.
fn ask(
    context: &Context<'_>,
    state: &state::State<'_>,
    step: &Turn,
    draft: &Draft,
) -> Result<ControlFlow<u8>> {
    let printer = context.printer;
    if context.everywhere.dry_run {
        place::warn(context, &draft.plan);
        return dry_run(context, state, draft).map(ControlFlow::Break);
    }
    let Turn::Switch { clients_ready: false } = step else { return place::ask(context, state, &draft.plan) };
    let what =
        "whether every client trusts the next CA cannot be seen from here: those that do not are locked out";
    if !printer.can_ask() {
        return Err(fail(
            what,
            "when each has run its line ({labtrust rotate} shows it): {labtrust rotate switch --clients-ready}",
        ));
    }
    printer.aside(what);
    let question = Hint::from("Have all clients run their line ({labtrust rotate} shows it)? Switch now?");
    if printer.confirm(question.as_str())? {
        return Ok(ControlFlow::Continue(()));
    }
    printer.aside("nothing was changed");
    Ok(ControlFlow::Break(exit::NO))
}

/// Carries `draft` out. What a CA that goes was trusted by goes before what says that it is here, and its files
/// after that: whoever is killed in between goes on with the next run.
fn carry_out(
    state: &state::State<'_>,
    session: &Session<'_>,
    draft: &Draft,
) -> Result<(Done, Option<PathBuf>)> {
    let mut done = place::carry_out(session, &draft.plan)?;
    if let Some(dropped) = &draft.dropped {
        for name in dropped.trust_receipt().into_iter().chain([RECEIPT.to_owned()]) {
            let outcomes = take_back(session, &name, |record| {
                record.store.as_str() != AUTHORITY && is_of(dropped, &name, record)
            })?;
            let of_stores = outcomes.into_iter().filter(|outcome| outcome.store.as_str() != gitlab::STORE);
            done.trusted.extend(of_stores);
        }
    }
    done.placed.extend(place::apply(session, &draft.last)?);
    let receipt = session.receipts.load_or_new(RECEIPT, None)?;
    let orphans = orphans_in(&state.again(), &receipt)?;
    let is_gone = |record: &ChangeRecord| orphans.iter().any(|orphan| is_at(record, orphan));
    // What is not as it was put would be left, and a damaged part is to be gone.
    let changed: Vec<_> =
        receipt.changes.iter().filter(|record| is_gone(record)).flat_map(recorded::changed).collect();
    let aside = put_aside(state.folder(), &changed)?;
    take_back(session, RECEIPT, is_gone)?;
    Ok((done, aside))
}

/// Whether `record`, of the receipt `name`, is of what a CA that goes takes with it.
fn is_of(dropped: &Dropped, name: &str, record: &ChangeRecord) -> bool {
    let is_trusted_by_gitlab = record.store.as_str() == gitlab::STORE
        && dropped
            .short
            .as_ref()
            .is_some_and(|short| record.subject.ends_with(&format!("/labtrust-{short}.crt")));
    dropped.trust_receipt().is_some_and(|trust| trust == name)
        || (name == RECEIPT && (is_trusted_by_gitlab || is_at(record, &dropped.folder)))
}

/// Undoes those changes of the receipt `name` for which `wanted` holds. One that fails ends the step.
fn take_back(
    session: &Session<'_>,
    name: &str,
    wanted: impl Fn(&ChangeRecord) -> bool,
) -> Result<Vec<Outcome>> {
    let Some(mut receipt) = session.receipts.load(name)? else { return Ok(Vec::new()) };
    if !receipt.changes.iter().any(&wanted) {
        return Ok(Vec::new());
    }
    let outcomes = undo(session, &mut receipt, wanted)?;
    let failed = outcomes.iter().find(|outcome| outcome.state == State::Failed || outcome.needs_root);
    match failed {
        None => Ok(outcomes),
        Some(failed) => Err(fail(
            format!("{}: {}", failed.subject, failed.detail),
            failed.hint.clone().unwrap_or_else(|| "run it again, as root or when that is fixed".into()),
        )),
    }
}

/// Whether `record` is of the files of the CA in `folder`.
fn is_at(record: &ChangeRecord, folder: &Path) -> bool {
    record.store.as_str() == AUTHORITY && Path::new(&record.subject) == folder
}
