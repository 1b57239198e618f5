//! Carries out a plan. Each change is recorded, applied, reloaded and proven; a change that fails is undone at once.

mod act;
mod batch;
mod progress;
mod reload;
mod step;

use labtrust_plan::{Anchor, Change, Reload, Step, StoreId, Wanted};

use self::{
    batch::Batch,
    progress::{Finished, Started},
};
use crate::{
    Result,
    check::is_met,
    proof::{Servers, prove, prove_by},
    receipt::{ChangeRecord, Line, Phase, Receipt, StepRecord},
    session::{Outcome, OutcomeState, Session},
    undo,
    updater::check_room,
    world::World,
};

/// Applies `changes` and records them in the receipt `name`. A change that fails is undone; the others go on.
pub fn apply(
    session: &Session<'_>,
    name: &str,
    anchor: Option<&Anchor>,
    changes: &[Change],
) -> Result<Vec<Outcome>> {
    Run::new(session, name, anchor)?.all(changes, false)
}

/// Applies `changes` as one: if one of them fails, all are undone. Files that are already in place and have no record
/// are adopted: the receipt lists them, and undoing the change leaves them in place.
pub fn apply_together(
    session: &Session<'_>,
    name: &str,
    anchor: Option<&Anchor>,
    changes: &[Change],
) -> Result<Vec<Outcome>> {
    Run::new(session, name, anchor)?.all(changes, true)
}

/// The updater's messages about failed hooks; or the reason why the reload failed.
type Reloaded = Result<Vec<String>, String>;

struct Run<'a> {
    session: &'a Session<'a>,
    receipt: Receipt,
    /// The store and subject of each change whose record has changed; all are saved together at the end.
    done: Vec<(StoreId, String)>,
}

impl<'a> Run<'a> {
    fn new(session: &'a Session<'a>, name: &str, anchor: Option<&Anchor>) -> Result<Self> {
        let receipt = session.receipts.load_or_new(name, anchor)?;
        let mut run = Run { session, receipt, done: Vec::new() };
        if let (Some(known), Some(anchor)) = (&mut run.receipt.anchor, anchor) {
            let new = anchor.endpoints.iter().filter(|endpoint| !known.endpoints.contains(endpoint));
            let new: Vec<_> = new.cloned().collect();
            known.endpoints.extend(new);
        }
        Ok(run)
    }

    /// Carries out `changes` and saves their records. If they go `together`, all are done or none.
    fn all(mut self, changes: &[Change], together: bool) -> Result<Vec<Outcome>> {
        let outcomes = self.carry_out(changes, together);
        let saved = self.save_records();
        outcomes.and_then(|outcomes| saved.map(|()| outcomes))
    }

    /// Saves the new records of all changes at once.
    fn save_records(&self) -> Result<()> {
        if self.done.is_empty() {
            return Ok(());
        }
        let records = self.done.iter().filter_map(|(store, subject)| self.receipt.find(store, subject));
        let lines: Vec<_> = records.map(Line::Change).collect();
        self.session.receipts.note_done(&self.receipt, &lines)?;
        self.session.receipts.prune(&self.receipt)
    }

    fn carry_out(&mut self, changes: &[Change], together: bool) -> Result<Vec<Outcome>> {
        let mut started: Vec<Result<Started>> = Vec::new();
        let mut is_over = false;
        for change in changes {
            let next = if is_over { Ok(Started::Skipped) } else { self.start(change, together) };
            is_over |= together && matches!(next, Err(_) | Ok(Started::OutOfReach));
            started.push(next);
        }
        let reloaded = if is_over {
            vec![Ok(Vec::new()); changes.len()]
        } else {
            self.reload(changes, &started, together)
        };
        is_over |= together && reloaded.iter().any(Result::is_err);
        let is_applied = |(started, reloaded): (&Result<Started>, &Reloaded)| {
            matches!(started, Ok(Started::Applied { .. })) && reloaded.is_ok()
        };
        let applied = changes.iter().zip(started.iter().zip(&reloaded)).filter(|(_, how)| is_applied(*how));
        // All servers are asked together, after the last reload.
        let mut servers = Servers::of(applied.map(|(change, _)| &change.proof));
        let mut finished = Vec::new();
        for ((change, started), reloaded) in changes.iter().zip(started).zip(reloaded) {
            // All changes are undone anyway: there is no point in asking a server.
            let is_pointless = is_over && reloaded.is_ok() && matches!(started, Ok(Started::Applied { .. }));
            let verdict = if is_pointless {
                Finished::Dropped
            } else {
                self.prove(change, started, reloaded, &mut servers)?
            };
            is_over |= together && verdict.is_failure();
            finished.push(verdict);
        }
        if is_over {
            // The files of all changes go first: a reload must not read what another change left.
            let goes = |finished: &Finished| {
                matches!(finished, Finished::Proven { .. } | Finished::Failed { .. } | Finished::Dropped)
            };
            let going = changes.iter().zip(&finished).rev().filter(|(_, finished)| goes(finished));
            going.for_each(|(change, _)| self.undo_steps(change));
        }
        let mut outcomes = Vec::new();
        // The last change is undone first.
        for (change, finished) in changes.iter().zip(finished).rev() {
            let finished = match finished {
                Finished::Proven { .. } if is_over => Finished::Dropped,
                finished => finished,
            };
            outcomes.push(self.finish(change, finished)?);
        }
        outcomes.reverse();
        Ok(outcomes)
    }

    /// Records and applies the steps of `change` that are not met yet. If it `adopts`, it records the others too.
    fn start(&mut self, change: &Change, adopts: bool) -> Result<Started> {
        let within_reach = change.actor.is_within_reach(self.session.facts);
        let reader = self.session.worlds.reader(self.session.facts, &change.actor)?;
        match already(&reader, change, self.recorded(change)) {
            Ok(Some(detail)) if !adopts || !within_reach || self.knows_all(change) => {
                return Ok(Started::Already(detail));
            }
            Ok(Some(_)) => {}
            // This process may not read the store, so it may not change it either.
            _ if !within_reach => return Ok(Started::OutOfReach),
            Err(error) => return Err(error),
            Ok(None) => {}
        }
        self.session.hold(&change.actor)?;
        // The run that held the lock until now may have made this change.
        if let Some(detail) = already(&reader, change, self.recorded(change))? {
            if adopts {
                self.adopt(change, &reader)?;
            }
            return Ok(Started::Already(detail));
        }
        if !change.reload.applied.is_empty() {
            check_room(&reader, &change.reload.side_effects)?;
        }
        let record = self.record(change);
        self.receipt.changes[record].phase = Phase::Applying;
        let mut changed = false;
        let mut batch = Batch::default();
        for step in &change.steps {
            if batch.overlaps(&reader, step)? {
                self.act(record, std::mem::take(&mut batch), &reader)?;
            }
            if let Step::Remove { path } = step {
                reader.tidy(path)?;
            }
            if !is_met(&reader, step)? {
                self.note(record, step, &reader, &mut batch)?;
                changed = true;
            } else if adopts {
                self.note_adopted(record, step, &reader)?;
            }
        }
        self.act(record, batch, &reader)?;
        // A change without steps counts as changed: the reload is all that it does.
        let is_reload_alone = change.steps.is_empty() && !change.reload.applied.is_empty();
        Ok(Started::Applied { changed: changed || is_reload_alone })
    }

    fn recorded(&self, change: &Change) -> Option<&ChangeRecord> {
        self.receipt.find(&change.store, &change.subject)
    }

    /// The index of the change's record; a new change gets a record.
    fn record(&mut self, change: &Change) -> usize {
        let changes = &mut self.receipt.changes;
        let known = changes
            .iter()
            .position(|record| record.store == change.store && record.subject == change.subject);
        let index = known.unwrap_or(changes.len());
        if known.is_none() {
            changes.push(ChangeRecord::of(change));
        }
        changes[index].reload.clone_from(&change.reload);
        changes[index].proof.clone_from(&change.proof);
        index
    }

    /// Runs each distinct reload of the applied changes once, and returns one result for each change. Changes that go
    /// `together` stop at the first failure, and are reloaded from the last to the first, as when they are undone: GitLab
    /// must apply its settings before it reloads the files that they name.
    fn reload(&mut self, changes: &[Change], started: &[Result<Started>], together: bool) -> Vec<Reloaded> {
        let mut done: Vec<(&Reload, Reloaded)> = Vec::new();
        let mut results: Vec<Reloaded> = vec![Ok(Vec::new()); changes.len()];
        let mut order: Vec<usize> = (0..changes.len()).collect();
        if together {
            order.reverse();
        }
        for index in order {
            let change = &changes[index];
            let is_over = together && results.iter().any(Result::is_err);
            if is_over || !matches!(started[index], Ok(Started::Applied { .. })) {
                continue;
            }
            let same = |reload: &Reload| reload.applied == change.reload.applied;
            let result = match done.iter().find(|(reload, _)| same(reload)) {
                Some((_, result)) => result.clone(),
                None => self.reload_one(change).map_err(|error| error.to_string()),
            };
            done.push((&change.reload, result.clone()));
            results[index] = result;
        }
        results
    }

    /// Asks the store whether the change took effect.
    fn prove(
        &mut self,
        change: &Change,
        started: Result<Started>,
        reloaded: Reloaded,
        servers: &mut Servers<'_>,
    ) -> Result<Finished> {
        let store = &change.store;
        let changed = match started {
            Err(error) => return Ok(Finished::Failed { why: error.to_string(), hint: error.hint() }),
            Ok(Started::OutOfReach) => return Ok(Finished::OutOfReach),
            Ok(Started::Skipped) => return Ok(Finished::Skipped),
            Ok(Started::Already(detail)) => return Ok(Finished::Already(detail)),
            Ok(Started::Applied { changed }) => changed,
        };
        let failed = |why: &str| Ok(Finished::Failed { why: why.to_owned(), hint: None });
        let complaints = match reloaded {
            Ok(complaints) => complaints,
            Err(why) => return failed(&why),
        };
        self.session.progress.begin(&format!("asking the {store} store"));
        let world = self.session.worlds.of(&change.actor)?;
        match prove_by(servers, &world, &change.proof, Wanted::There) {
            Ok(verdict) if verdict.holds() => {
                Ok(Finished::Proven { changed, detail: verdict.detail().to_owned(), complaints })
            }
            Ok(verdict) => {
                Ok(Finished::Failed { why: verdict.detail().to_owned(), hint: change.proof.hint() })
            }
            Err(error) => failed(&error.to_string()),
        }
    }

    /// Records a change that is proven, and undoes one that failed.
    fn finish(&mut self, change: &Change, finished: Finished) -> Result<Outcome> {
        let (store, subject) = (&change.store, change.subject.as_str());
        let (changed, detail, complaints) = match finished {
            Finished::Proven { changed, detail, complaints } => (changed, detail, complaints),
            Finished::OutOfReach => return Ok(Outcome::needs_root(store, subject, OutcomeState::Untrusted)),
            Finished::Dropped => {
                let mut outcome = self.undo_failed(change, "undone with the rest of this plan")?;
                if outcome.hint.is_none() {
                    outcome.state = OutcomeState::Untrusted;
                }
                return Ok(outcome);
            }
            Finished::Skipped => {
                let why = "not started: another part of this plan failed";
                return Ok(Outcome::new(store, subject, OutcomeState::Untrusted, why));
            }
            Finished::Failed { why, hint } => {
                let mut outcome = self.undo_failed(change, &why)?;
                outcome.hint = hint.or(outcome.hint);
                return Ok(outcome);
            }
            Finished::Already(detail) => {
                let since = self.recorded(change).and_then(|record| record.in_effect_since);
                let mut outcome = Outcome::new(store, subject, OutcomeState::Trusted, detail);
                outcome.await_restart(
                    change.reload.restart.iter().filter(|service| service.is_older_than(since)),
                );
                return Ok(outcome);
            }
        };
        let record = self.record(change);
        let done_with = self.receipt.changes[record].set_proven(now());
        let world = self.session.worlds.of(&change.actor)?;
        let made = done_with.iter().flat_map(StepRecord::folders).rev();
        made.into_iter().try_for_each(|folder| world.remove_folder(folder))?;
        let receipt = std::slice::from_mut(&mut self.receipt);
        if self.session.receipts.transfer_folders(receipt, &done_with)? {
            self.done.extend(self.receipt.changes.iter().map(ChangeRecord::key));
        }
        if !complaints.is_empty() || !change.reload.by_hand.is_empty() {
            // The next run runs the hooks again, or finds that somebody else did.
            self.receipt.changes[record].phase = Phase::Applying;
        }
        self.done.push(self.receipt.changes[record].key());
        let mut outcome = Outcome::new(store, subject, OutcomeState::Trusted, detail);
        outcome.changed = changed;
        outcome.await_restart(change.reload.restart.iter());
        if !change.reload.by_hand.is_empty() {
            outcome.state = OutcomeState::Pending;
        }
        if !complaints.is_empty() {
            outcome.mark_partial(&complaints, "repair or remove that hook, then run it again");
        }
        Ok(outcome)
    }

    /// Undoes the steps of this run, if the change has no side effects. Failures are ignored here: undoing the whole
    /// change meets and reports them again.
    fn undo_steps(&self, change: &Change) {
        let records = &self.receipt.changes;
        let is_its = |record: &ChangeRecord| record.store == change.store && record.subject == change.subject;
        if let Some(index) =
            records.iter().position(is_its).filter(|index| records[*index].side_effects.is_empty())
        {
            let _ = undo::undo_latest_steps(self.session, &self.receipt, index);
        }
    }

    /// Undoes a change that failed because of `why`. A change that was proven by an earlier run goes back to that state:
    /// a certificate that is served stays served when its replacement fails.
    fn undo_failed(&mut self, change: &Change, why: &str) -> Result<Outcome> {
        let mut outcome = Outcome::new(&change.store, &change.subject, OutcomeState::Failed, why);
        if self.recorded(change).is_some() {
            let record = self.record(change);
            let back = if self.receipt.changes[record].proven == 0 {
                let back = undo::undo_change(self.session, &mut self.receipt, record)?;
                back.into_iter().find(|back| back.state == OutcomeState::Failed).map(|failed| failed.detail)
            } else {
                undo::undo_latest(self.session, &mut self.receipt, record)?
            };
            if let Some(fault) = back {
                outcome.detail = format!("{why}; undoing it failed too: {fault}");
                outcome.hint =
                    Some("fix that, then run it again: the receipt knows what is left to undo".into());
            }
        }
        Ok(outcome)
    }
}

/// The store's answer if `change` is already made and the run that left `record` was not interrupted; none if there is
/// something to do.
pub fn already(world: &World, change: &Change, record: Option<&ChangeRecord>) -> Result<Option<String>> {
    if record.is_some_and(|record| record.phase != Phase::Applied) {
        return Ok(None);
    }
    // The reload itself is this change's purpose.
    if change.steps.is_empty() && !change.reload.applied.is_empty() {
        return Ok(None);
    }
    let verdict = prove(world, &change.proof.at_once(), Wanted::There)?;
    if !verdict.holds() {
        return Ok(None);
    }
    let mut met = true;
    for step in &change.steps {
        met &= is_met(world, step)?;
    }
    Ok(match (met, record) {
        (true, _) => Some(verdict.detail().to_owned()),
        // Another program or person added it: it is not added twice.
        (false, None) => Some(format!("{}; another program or person added it", verdict.detail())),
        (false, Some(_)) => None,
    })
}

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
