//! Applies one step.

use std::path::Path;

use labtrust_plan::Step;

use crate::{
    Error, Result, database, edit_file,
    receipt::Receipts,
    world::{Access, Node, World},
};

/// Applies `step` and makes the folders that it needs. Folders in the state folder are private.
pub(super) fn act(world: &World, step: &Step, receipts: &Receipts) -> Result<()> {
    let make_folder = |path: &Path| match path.parent() {
        Some(folder) => {
            world.make_folders(folder, if receipts.contains(folder) { 0o700 } else { 0o755 }).map(drop)
        }
        None => Ok(()),
    };
    match step {
        Step::Put { path, contents, mode } => {
            make_folder(path)?;
            world.put(path, contents, Access { mode: *mode, owner: None })
        }
        Step::Rewrite { path, before, contents } => {
            let found = world.look(path)?;
            match (&found, edit_file::access(&found)) {
                (Node::File { sha256, .. }, Some(access)) if sha256 == before => {
                    world.put(path, contents, access)
                }
                _ => Err(Error::overtaken(path.clone())),
            }
        }
        Step::Link { path, target } => {
            make_folder(path)?;
            world.link(path, target)
        }
        Step::Remove { path } => world.remove(path),
        Step::Edit { path, edit, mode } => {
            let path = world.resolve(path)?;
            make_folder(&path)?;
            edit_file::make(world, edit, &path, *mode)
        }
        Step::Entry { database, certificate } => database::open(database).add(world, certificate),
        Step::Discard { database, certificate } => {
            // The proof reports an entry that is left, because somebody forbids it there.
            database::open(database).discard(world, certificate)
        }
    }
}
