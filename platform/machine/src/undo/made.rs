//! Folders that labtrust made and that a run with another state folder still uses: the receipts of that run do not say who made
//! them. A mark in such a folder says it, and the run that undoes its change last removes the folder.

use std::path::Path;

use labtrust_plan::{Anchor, Contents, Edit};

use crate::{
    Result,
    world::{Access, Node, World},
};

/// The name of the mark. Programs that read a folder of certificates skip it.
const MARK: &str = ".labtrust-made";
/// A browser reads every file in its folder of policies: this one sets nothing.
const CONTENTS: &[u8] = b"{}\n";

/// How many levels of folders are searched for files of labtrust.
const DEEPEST: usize = 3;

/// Whether labtrust made `folder`, and is to remove it.
pub(super) fn is_marked(world: &World, folder: &Path) -> bool {
    matches!(world.look(&folder.join(MARK)), Ok(Node::File { .. }))
}

/// Marks `folder`, which labtrust made, for the run that uses it. The mark goes if none does.
pub(super) fn mark(world: &World, folder: &Path) -> Result<()> {
    let mark = folder.join(MARK);
    match (holds_ours(world, folder, DEEPEST), is_marked(world, folder)) {
        (true, false) => {
            world.put(&mark, &Contents::Public(CONTENTS.to_vec()), Access { mode: 0o644, owner: None })
        }
        (false, true) => world.remove(&mark),
        _ => Ok(()),
    }
}

/// Removes `folder`, which labtrust made, if it is empty but for the mark.
pub(super) fn remove(world: &World, folder: &Path) -> Result<()> {
    let mark = folder.join(MARK);
    if world.list(folder).is_ok_and(|found| found == [mark.clone()]) {
        world.remove(&mark)?;
    }
    world.remove_folder(folder)
}

/// Whether a file of labtrust is in `folder` or below: by its name, or because it holds nothing but labtrust's blocks.
fn holds_ours(world: &World, folder: &Path, levels: usize) -> bool {
    let paths = world.list(folder).unwrap_or_default();
    paths.iter().filter(|path| !path.ends_with(MARK)).any(|path| match world.look(path) {
        Ok(Node::Folder) => levels > 1 && holds_ours(world, path, levels - 1),
        Ok(Node::File { .. }) => Anchor::is_our_file(path) || has_only_blocks(world, path),
        _ => false,
    })
}

fn has_only_blocks(world: &World, path: &Path) -> bool {
    let found = world.read(path).ok().flatten();
    found.is_some_and(|bytes| !bytes.trim_ascii().is_empty() && Edit::has_only_blocks(&bytes))
}
