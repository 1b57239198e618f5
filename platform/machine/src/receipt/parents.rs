//! The folders above a state folder that were made for it: they go with it.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use labtrust_plan::Contents;

use crate::{
    Result,
    world::{Access, World},
};

/// The name of their list in the state folder.
pub const PARENTS: &str = "made-folders";

/// Writes the list of `parents`, outermost first, into the folder `state`.
pub(super) fn note(world: &World, state: &Path, parents: &[PathBuf]) -> Result<()> {
    if parents.is_empty() {
        return Ok(());
    }
    // A path may hold every byte but zero.
    let list: Vec<_> = parents.iter().map(|path| path.as_os_str().as_bytes()).collect();
    world.put(&state.join(PARENTS), &Contents::Public(list.join(&0)), Access { mode: 0o600, owner: None })
}

/// Takes the list out of the folder `state`, if nothing else but `lock` is there. Returns the parents, outermost first.
pub(super) fn take(world: &World, state: &Path, lock: &Path) -> Result<Vec<PathBuf>> {
    let list = state.join(PARENTS);
    world.tidy(&list)?;
    if world.list(state)?.iter().any(|path| *path != list && path != lock) {
        return Ok(Vec::new());
    }
    let Some(bytes) = World::read_own(&list)? else { return Ok(Vec::new()) };
    world.remove(&list)?;
    Ok(bytes.split(|byte| *byte == 0).map(|path| OsStr::from_bytes(path).into()).collect())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests act as other programs do")]
mod tests {
    use std::fs;

    use super::*;
    use crate::{progress::Silent, receipt::Receipts};

    #[test]
    fn the_folders_that_were_made_for_the_state_folder_go_with_it() {
        for theirs in [None, Some("share/theirs"), Some("share/labtrust/theirs")] {
            let home = tempfile::tempdir().expect("a folder");
            let (local, state) = (home.path().join(".local"), home.path().join(".local/share/labtrust"));
            let open = || Receipts::open(&state, &Silent).expect("a state folder");
            let receipts = open();
            let theirs = theirs.map(|theirs| local.join(theirs));
            if let Some(theirs) = &theirs {
                fs::write(theirs, "").expect("a file");
            }
            receipts.close().expect("closed");
            assert_eq!(local.exists(), theirs.is_some(), "{theirs:?}");
            // Another run is the last one.
            let is_in_state = theirs.as_ref().is_some_and(|theirs| theirs.starts_with(&state));
            assert_eq!(state.join(PARENTS).exists(), is_in_state);
            if let Some(theirs) = &theirs {
                fs::remove_file(theirs).expect("removed");
            }
            drop(open());
            assert_eq!(local.exists(), theirs.is_some() && !is_in_state, "{theirs:?}");
        }
    }
}
