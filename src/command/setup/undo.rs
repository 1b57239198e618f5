//! `setup --undo`: undoes the trust first, then the files that setup placed, then the CA itself.

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_machine::{receipt::Recorded, session::OutcomeState};
use labtrust_plan::Wanted;

use crate::{
    cli::Setup,
    client::restart,
    context::Context,
    exit,
    hint::fail,
    report::{
        consent::{self, Proposal},
        setup_undo,
    },
    server::setup::{
        lost::Lost,
        undo::{SetupUndone, anchors, down, receipt_names},
    },
    state,
};

const QUESTION: &str =
    "This deletes the CA's key too, so every client must trust a new CA afterwards. Undo the setup?";

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Setup) -> Result<u8> {
    let receipts = state.receipts()?;
    if let ControlFlow::Break(code) = ask(context, state, receipts)? {
        return Ok(code);
    }
    let mut undone = context.session(state, |session, state| {
        SetupUndone::carry_out(&context.facts, &context.worlds, context.printer, state, session)
    })?;
    let is_roots = undone.add_still_trusted(&context.facts, &context.worlds);
    if arguments.restart {
        let anchor = undone.anchors.first().map(|anchor| (anchor, Wanted::Gone));
        restart::restart(&context.facts, context.printer, &mut undone.outcomes, anchor);
    }
    let root_command = match undone.anchors.first() {
        Some(anchor) if is_roots => vec!["untrust".to_owned(), anchor.sha256().to_string()],
        _ => vec!["setup".into(), "--undo".into()],
    };
    let down = if undone.by_hand.is_empty() { down(&context.facts, receipts) } else { Vec::new() };
    setup_undo::print(context, &undone, &root_command, &down);
    let code = exit::of_outcomes(&undone.outcomes, OutcomeState::Untrusted);
    let code = exit::worse(code, exit::of_unmet(&undone.by_hand));
    let code = exit::worse(code, undone.lost.code());
    Ok(if down.is_empty() { code } else { exit::FAULT })
}

/// Explains what is undone, and asks. Fails if nothing of a setup is recorded; a dry run then changes nothing.
fn ask(context: &Context<'_>, state: &state::State<'_>, receipts: &Recorded) -> Result<ControlFlow<u8>> {
    let lost = Lost::find(state, receipts)?;
    let names = receipt_names(&anchors(state, receipts)?);
    let recorded: Vec<_> =
        names.iter().filter_map(|name| receipts.iter().find(|receipt| receipt.name == *name)).collect();
    if recorded.is_empty() && lost.is_nothing() {
        let none = format!("no setup is recorded in {}", state.folder().display());
        // A dry run answers whether there is anything to undo, as it does for the other commands that undo.
        if context.everywhere.dry_run {
            let mut nothing = Proposal::default();
            nothing.line(&none);
            nothing.note(none);
            return Ok(ControlFlow::Break(consent::dry_run(context, &nothing)));
        }
        return Err(fail(
            none,
            "if you ran setup with --state DIR or as another user, run this command in the same way",
        ));
    }
    let propose = || {
        let mut proposal = Proposal::default();
        proposal.field("would_change", true);
        proposal.name_command();
        proposal.undo(recorded.iter().flat_map(|receipt| receipt.changes.iter().rev()));
        lost.lines().into_iter().for_each(|line| proposal.line(line));
        lost.steps().into_iter().for_each(|(path, step)| proposal.step(path, step));
        Ok(proposal)
    };
    consent::ask(context, QUESTION, None, propose)
}
