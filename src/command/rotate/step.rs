//! A step of a rotation: asked about, carried out, reported.

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_machine::receipt::{ChangeRecord, Receipt};

use crate::{
    cli::StepArgs,
    context::Context,
    hint::{Hint, fail},
    report::{
        self,
        consent::{self, Proposal},
        install,
        rotation::StepDone,
    },
    server::rotate::{
        carry_out::{carry_out, is_of},
        draft::{Draft, RotateStep},
        next::NextAsked,
        phase::no_ca,
    },
    state,
};

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &StepArgs) -> Result<u8> {
    let step = &match arguments {
        StepArgs::Start { permits, sealed, names } => {
            RotateStep::Start(NextAsked { permits: permits.clone(), sealed: *sealed, names: names.clone() })
        }
        StepArgs::Switch { .. } => RotateStep::Switch,
        StepArgs::Retire => RotateStep::Retire,
        StepArgs::Abort => RotateStep::Abort,
    };
    let make = |state: &state::State<'_>| Draft::make(&context.facts, &context.worlds, state, step);
    let draft = context.plan(state, make)?;
    if let ControlFlow::Break(code) = ask(context, state, arguments, &draft)? {
        return Ok(code);
    }
    let done = context.session(state, |session, state| {
        // Another run may have taken a step meanwhile.
        let is_current = draft.seen == *state.rotation()?;
        let draft = if is_current { draft } else { make(state)? };
        let (done, aside) = carry_out(state, session, &draft)?;
        let own = state.again().ca()?.cloned().ok_or_else(no_ca)?;
        Ok(StepDone {
            own,
            done,
            dropped: draft.dropped,
            aside,
            placed: draft.placed,
            reconfigure: draft.reconfigure,
        })
    })?;
    Ok(report::rotation::report(context, &state.again(), step, &done))
}

/// The changes of `draft`, with the changes that it undoes.
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

/// Explains the plan for a dry run, and asks on a terminal.
fn ask(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &StepArgs,
    draft: &Draft,
) -> Result<ControlFlow<u8>> {
    let printer = context.printer;
    if context.everywhere.dry_run {
        return Ok(ControlFlow::Break(consent::dry_run(context, &propose(context, state, draft)?)));
    }
    let StepArgs::Switch { clients_ready: false } = arguments else {
        return install::ask(context, state, &draft.plan);
    };
    let what =
        "labtrust cannot see whether every client trusts the next CA; clients that do not are locked out";
    if !printer.can_ask() {
        return Err(fail(
            what,
            "run the command that {labtrust rotate} prints on every client, then: {labtrust rotate switch --clients-ready}",
        ));
    }
    printer.aside(what);
    let question = Hint::from("Has every client run the command of {labtrust rotate}, so switch now?");
    consent::confirm(printer, question.as_str())
}
