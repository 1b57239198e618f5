//! Undoes the changes that a receipt records, and nothing else. Files that somebody else changed since are left in place
//! and named.

mod forget;
mod made;
mod progress;
mod reload;
mod step;

use std::{
    cmp::Reverse,
    collections::BTreeSet,
    path::{Path, PathBuf},
    rc::Rc,
    slice,
};

use labtrust_plan::{Proof, Service};

use self::{
    forget::forget,
    progress::UndoProgress,
    step::{is_there, undo_step},
};
use crate::{
    Error, Result,
    receipt::{ChangeRecord, Phase, Receipt, StepRecord},
    session::{Outcome, OutcomeState, Session, UNRECORDED, running},
    side_effect,
    side_effect::back_up_neighbours,
    updater::{Updater, check_room},
};

/// Undoes the changes of `receipt` for which `wanted` holds, the last one first, with one reload for all of them. The
/// receipt drops the changes that are undone.
pub fn undo(
    session: &Session<'_>,
    receipt: &mut Receipt,
    wanted: impl Fn(&ChangeRecord) -> bool,
) -> Result<Vec<Outcome>> {
    Ok(undo_all(session, slice::from_mut(receipt), wanted)?.concat())
}

/// Undoes changes of several receipts, the latest receipt first: a reload that several of them need runs once. Returns one
/// list of outcomes for each receipt.
pub fn undo_all(
    session: &Session<'_>,
    receipts: &mut [Receipt],
    wanted: impl Fn(&ChangeRecord) -> bool,
) -> Result<Vec<Vec<Outcome>>> {
    let (mut records, mut outcomes) = (Vec::new(), vec![Vec::new(); receipts.len()]);
    let mut order: Vec<usize> = (0..receipts.len()).collect();
    let effective = |receipt: &usize| receipts[*receipt].changes.iter().map(ChangeRecord::effective).max();
    order.sort_by_key(|receipt| Reverse(effective(receipt)));
    for receipt in order {
        let changes = &receipts[receipt].changes;
        for index in (0..changes.len()).rev().filter(|index| wanted(&changes[*index])) {
            let record = &changes[index];
            match check_room_for(session, record) {
                Ok(()) => records.push((receipt, index)),
                Err(error) => {
                    outcomes[receipt].push(Outcome::failed(&record.store, &record.subject, &error));
                }
            }
        }
    }
    for (receipt, outcome) in undo_records(session, receipts, &records)? {
        outcomes[receipt].push(outcome);
    }
    Ok(outcomes)
}

/// Fails if the disk has no room for the reload that undoes `record`.
fn check_room_for(session: &Session<'_>, record: &ChangeRecord) -> Result<()> {
    if record.reload.undone.is_empty() {
        return Ok(());
    }
    check_room(&*session.worlds.reader(session.facts, &record.actor)?, &record.reload.side_effects)
}

/// Undoes `records`, each given as the index of its receipt and its own index there. Each outcome comes with the index of
/// its receipt.
fn undo_records(
    session: &Session<'_>,
    receipts: &mut [Receipt],
    records: &[(usize, usize)],
) -> Result<Vec<(usize, Outcome)>> {
    let mut outcomes = Vec::new();
    let mut started = Vec::new();
    for &(receipt, index) in records {
        let record = &receipts[receipt].changes[index];
        if record.actor.is_within_reach(session.facts) {
            started.push((receipt, index));
        } else {
            outcomes
                .push((receipt, Outcome::needs_root(&record.store, &record.subject, OutcomeState::Trusted)));
        }
    }
    record_start(session, receipts, &started)?;
    let mut undone = Vec::new();
    for (receipt, index) in started {
        let mut taken = undo_steps(session, &receipts[receipt], (receipt, index));
        if taken.fault.is_none() {
            taken.fault = back_up_neighbours_of(session, &mut receipts[receipt], index).err().map(Rc::new);
        }
        undone.push(taken);
    }
    reload::reload(session, receipts, &mut undone);
    let mut forgotten = BTreeSet::new();
    let mut left = Vec::new();
    for mut undone in undone {
        let mut outcome = finish(session, receipts, &undone);
        if outcome.state == OutcomeState::Trusted && undone.left.is_empty() {
            outcome = undo_again(session, receipts, &mut undone, outcome);
        }
        if outcome.state != OutcomeState::Failed {
            forgotten.insert((undone.receipt, undone.index));
        }
        outcomes.push((undone.receipt, outcome));
        left.append(&mut undone.left);
    }
    forget(session, receipts, &forgotten, &left)?;
    Ok(outcomes)
}

/// Undoes the steps of `undone` again if another change's reload has put one of them back. No reload follows: the record stays
/// for the next run if the store still trusts the anchor.
fn undo_again(
    session: &Session<'_>,
    receipts: &[Receipt],
    undone: &mut UndoProgress,
    outcome: Outcome,
) -> Outcome {
    undone.fault = match undo_what_is_back(session, receipts, undone) {
        Ok(false) => return outcome,
        Ok(true) => None,
        Err(error) => Some(error),
    };
    let mut outcome = finish(session, receipts, undone);
    if outcome.state == OutcomeState::Trusted {
        outcome.state = OutcomeState::Failed;
        let detail = outcome.detail.strip_prefix(UNRECORDED).unwrap_or(&outcome.detail);
        outcome.detail = format!("another program put it back: {detail}");
        outcome.hint = Some("run the command again: it goes on from here".into());
    }
    outcome
}

/// Undoes the steps of `undone` again, if one of them is made again. True if it was.
fn undo_what_is_back(
    session: &Session<'_>,
    receipts: &[Receipt],
    undone: &UndoProgress,
) -> Result<bool, Rc<Error>> {
    let record = undone.record(receipts);
    let world = session.worlds.of(&record.actor)?;
    // Somebody else's entry of the same certificate may be there. Undoing an entry that is gone writes nothing.
    let databases = || record.steps.iter().filter_map(StepRecord::database).map(|path| world.look(path));
    let databases = || databases().collect::<Result<Vec<_>>>();
    let is_back =
        record.steps.iter().try_fold(false, |any, step| Ok::<_, Error>(any || is_there(&world, step)?))?;
    let before = databases()?;
    if !is_back && before.is_empty() {
        return Ok(false);
    }
    match undo_steps(session, &receipts[undone.receipt], (undone.receipt, undone.index)).fault {
        Some(fault) => Err(fault),
        None => Ok(is_back || databases()? != before),
    }
}

/// Records that `records` are about to be undone.
fn record_start(session: &Session<'_>, receipts: &mut [Receipt], records: &[(usize, usize)]) -> Result<()> {
    for (number, receipt) in receipts.iter_mut().enumerate() {
        let indices: Vec<_> =
            records.iter().filter(|(of, _)| *of == number).map(|(_, index)| *index).collect();
        if indices.is_empty() {
            continue;
        }
        let was_proven = indices.iter().any(|index| receipt.changes[*index].phase == Phase::Applied);
        for index in &indices {
            let record = &mut receipt.changes[*index];
            record.phase = Phase::Undoing;
            let world = session.worlds.of(&record.actor)?;
            record.adopt_folders(|folder| made::is_marked(&world, folder));
        }
        let saved = session.receipts.save_changes(receipt, &indices);
        // A change that was not proven is recorded as unfinished already: it is undone even on a full disk.
        if was_proven {
            saved?;
        }
    }
    Ok(())
}

/// Undoes the whole of the change at `index` of `receipt`.
pub(crate) fn undo_change(
    session: &Session<'_>,
    receipt: &mut Receipt,
    index: usize,
) -> Result<Vec<Outcome>> {
    let outcomes = undo_records(session, slice::from_mut(receipt), &[(0, index)])?;
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

/// Undoes what the latest run did to the change at `index`, and reloads: the change is as it was last proven. Returns the
/// fault, if there was one.
pub(crate) fn undo_latest(
    session: &Session<'_>,
    receipt: &mut Receipt,
    index: usize,
) -> Result<Option<String>> {
    let record = &receipt.changes[index];
    if record.steps.len() == record.proven {
        return Ok(None);
    }
    let mut left = Vec::new();
    let mut undo = || -> Result<()> {
        left = undo_latest_steps(session, receipt, index)?;
        let world = session.worlds.of(&record.actor)?;
        let updater = Updater {
            world: &world,
            commands: &record.reload.undone,
            side_effects: &record.reload.side_effects,
            removed: 1,
            is_met: &|| Ok(true),
            progress: session.progress,
        };
        updater.run()?;
        Ok(())
    };
    if let Err(error) = undo() {
        return Ok(Some(error.to_string()));
    }
    let record = &mut receipt.changes[index];
    record.steps.truncate(record.proven);
    record.phase = Phase::Applied;
    session.receipts.save(receipt)?;
    Ok((!left.is_empty()).then(|| left_by_others(&left)))
}

/// Undoes the steps of the latest run of the change at `index`, without a reload. Returns the files that are left in place
/// because somebody else changed them.
pub(crate) fn undo_latest_steps(
    session: &Session<'_>,
    receipt: &Receipt,
    index: usize,
) -> Result<Vec<PathBuf>> {
    let record = &receipt.changes[index];
    session.lock_for(&record.actor)?;
    let world = session.worlds.of(&record.actor)?;
    world.flushed_once(|| {
        let latest = record.steps[record.proven..].iter().rev();
        let left = latest.map(|step| undo_step(session, &world, &receipt.name, step));
        left.filter_map(Result::transpose).collect()
    })
}

fn undo_steps(session: &Session<'_>, receipt: &Receipt, (number, index): (usize, usize)) -> UndoProgress {
    let record = &receipt.changes[index];
    let mut undone = UndoProgress {
        receipt: number,
        index,
        ours: Vec::new(),
        left: Vec::new(),
        complaints: Vec::new(),
        fault: None,
    };
    let mut undo = || -> Result<()> {
        session.lock_for(&record.actor)?;
        let world = session.worlds.of(&record.actor)?;
        for side_effect in &record.side_effects {
            undone.ours.push(side_effect.is_ours(&world)?);
        }
        world.flushed_once(|| {
            for step in record.steps.iter().rev() {
                undone.left.extend(undo_step(session, &world, &receipt.name, step)?);
            }
            Ok(())
        })
    };
    undone.fault = undo().err().map(Rc::new);
    undone
}

/// Saves other programs' files beside our anchor that the updater may replace while the change is undone.
fn back_up_neighbours_of(session: &Session<'_>, receipt: &mut Receipt, index: usize) -> Result<()> {
    let record = &receipt.changes[index];
    if record.reload.undone.is_empty() {
        return Ok(());
    }
    let world = session.worlds.of(&record.actor)?;
    record.reload.side_effects.iter().try_for_each(|side_effect| side_effect::unlink(side_effect, &world))?;
    let mut kept = record.side_effects.clone();
    back_up_neighbours(&world, session.receipts, &receipt.name, &record.reload.side_effects, &mut kept)?;
    if kept != record.side_effects {
        receipt.changes[index].side_effects = kept;
        session.receipts.save_changes(receipt, &[index])?;
    }
    Ok(())
}

/// Asks the store whether it still trusts the anchor.
fn finish(session: &Session<'_>, receipts: &[Receipt], undone: &UndoProgress) -> Outcome {
    let record = undone.record(receipts);
    let (store, subject) = (&record.store, record.subject.as_str());
    if let Some(error) = &undone.fault {
        return Outcome::failed(store, subject, error);
    }
    let asked = session.worlds.of(&record.actor).and_then(|world| {
        Outcome::gone(&world, session.facts, (&record.store, &record.subject), &record.proof)
    });
    let is_adopted = undone.left.is_empty() && record.is_adopted();
    let mut outcome = match asked {
        Ok(_) if is_adopted => Outcome::new(
            store,
            subject,
            OutcomeState::Untrusted,
            format!("{subject}: left in place, since labtrust did not create it"),
        ),
        Ok(outcome) => outcome,
        Err(error) => return Outcome::failed(store, subject, &error),
    };
    // The files are changed on purpose: the reason why their proof fails is not shown.
    if outcome.state == OutcomeState::Untrusted
        && undone.left.is_empty()
        && !is_adopted
        && is_of_files(&record.proof)
    {
        subject.clone_into(&mut outcome.detail);
    }
    outcome.changed = true;
    outcome.restart.extend(running(&record.reload.restart));
    // A service whose restart was skipped, and which has started since, has the anchor in its memory.
    let engines = session.facts.engines.iter().map(Service::engine);
    outcome.restart.extend(engines.filter(|service| {
        let is_skipped = record.reload.skipped_restarts.iter().any(|skipped| skipped.title == service.title);
        is_skipped && service.is_newer_than(record.in_effect_since)
    }));
    if !undone.left.is_empty() {
        outcome.detail = format!("{}; {}", outcome.detail, left_by_others(&undone.left));
    }
    if !undone.complaints.is_empty() && outcome.state == OutcomeState::Untrusted {
        outcome.mark_partial(&undone.complaints, "fix that; the rest is undone");
    }
    outcome
}

fn left_by_others(left: &[PathBuf]) -> String {
    let mut names: Vec<_> = left.iter().map(|path| Path::display(path).to_string()).collect();
    names.dedup();
    format!("left in place, because another program or person changed it: {}", names.join(", "))
}

/// Whether `proof` says that files are as labtrust wrote them, served or not.
fn is_of_files(proof: &Proof) -> bool {
    match proof {
        Proof::Files { .. }
        | Proof::Linked { .. }
        | Proof::Edited { .. }
        | Proof::Hidden { .. }
        | Proof::Absent { .. } => true,
        Proof::All(proofs) => proofs.iter().any(is_of_files),
        _ => false,
    }
}
