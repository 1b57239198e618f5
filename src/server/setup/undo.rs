//! Undoes a setup: the trust, the installed files, the CA.

use std::path::Path;

use anyhow::Result;
use labtrust_machine::{Outcome, Session, World, Worlds, receipt::Recorded, session::OutcomeState, undo};
use labtrust_plan::{Anchor, Facts, ShellLine};

use super::lost::{self, Lost};
use crate::{
    client::{
        selection::Selection,
        trust,
        untrust::{self, Removal},
    },
    gitlab::{Installation, expected::Expected, pair_plan::update_undo_reload},
    printer::Printer,
    server::renew::schedule,
    state::{self, Ca, LastBackup, RECEIPT, RenewalRecord},
};

/// A setup that was undone.
pub(crate) struct SetupUndone {
    /// The CAs that it made.
    pub anchors: Vec<Anchor>,
    /// The outcome of each change that was undone.
    pub outcomes: Vec<Outcome>,
    /// The damaged parts of the state.
    pub lost: Lost,
    /// Commands that a person has to run.
    pub by_hand: Vec<ShellLine>,
}

impl SetupUndone {
    /// Undoes the setup that `state` records.
    pub(crate) fn carry_out(
        facts: &Facts,
        worlds: &Worlds,
        printer: &Printer,
        state: &state::State<'_>,
        session: &Session<'_>,
    ) -> Result<Self> {
        // A setup that this run waited for may have made another CA.
        let receipts = session.receipts.recorded()?;
        let lost = Lost::find(state, &receipts)?;
        let anchors = anchors(state, &receipts)?;
        lost.put_aside(state)?;
        let (mut outcomes, by_hand) = undo_receipts(facts, session, &receipt_names(&anchors))?;
        outcomes.extend(purge_untracked(facts, worlds, printer, state, session, &lost, &anchors)?);
        if session.receipts.load(RECEIPT)?.is_none() {
            lost.give_up(state)?;
            RenewalRecord::forget(state.home())?;
            LastBackup::forget(state.home())?;
        }
        Ok(Self { anchors, outcomes, lost, by_hand })
    }

    /// Adds the stores that still trust a CA. Whether root's `untrust` removes it there: the trust is recorded in
    /// root's state folder, which has no setup to undo.
    pub(crate) fn add_still_trusted(&mut self, facts: &Facts, worlds: &Worlds) -> bool {
        let is_open = self.outcomes.iter().any(|outcome| outcome.needs_root);
        let left = |anchor| untrust::left::left(facts, worlds, anchor, &self.outcomes);
        let still: Vec<Outcome> = self.anchors.iter().flat_map(left).collect();
        let is_roots = !is_open && still.iter().any(|outcome| outcome.needs_root);
        self.outcomes.extend(still);
        is_roots
    }
}

/// Removes the CAs of a lost setup, which no receipt records, from the stores.
fn purge_untracked(
    facts: &Facts,
    worlds: &Worlds,
    printer: &Printer,
    state: &state::State<'_>,
    session: &Session<'_>,
    lost: &Lost,
    anchors: &[Anchor],
) -> Result<Vec<Outcome>> {
    let untracked: Vec<Anchor> = lost.untracked(anchors).into_iter().cloned().collect();
    let outcomes = untrust::untrust_all(
        facts,
        worlds,
        printer,
        state,
        session,
        &untracked,
        &Removal { stores: Selection::all(), purge: true },
    );
    Ok(outcomes.into_iter().collect::<Result<Vec<_>>>()?.concat())
}

/// The last lines of the report if GitLab does not serve after the undo as its settings say. A GitLab without a
/// certificate for its URL is as it was before, so it does not count.
pub(crate) fn down(facts: &Facts, receipts: &Recorded) -> Vec<String> {
    expected(facts, receipts).map_or_else(Vec::new, |expected| {
        let lost = expected.lost(&World::here());
        if lost.is_empty() {
            return Vec::new();
        }
        vec![
            format!("everything is undone, but GitLab IS DOWN: {}", lost.join("; ")),
            expected.recovery_hint().to_string(),
        ]
    })
}

fn expected(facts: &Facts, receipts: &Recorded) -> Option<Expected> {
    let records =
        receipts.iter().filter(|receipt| receipt.name == RECEIPT).flat_map(|receipt| &receipt.changes);
    let settings =
        records.map(|record| Path::new(&record.subject)).find(|path| path.ends_with("gitlab.rb"))?;
    let world = World::here();
    let installation = Installation::mounting(&world, facts, settings.parent()?).ok().flatten()?;
    Expected::by_settings(&world, &installation).ok()
}

/// The CA in use and those beside it, from their files; for damaged files, from the receipts.
pub(crate) fn anchors(state: &state::State<'_>, receipts: &Recorded) -> Result<Vec<Anchor>> {
    let own = state.ca().ok().flatten();
    let mut anchors: Vec<Anchor> = own.into_iter().flat_map(Ca::all).map(Ca::anchor).collect();
    for recorded in lost::anchors(state.folder(), receipts)? {
        if anchors.iter().all(|known| known.sha256() != recorded.sha256()) {
            anchors.push(recorded);
        }
    }
    Ok(anchors)
}

/// The receipts of a setup: first of the trust in its CAs, then of the installed files.
pub(crate) fn receipt_names(anchors: &[Anchor]) -> Vec<String> {
    anchors.iter().map(trust::receipt_name).chain([RECEIPT.to_owned()]).collect()
}

/// Undoes the receipts `names` in order, each from its end. Stops at the first failure, so that a CA stays while its
/// certificate is still served. Also returns the commands that a person has to run.
fn undo_receipts(
    facts: &Facts,
    session: &Session<'_>,
    names: &[String],
) -> Result<(Vec<Outcome>, Vec<ShellLine>)> {
    let (mut outcomes, mut by_hand) = (Vec::new(), Vec::new());
    for name in names {
        let Some(mut receipt) = session.receipts.load(name)? else { continue };
        for record in &mut receipt.changes {
            by_hand.extend(update_undo_reload(&World::here(), facts, record));
            schedule::spare(&World::here(), record);
        }
        outcomes.extend(undo(session, &mut receipt, |_| true)?);
        if outcomes.iter().any(|outcome| outcome.state == OutcomeState::Failed || outcome.needs_root) {
            break;
        }
    }
    Ok((outcomes, by_hand))
}
