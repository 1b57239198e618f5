//! Carries out a plan. Each change is recorded, applied, reloaded and proven; a change that fails is undone at once.

mod act;
mod batch;
mod finish;
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
    proof::prove,
    receipt::{ChangeRecord, Line, Phase, Receipt},
    session::{Outcome, Session},
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
        self.session.receipts.save_lines(&self.receipt, &lines)?;
        self.session.receipts.remove_unneeded(&self.receipt)
    }

    fn carry_out(&mut self, changes: &[Change], together: bool) -> Result<Vec<Outcome>> {
        let started = self.start_all(changes, together);
        let is_stopped = |started: &Result<Started>| matches!(started, Err(_) | Ok(Started::OutOfReach));
        let mut is_over = together && started.iter().any(is_stopped);
        let reloaded = if is_over {
            vec![Ok(Vec::new()); changes.len()]
        } else {
            self.reload(changes, &started, together)
        };
        is_over |= together && reloaded.iter().any(Result::is_err);
        let finished = self.prove_all(changes, started, reloaded, (together, is_over))?;
        is_over |= together && finished.iter().any(Finished::is_failure);
        self.finish_all(changes, finished, is_over)
    }

    /// Starts each change. If they go `together`, none is started after one that failed.
    fn start_all(&mut self, changes: &[Change], together: bool) -> Vec<Result<Started>> {
        let mut is_over = false;
        let start = |change| {
            let started = if is_over { Ok(Started::Skipped) } else { self.start(change, together) };
            is_over |= together && matches!(started, Err(_) | Ok(Started::OutOfReach));
            started
        };
        changes.iter().map(start).collect()
    }

    /// Records and applies the steps of `change` that are not met yet. If it `adopts`, it records the others too.
    fn start(&mut self, change: &Change, adopts: bool) -> Result<Started> {
        let within_reach = change.actor.is_within_reach(self.session.facts);
        let reader = self.session.worlds.reader(self.session.facts, &change.actor)?;
        match already(&reader, change, self.recorded(change)) {
            Ok(Some(detail)) if !adopts || !within_reach || self.is_all_recorded(change) => {
                return Ok(Started::Already(detail));
            }
            Ok(Some(_)) => {}
            // This process may not read the store, so it may not change it either.
            _ if !within_reach => return Ok(Started::OutOfReach),
            Err(error) => return Err(error),
            Ok(None) => {}
        }
        self.session.lock_for(&change.actor)?;
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
                self.record_step(record, step, &reader, &mut batch)?;
                changed = true;
            } else if adopts {
                self.record_adopted(record, step, &reader)?;
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
