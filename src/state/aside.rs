//! Moves damaged parts of a state folder aside. A rename works with unreadable files too, and nothing is lost.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use labtrust_machine::{World, world::Node};
use labtrust_plan::{Fingerprint, text};
use time::OffsetDateTime;

use crate::hint::{fail, hint};

/// The prefix of folders with damaged parts.
const DAMAGED: &str = "damaged-";

/// Moves `paths` in the folder `state` to a new folder there. Returns that folder, or none if there was nothing to
/// move.
pub(crate) fn put_aside(state: &Path, paths: &[PathBuf]) -> Result<Option<PathBuf>> {
    let world = World::here();
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos();
    let aside = state.join(format!("{DAMAGED}{}", Fingerprint::of(&now.to_be_bytes()).short()));
    let mut moved = Vec::new();
    for path in paths {
        // An unreadable path exists.
        if matches!(world.look(path), Ok(Node::Absent)) {
            continue;
        }
        let to = aside.join(path.strip_prefix(state).context("a path outside the state folder")?);
        let renamed = to.parent().map_or(Ok(Vec::new()), |folder| world.make_folders(folder, 0o700));
        if let Err(error) = renamed.and_then(|_| world.rename(path, &to)) {
            put_back(state, &aside, &moved)?;
            let what = format!("{} cannot be moved aside: {error}", text::path(path));
            return Err(fail(what, hint!("check who can write there: ls -ld {}", state)));
        }
        moved.push(path.clone());
    }
    Ok((!moved.is_empty()).then_some(aside))
}

/// Undoes [`put_aside`]: moves files from the folder `aside` back to `paths`.
pub(crate) fn put_back(state: &Path, aside: &Path, paths: &[PathBuf]) -> Result<()> {
    let world = World::here();
    for path in paths {
        let from = aside.join(path.strip_prefix(state).context("a path outside the state folder")?);
        if !matches!(world.look(&from), Ok(Node::Absent)) {
            world.rename(&from, path)?;
        }
        for folder in from.ancestors().skip(1).take_while(|folder| folder.starts_with(aside)) {
            world.remove_folder(folder)?;
        }
    }
    Ok(())
}

/// Whether `name` in a state folder is a folder of damaged parts.
pub(crate) fn is_aside(name: &str) -> bool {
    name.starts_with(DAMAGED)
}
