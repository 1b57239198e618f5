//! Drops the records of changes that are undone, and hands over what other changes still use.

use std::{cmp::Reverse, collections::BTreeSet, path::PathBuf, rc::Rc};

use super::made;
use crate::{
    Result,
    receipt::{ChangeRecord, Gone, Line, Receipt, StepRecord},
    session::Session,
    world::Node,
};

/// Drops the records `gone`, which are undone, from their receipts. The files `left` stay in place.
pub(super) fn forget(
    session: &Session<'_>,
    receipts: &mut [Receipt],
    gone: &BTreeSet<(usize, usize)>,
    left: &[PathBuf],
) -> Result<()> {
    let mut removed = vec![Vec::new(); receipts.len()];
    for (receipt, index) in gone.iter().rev() {
        removed[*receipt].push(receipts[*receipt].changes.remove(*index));
    }
    remove_folders(session, removed.iter().flatten())?;
    let of_receipts = receipts.iter().zip(&removed);
    let mut latest: Vec<_> = of_receipts
        .flat_map(|(receipt, removed)| removed.iter().map(|record| (&receipt.name, record)))
        .collect();
    latest.sort_by_key(|(_, record)| Reverse(record.effective()));
    let steps: Vec<_> = latest
        .iter()
        .flat_map(|(name, record)| record.steps.iter().rev().map(|step| (*name, step)))
        .map(|(name, step)| Gone { receipt: name.clone(), step: step.clone() })
        .collect();
    let has_received = session.receipts.transfer(receipts, &steps)?;
    mark_folders(session, receipts, removed.iter().flatten(), left)?;
    for (receipt, removed) in receipts.iter().zip(&removed) {
        // A receipt without changes is removed, even if it was empty before.
        if has_received || (removed.is_empty() && receipt.changes.is_empty()) {
            session.receipts.save(receipt)?;
        } else if !removed.is_empty() {
            let lines: Vec<_> = removed.iter().map(Line::gone).collect();
            session.receipts.save_lines(receipt, &lines)?;
        }
        session.receipts.remove_unneeded(receipt)?;
    }
    Ok(())
}

/// Removes the folders that were made for `records`, if they are empty. This comes after all of them are undone: before
/// that, one record's folder may hold another one's file.
fn remove_folders<'a>(session: &Session<'_>, records: impl Iterator<Item = &'a ChangeRecord>) -> Result<()> {
    for record in records {
        let mut folders: Vec<_> = record.steps.iter().flat_map(StepRecord::folders).collect();
        folders.sort_by_key(|folder| Reverse(folder.components().count()));
        let world = session.worlds.of(&record.actor)?;
        folders.into_iter().try_for_each(|folder| made::remove(&world, folder))?;
    }
    Ok(())
}

/// Marks the folders that were made for the undone `records` and that none of this state folder's receipts will remove. A folder
/// of one of the files `left` never gets empty.
fn mark_folders<'a>(
    session: &Session<'_>,
    receipts: &[Receipt],
    records: impl Iterator<Item = &'a ChangeRecord>,
    left: &[PathBuf],
) -> Result<()> {
    let holds_left = |folder: &&PathBuf| left.iter().any(|path| path.starts_with(folder));
    let mut standing = Vec::new();
    for record in records {
        let world = session.worlds.of(&record.actor)?;
        let folders: BTreeSet<_> = record.steps.iter().flat_map(StepRecord::folders).collect();
        let stands = |folder: &&PathBuf| matches!(world.look(folder), Ok(Node::Folder));
        let here = folders.into_iter().filter(stands).filter(|folder| !holds_left(folder));
        standing.extend(here.map(|folder| (Rc::clone(&world), folder)));
    }
    if standing.is_empty() {
        return Ok(());
    }
    let mut others: Vec<Receipt> = session.receipts.recorded()?.into_iter().collect();
    others.retain(|other| receipts.iter().all(|receipt| receipt.name != other.name));
    let steps = || {
        receipts.iter().chain(&others).flat_map(|receipt| &receipt.changes).flat_map(|change| &change.steps)
    };
    let is_known = |folder: &PathBuf| steps().any(|step| step.folders().contains(folder));
    for (world, folder) in standing.into_iter().filter(|(_, folder)| !is_known(folder)) {
        // Without the mark, as on a full disk, an empty folder is left in the end.
        let _ = made::mark(&world, folder);
    }
    Ok(())
}
