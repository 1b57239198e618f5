//! Steps of one change that are recorded together and then applied: none of them needs a path that another one makes.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use labtrust_plan::Step;

use crate::{Result, world::World};

/// Steps that are recorded, but not applied yet.
#[derive(Debug, Default)]
pub(super) struct Batch<'a> {
    steps: Vec<&'a Step>,
    /// The paths on which the steps act.
    paths: Vec<PathBuf>,
    /// The folders that the steps will make.
    folders: BTreeSet<PathBuf>,
}

impl<'a> Batch<'a> {
    /// Whether `step` acts on a path of this batch, or above or below one.
    pub(super) fn overlaps(&self, world: &World, step: &Step) -> Result<bool> {
        if self.steps.is_empty() {
            return Ok(false);
        }
        let new = paths(world, step)?;
        let overlaps =
            |known: &PathBuf| new.iter().any(|new| known.starts_with(new) || new.starts_with(known));
        Ok(self.paths.iter().any(overlaps))
    }

    /// Adds `step`, which is recorded.
    pub(super) fn push(&mut self, world: &World, step: &'a Step) -> Result<()> {
        self.paths.extend(paths(world, step)?);
        self.steps.push(step);
        Ok(())
    }

    /// Adds `folder`, which does not exist yet, to the folders that the steps make. False if it was added before.
    pub(super) fn add_folder(&mut self, folder: &Path) -> bool {
        self.folders.insert(folder.to_owned())
    }

    /// The steps, in their order.
    pub(super) fn into_steps(self) -> Vec<&'a Step> {
        self.steps
    }
}

/// The paths on which `step` acts: for an edit through a link, the link and its target.
fn paths(world: &World, step: &Step) -> Result<Vec<PathBuf>> {
    Ok(match step {
        Step::Put { path, .. }
        | Step::Rewrite { path, .. }
        | Step::Link { path, .. }
        | Step::Remove { path } => vec![path.clone()],
        Step::Edit { path, .. } => vec![path.clone(), world.resolve(path)?],
        Step::Entry { database, .. } | Step::Discard { database, .. } => vec![database.path().to_owned()],
    })
}
