//! `setup --undo`: the trust first, then what was placed, then the CA itself.

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_machine::session::OutcomeState;
use labtrust_plan::{Anchor, Fingerprint, Wanted, text};
use serde::Serialize;

use crate::{
    cli::Setup,
    client::{restart, untrust},
    context::Context,
    exit,
    hint::fail,
    report::{
        consent::{self, Proposal},
        stores as reports,
        stores::{NextSteps, Remaining, StoreReport},
    },
    server::setup::{
        lost::Lost,
        undo::{anchors, down, purge_untracked, receipt_names, undo_receipts},
    },
    state::{self, LastBackup, RECEIPT, RenewalRecord},
};

#[derive(Serialize)]
struct Undone {
    sha256: Option<Fingerprint>,
    stores: Vec<StoreReport>,
    #[serde(flatten)]
    remaining: Remaining,
}

const QUESTION: &str =
    "The CA's key goes too: clients that trust this CA must then trust another. Take the setup back?";

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Setup) -> Result<u8> {
    let receipts = state.receipts()?;
    let lost = Lost::find(state, receipts)?;
    let names = receipt_names(&anchors(state, receipts)?);
    let recorded: Vec<_> =
        names.iter().filter_map(|name| receipts.iter().find(|receipt| receipt.name == *name)).collect();
    if recorded.is_empty() && lost.is_nothing() {
        return Err(fail(
            format!("no setup is recorded in {}", state.folder().display()),
            "if it was made with --state DIR, or as another user, give the same here",
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
    if let ControlFlow::Break(code) = consent::ask(context, QUESTION, None, propose)? {
        return Ok(code);
    }
    let (anchors, mut outcomes, lost, by_hand) = context.session(state, |session, state| {
        // A setup that was waited for may have made another.
        let receipts = session.receipts.recorded()?;
        let lost = Lost::find(state, &receipts)?;
        let anchors = anchors(state, &receipts)?;
        lost.put_aside(state)?;
        let (mut outcomes, by_hand) = undo_receipts(&context.facts, session, &receipt_names(&anchors))?;
        outcomes.extend(purge_untracked(
            &context.facts,
            &context.worlds,
            context.printer,
            state,
            session,
            &lost,
            &anchors,
        )?);
        if session.receipts.load(RECEIPT)?.is_none() {
            lost.give_up(state)?;
            RenewalRecord::forget(state.home())?;
            LastBackup::forget(state.home())?;
        }
        Ok((anchors, outcomes, lost, by_hand))
    })?;
    let is_open = outcomes.iter().any(|outcome| outcome.needs_root);
    let mut still = Vec::new();
    for anchor in &anchors {
        still.extend(untrust::left::left(&context.facts, &context.worlds, anchor, &outcomes));
    }
    // What is left is root's, in another state folder: there is no setup to be taken back there.
    let is_roots = !is_open && still.iter().any(|outcome| outcome.needs_root);
    outcomes.extend(still);
    if arguments.restart {
        let anchor = anchors.first().map(|anchor| (anchor, Wanted::Gone));
        restart::restart(&context.facts, context.printer, &mut outcomes, anchor);
    }
    let repeat = match anchors.first() {
        Some(anchor) if is_roots => vec!["untrust".to_owned(), anchor.sha256().to_string()],
        _ => vec!["setup".into(), "--undo".into()],
    };
    let down = if by_hand.is_empty() { down(&context.facts, receipts) } else { Vec::new() };
    let notes = lost.notes().into_iter().chain(down.iter().cloned()).collect();
    let mut remaining = NextSteps::of(context, &outcomes, &repeat).remaining(notes);
    remaining.commands.extend(by_hand.iter().cloned());
    let sha256 = anchors.first().map(Anchor::sha256);
    let stores = reports::by_store(&outcomes, OutcomeState::Untrusted);
    context.printer.document(&Undone { sha256, stores, remaining });
    if let Some(sha256) = sha256 {
        let is_back = exit::of_outcomes(&outcomes, OutcomeState::Untrusted) != exit::FAULT;
        let said = if is_back { "taken back" } else { "taken back in part" };
        let title = anchors.first().and_then(title).unwrap_or_default();
        context.printer.say(format_args!("{said}: {title}"));
        context.printer.say(format_args!("  sha256 {sha256}"));
    }
    reports::print_stores(context.printer, &outcomes, OutcomeState::Untrusted);
    reports::print_next(context, &outcomes, &repeat);
    for note in lost.notes() {
        context.printer.say(format_args!("  note      {note}"));
    }
    if !by_hand.is_empty() {
        context
            .printer
            .heading("GitLab does not run. Before it is started, it has to follow gitlab.rb again:");
    }
    for command in &by_hand {
        context.printer.command(command);
    }
    let code = exit::worse(exit::of_outcomes(&outcomes, OutcomeState::Untrusted), exit::of_unmet(&by_hand));
    let code = exit::worse(code, lost.code());
    for line in &down {
        context.printer.aside(line);
    }
    Ok(if down.is_empty() { code } else { exit::FAULT })
}

fn title(anchor: &Anchor) -> Option<String> {
    let certificate = crate::certificate::Parsed::from_der(anchor.certificate.der()).ok()?;
    Some(text::in_line(&certificate.title()).into_owned())
}
