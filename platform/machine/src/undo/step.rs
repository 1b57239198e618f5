//! Undoing one step of a change.

use std::path::{Path, PathBuf};

use labtrust_plan::Fingerprint;

use super::made;
use crate::{
    Result, database, edit_file,
    receipt::StepRecord,
    session::Session,
    side_effect::undo_file,
    world::{Node, World},
};

/// Undoes one step. Returns the file that is left in place because somebody else changed it, if there is one.
pub(super) fn undo_step(
    session: &Session<'_>,
    world: &World,
    receipt: &str,
    step: &StepRecord,
) -> Result<Option<PathBuf>> {
    match step {
        StepRecord::File { adopted: true, .. } => {}
        StepRecord::File { path, before, after, link, folders, edit, adopted: false } => {
            world.tidy(path)?;
            let found = world.look(path)?;
            if found != *before {
                session.progress.begin(&format!("restoring {}", path.display()));
                let is_back = match (edit, before, &found) {
                    // A path that is or was a link is handled like a file of ours: the edit did not follow a link.
                    (Some(edit), Node::File { .. } | Node::Absent, Node::File { .. } | Node::Absent) => {
                        edit_file::undo(world, edit, (session.receipts, receipt), path, before, *after)?
                    }
                    _ if is_ours(&found, *after, link.as_deref()) => {
                        if let (Node::File { .. } | Node::Link { .. }, Some(folder)) = (before, path.parent())
                        {
                            world.make_folders(folder, 0o755)?;
                        }
                        undo_file(world, session.receipts, receipt, path, before)?;
                        true
                    }
                    _ => false,
                };
                if !is_back {
                    return Ok(Some(path.clone()));
                }
            }
            folders.iter().rev().try_for_each(|folder| made::remove(world, folder))?;
        }
        StepRecord::Entry { database, certificate, before: Some(before), discarded: true, .. } => {
            database::open(database).restore(world, certificate, before)?;
        }
        StepRecord::Entry { database, certificate, before, created, folders, .. } => {
            session
                .progress
                .begin(&format!("removing {} from {database}", certificate.fingerprint().short()));
            let tool = database::open(database);
            if !tool.undo(world, certificate, before.as_ref())? {
                return Ok(Some(database.path().to_owned()));
            }
            if *created {
                tool.remove_if_empty(world)?;
            }
            folders.iter().rev().try_for_each(|folder| made::remove(world, folder))?;
        }
    }
    Ok(None)
}

/// Whether the file of `step`, which was undone, is made again.
pub(super) fn is_there(world: &World, step: &StepRecord) -> Result<bool> {
    match step {
        StepRecord::File { adopted: true, .. } | StepRecord::Entry { .. } => Ok(false),
        StepRecord::File { path, edit: Some(edit), .. } => edit_file::is_met(world, edit, path),
        StepRecord::File { path, before, after, link, .. } => {
            let found = world.look(path)?;
            Ok(found != *before && is_ours(&found, *after, link.as_deref()))
        }
    }
}

fn is_ours(found: &Node, after: Option<Fingerprint>, link: Option<&Path>) -> bool {
    match found {
        Node::Absent => after.is_none() && link.is_none(),
        Node::File { sha256, .. } => after == Some(*sha256),
        Node::Link { target } => link == Some(target.as_path()),
        Node::Folder | Node::Other => false,
    }
}
