//! The second half of applying: the proof of each change, its final record, and undoing what failed.

use labtrust_plan::{Change, Wanted};

use super::{
    Reloaded, Run, now,
    progress::{Finished, Started},
};
use crate::{
    Result,
    proof::{Servers, prove_by},
    receipt::{ChangeRecord, Gone, Phase, StepRecord},
    session::{Outcome, OutcomeState},
    undo,
};

impl Run<'_> {
    /// Proves each change. All servers are asked together, after the last reload. If the changes go `together` and it
    /// `is_over`, the others are dropped without a question: they are undone anyway.
    pub(super) fn prove_all(
        &mut self,
        changes: &[Change],
        started: Vec<Result<Started>>,
        reloaded: Vec<Reloaded>,
        (together, mut is_over): (bool, bool),
    ) -> Result<Vec<Finished>> {
        let is_applied = |started: &Result<Started>, reloaded: &Reloaded| {
            matches!(started, Ok(Started::Applied { .. })) && reloaded.is_ok()
        };
        let states = started.iter().zip(&reloaded);
        let applied =
            changes.iter().zip(states).filter(|(_, (started, reloaded))| is_applied(started, reloaded));
        let mut servers = Servers::of(applied.map(|(change, _)| &change.proof));
        let mut all = Vec::new();
        for ((change, started), reloaded) in changes.iter().zip(started).zip(reloaded) {
            let finished = if is_over && is_applied(&started, &reloaded) {
                Finished::Dropped
            } else {
                self.prove(change, started, reloaded, &mut servers)?
            };
            is_over |= together && finished.is_failure();
            all.push(finished);
        }
        Ok(all)
    }

    /// Finishes each change, the last one first. If it `is_over`, all are undone, and the steps of all go before the first
    /// reload: a reload must not read what another change left.
    pub(super) fn finish_all(
        &mut self,
        changes: &[Change],
        finished: Vec<Finished>,
        is_over: bool,
    ) -> Result<Vec<Outcome>> {
        if is_over {
            let has_steps = |finished: &Finished| {
                matches!(finished, Finished::Proven { .. } | Finished::Failed { .. } | Finished::Dropped)
            };
            let undone = changes.iter().zip(&finished).rev().filter(|(_, finished)| has_steps(finished));
            undone.for_each(|(change, _)| self.undo_steps(change));
        }
        let mut outcomes = Vec::new();
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
                outcome.await_restart(&change.reload.restart, |service| service.is_older_than(since));
                return Ok(outcome);
            }
        };
        let record = self.record(change);
        let done_with = self.receipt.changes[record].set_proven(now());
        let world = self.session.worlds.of(&change.actor)?;
        let made = done_with.iter().flat_map(StepRecord::folders).rev();
        made.into_iter().try_for_each(|folder| world.remove_folder(folder))?;
        let receipt = std::slice::from_mut(&mut self.receipt);
        let gone: Vec<_> =
            done_with.into_iter().map(|step| Gone { receipt: receipt[0].name.clone(), step }).collect();
        if self.session.receipts.transfer(receipt, &gone)? {
            self.done.extend(self.receipt.changes.iter().map(ChangeRecord::key));
        }
        if !complaints.is_empty() || !change.reload.by_hand.is_empty() {
            // The next run runs the hooks again, or finds that somebody else did.
            self.receipt.changes[record].phase = Phase::Applying;
        }
        self.done.push(self.receipt.changes[record].key());
        let mut outcome = Outcome::new(store, subject, OutcomeState::Trusted, detail);
        outcome.changed = changed;
        outcome.await_restart(&change.reload.restart, |_| true);
        if !change.reload.by_hand.is_empty() {
            outcome.state = OutcomeState::Pending;
        }
        if !complaints.is_empty() {
            outcome.mark_partial(&complaints, "repair or remove that hook, then try again");
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
                outcome.hint = Some("fix that, then run the command again: it goes on from here".into());
            }
        }
        Ok(outcome)
    }
}
