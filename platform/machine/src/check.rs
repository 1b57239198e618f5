//! Whether a step is met: one question for "already done" when planning, "done" after applying and "still ours" when
//! undoing.

use labtrust_plan::Step;

use crate::{
    Result, database, edit_file,
    world::{Node, World},
};

/// Whether `step` is met already. `Err` means that this could not be found out.
pub fn is_met(world: &World, step: &Step) -> Result<bool> {
    Ok(match step {
        Step::Put { path, contents, mode } => match world.look(path)? {
            Node::File { sha256, mode: found, .. } => sha256 == contents.sha256() && found == *mode,
            _ => false,
        },
        Step::Rewrite { path, contents, .. } => {
            matches!(world.look(path)?, Node::File { sha256, .. } if sha256 == contents.sha256())
        }
        Step::Link { path, target } => {
            matches!(world.look(path)?, Node::Link { target: found } if found == *target)
        }
        Step::Remove { path } => world.look(path)? == Node::Absent,
        Step::Edit { path, edit, .. } => edit_file::is_met(world, edit, path)?,
        Step::Entry { database, certificate } => {
            database::open(database).find(world, certificate)?.is_some_and(|listing| listing.trusted)
        }
        Step::Discard { database, certificate } => {
            database::open(database).find(world, certificate)?.is_none()
        }
    })
}
