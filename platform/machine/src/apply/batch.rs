//! Steps of one change that are written down together, and then done: none of them depends on what another makes.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use labtrust_plan::Step;

use crate::{Result, world::World};

/// Steps that are written down, and not done yet.
#[derive(Debug, Default)]
pub(super) struct Batch<'a> {
    steps: Vec<&'a Step>,
    /// Where they act.
    places: Vec<PathBuf>,
    /// The folders that are made for them.
    folders: BTreeSet<PathBuf>,
}

impl<'a> Batch<'a> {
    /// Whether `step` acts where one of these does, or above or below that.
    pub(super) fn meets(&self, world: &World, step: &Step) -> Result<bool> {
        if self.steps.is_empty() {
            return Ok(false);
        }
        let new = places(world, step)?;
        let meets = |known: &PathBuf| new.iter().any(|new| known.starts_with(new) || new.starts_with(known));
        Ok(self.places.iter().any(meets))
    }

    /// Takes in `step`, which is written down.
    pub(super) fn push(&mut self, world: &World, step: &'a Step) -> Result<()> {
        self.places.extend(places(world, step)?);
        self.steps.push(step);
        Ok(())
    }

    /// Notes that `folder`, which is not there, is made. Says whether that is new.
    pub(super) fn makes(&mut self, folder: &Path) -> bool {
        self.folders.insert(folder.to_owned())
    }

    /// The steps, in their order.
    pub(super) fn into_steps(self) -> Vec<&'a Step> {
        self.steps
    }
}

/// Where `step` acts: an edit where a link leads too.
fn places(world: &World, step: &Step) -> Result<Vec<PathBuf>> {
    Ok(match step {
        Step::Put { path, .. } | Step::Link { path, .. } | Step::Remove { path } => vec![path.clone()],
        Step::Edit { path, .. } => vec![path.clone(), world.resolve(path)?],
        Step::Entry { database, .. } => vec![database.path().to_owned()],
    })
}
