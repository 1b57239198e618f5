//! The folder of one run for what Ansible reads. Runs at the same time have one each.

use std::{
    path::{Path, PathBuf},
    process,
};

use anyhow::Result;
use labtrust_machine::{World, receipt::Receipts, world::Node};

use crate::printer::Printer;

/// The folder in the state folder with a folder for each run.
const FOLDER: &str = "rollout/runs";

/// The folder of a run. Dropping it removes it.
pub(crate) struct RunFolder {
    path: PathBuf,
    /// Its lock, by which another run sees that this one lives.
    held: Option<Receipts>,
}

impl RunFolder {
    /// A new one in the state folder `state`, which the caller has locked. The folders of runs that were killed go.
    pub(crate) fn make(state: &Path, printer: &Printer) -> Result<Self> {
        let folder = state.join(FOLDER);
        for path in World::here().list(&folder)? {
            if !Receipts::are_held(&path) {
                clear(&path)?;
            }
        }
        let path = folder.join(process::id().to_string());
        let held = Some(Receipts::open(&path, printer)?);
        Ok(Self { path, held })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // What cannot be removed is removed by the next run.
        let _ = clear(&self.path);
        let _ = self.held.take().map(Receipts::close);
        let _ = self.path.parent().map(|runs| World::here().remove_folder(runs));
    }
}

/// Removes the folder `path` with everything in it.
fn clear(path: &Path) -> labtrust_machine::Result<()> {
    let world = World::here();
    for inner in world.list(path)? {
        if matches!(world.look(&inner)?, Node::Folder) {
            clear(&inner)?;
        } else {
            world.remove(&inner)?;
        }
    }
    world.remove_folder(path)
}
