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

use super::report::{self, Turned};
use crate::{
    cli::Turn,
    context::Context,
    gitlab,
    hint::{Hint, fail},
    report::{
        consent::{self, Proposal},
        install,
    },
    server::{
        install_pair::{self, Done},
        rotate::{
            draft::{Draft, Dropped, RotateStep, orphans_in},
            phase::no_ca,
        },
    },
    state::{self, RECEIPT, ca::AUTHORITY, put_aside, recorded},
};

pub fn run(context: &Context<'_>, state: &state::State<'_>, turn: &Turn) -> Result<u8> {
    let step = &match turn {
        Turn::Start { permits } => RotateStep::Start { permits: permits.clone() },
        Turn::Switch { .. } => RotateStep::Switch,
        Turn::Retire => RotateStep::Retire,
        Turn::Abort => RotateStep::Abort,
    };
    let draft = Draft::make(&context.facts, &context.worlds, state, step)?;
    if let ControlFlow::Break(code) = ask(context, state, turn, &draft)? {
        return Ok(code);
    }
    let turned = context.session(state, |session, state| {
        // Another run may have turned meanwhile.
        let is_current = draft.seen == *state.rotation()?;
        let draft =
            if is_current { draft } else { Draft::make(&context.facts, &context.worlds, state, step)? };
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

/// What `draft` would change, with what goes.
fn propose(context: &Context<'_>, state: &state::State<'_>, draft: &Draft) -> Result<Proposal> {
    let goes = |receipt: &Receipt, record: &ChangeRecord| {
        draft.dropped.as_ref().is_some_and(|dropped| is_of(dropped, &receipt.name, record))
    };
    let receipts = state.receipts()?.iter();
    let gone =
        receipts.flat_map(|receipt| receipt.changes.iter().rev().filter(move |record| goes(receipt, record)));
    let mut proposal = install::propose(context, state, &draft.plan)?;
    proposal.undo(gone);
    proposal.apply(context, &draft.last);
    Ok(proposal)
}

/// Explains the plan for a dry run, and asks where somebody has to answer.
fn ask(
    context: &Context<'_>,
    state: &state::State<'_>,
    turn: &Turn,
    draft: &Draft,
) -> Result<ControlFlow<u8>> {
    let printer = context.printer;
    if context.everywhere.dry_run {
        return Ok(ControlFlow::Break(consent::dry_run(context, &propose(context, state, draft)?)));
    }
    let Turn::Switch { clients_ready: false } = turn else {
        return install::ask(context, state, &draft.plan);
    };
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
    consent::confirm(printer, question.as_str())
}

/// Carries `draft` out. What a CA that goes was trusted by goes before what says that it is here, and its files
/// after that: whoever is killed in between goes on with the next run.
fn carry_out(
    state: &state::State<'_>,
    session: &Session<'_>,
    draft: &Draft,
) -> Result<(Done, Option<PathBuf>)> {
    let mut done = install_pair::carry_out(session, &draft.plan)?;
    if let Some(dropped) = &draft.dropped {
        for name in dropped.trust_receipt().into_iter().chain([RECEIPT.to_owned()]) {
            let outcomes = take_back(session, &name, |record| {
                record.store.as_str() != AUTHORITY && is_of(dropped, &name, record)
            })?;
            let of_stores = outcomes.into_iter().filter(|outcome| outcome.store.as_str() != gitlab::STORE);
            done.trusted.extend(of_stores);
        }
    }
    done.placed.extend(install_pair::apply(session, &draft.last)?);
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
