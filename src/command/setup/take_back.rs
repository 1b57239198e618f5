//! `setup --undo`: the trust first, then what was placed, then the CA itself.

use std::{ops::ControlFlow, path::Path};

use anyhow::Result;
use labtrust_platform::{
    Anchor, Fingerprint, Outcome, Session, Wanted, World, plan::ShellLine, receipt::Recorded, session::State,
    text, undo,
};
use serde::Serialize;

use crate::{
    cli::Setup,
    client::{
        restart,
        stores::Selection,
        trust,
        untrust::{self, Removal},
    },
    context::Context,
    exit,
    gitlab::{Installation, expected::Expected, place::settle_undoing},
    hint::fail,
    report::{
        consent::{self, Proposal},
        stores as reports,
        stores::{NextSteps, Remaining, StoreReport},
    },
    server::{
        renew::schedule,
        setup::lost::{self, Lost},
    },
    state::{self, Ca, LastBackup, RECEIPT, RenewalRecord},
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

pub fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Setup) -> Result<u8> {
    let receipts = state.receipts()?;
    let lost = Lost::find(state, &receipts)?;
    let names = names(&anchors(state, &receipts)?);
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
        let (mut outcomes, by_hand) = take_back(context, session, &self::names(&anchors))?;
        outcomes.extend(purge_untracked(context, state, session, &lost, &anchors)?);
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
    let down = if by_hand.is_empty() { down(context, &receipts) } else { Vec::new() };
    let notes = lost.notes().into_iter().chain(down.iter().cloned()).collect();
    let mut remaining = NextSteps::of(context, &outcomes, &repeat).remaining(notes);
    remaining.commands.extend(by_hand.iter().cloned());
    let sha256 = anchors.first().map(Anchor::sha256);
    let stores = reports::by_store(&outcomes, State::Untrusted);
    context.printer.document(&Undone { sha256, stores, remaining });
    if let Some(sha256) = sha256 {
        let is_back = exit::of_outcomes(&outcomes, State::Untrusted) != exit::FAULT;
        let said = if is_back { "taken back" } else { "taken back in part" };
        let title = anchors.first().and_then(title).unwrap_or_default();
        context.printer.say(format_args!("{said}: {title}"));
        context.printer.say(format_args!("  sha256 {sha256}"));
    }
    reports::print_stores(context.printer, &outcomes, State::Untrusted);
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
    let code = exit::worse(exit::of_outcomes(&outcomes, State::Untrusted), exit::of_unmet(&by_hand));
    let code = exit::worse(code, lost.code());
    for line in &down {
        context.printer.aside(line);
    }
    Ok(if down.is_empty() { code } else { exit::FAULT })
}

/// Removes from the stores the CAs of a lost setup that no receipt tells of.
fn purge_untracked(
    context: &Context<'_>,
    state: &state::State<'_>,
    session: &Session<'_>,
    lost: &Lost,
    anchors: &[Anchor],
) -> Result<Vec<Outcome>> {
    let untracked: Vec<Anchor> = lost.untracked(anchors).into_iter().cloned().collect();
    let outcomes = untrust::untrust_all(
        &context.facts,
        &context.worlds,
        context.printer,
        state,
        session,
        &untracked,
        &Removal { stores: Selection::all(), purge: true },
    );
    Ok(outcomes.into_iter().collect::<Result<Vec<_>>>()?.concat())
}

/// The lines that say, last of all, that GitLab does not serve what it is to serve by its settings, now that all is taken back. One that has no
/// certificate for its URL is as it was before, and is none of this.
fn down(context: &Context<'_>, receipts: &Recorded) -> Vec<String> {
    expected(context, receipts).map_or_else(Vec::new, |expected| {
        let lost = expected.lost(&World::here());
        if lost.is_empty() {
            return Vec::new();
        }
        vec![
            format!("all is taken back, and GitLab IS DOWN: {}", lost.join("; ")),
            expected.way_up().to_string(),
        ]
    })
}

fn expected(context: &Context<'_>, receipts: &Recorded) -> Option<Expected> {
    let records = receipts.iter().filter(|receipt| receipt.name == RECEIPT).flat_map(|one| &one.changes);
    let settings =
        records.map(|record| Path::new(&record.subject)).find(|path| path.ends_with("gitlab.rb"))?;
    let world = World::here();
    let installation = Installation::mounting(&world, &context.facts, settings.parent()?).ok().flatten()?;
    Expected::by_settings(&world, &installation).ok()
}

fn title(anchor: &Anchor) -> Option<String> {
    let certificate = crate::certificate::Parsed::from_der(anchor.certificate.der()).ok()?;
    Some(text::in_line(&certificate.title()).into_owned())
}

/// The CA in use and those beside it, as their files have them and, where those are damaged, as the receipts do.
fn anchors(state: &state::State<'_>, receipts: &Recorded) -> Result<Vec<Anchor>> {
    let own = state.ca().ok().flatten();
    let mut anchors: Vec<Anchor> = own.into_iter().flat_map(Ca::all).map(Ca::anchor).collect();
    for recorded in lost::anchors(state.folder(), receipts)? {
        if anchors.iter().all(|known| known.sha256() != recorded.sha256()) {
            anchors.push(recorded);
        }
    }
    Ok(anchors)
}

/// The receipts of a setup: of the trust in its CAs, then of what it placed.
fn names(anchors: &[Anchor]) -> Vec<String> {
    anchors.iter().map(trust::receipt_name).chain([RECEIPT.to_owned()]).collect()
}

/// Undoes the receipts in the order of `names`, each from its end. One that fails ends it: the CA
/// is not taken away under a certificate that is still served. With the outcomes come the commands that are left to
/// a person.
fn take_back(
    context: &Context<'_>,
    session: &Session<'_>,
    names: &[String],
) -> Result<(Vec<Outcome>, Vec<ShellLine>)> {
    let (mut outcomes, mut by_hand) = (Vec::new(), Vec::new());
    for name in names {
        let Some(mut receipt) = session.receipts.load(name)? else { continue };
        for record in &mut receipt.changes {
            by_hand.extend(settle_undoing(&World::here(), &context.facts, record));
            schedule::spare(&World::here(), record);
        }
        outcomes.extend(undo(session, &mut receipt, |_| true)?);
        if outcomes.iter().any(|outcome| outcome.state == State::Failed || outcome.needs_root) {
            break;
        }
    }
    Ok((outcomes, by_hand))
}
