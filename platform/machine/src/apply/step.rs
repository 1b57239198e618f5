//! Records what a step will replace, and then applies the step.

use std::path::{Path, PathBuf};

use labtrust_plan::{Certificate, Change, Database, Edit, Fingerprint, Step};

use super::{Run, act::act, batch::Batch};
use crate::{
    Error, Result, database, edit_file,
    receipt::StepRecord,
    session::Session,
    world::{Node, World},
};

impl Run<'_> {
    /// Records what `step` will replace, and adds the step to `batch`.
    pub(super) fn record_step<'s>(
        &mut self,
        record: usize,
        step: &'s Step,
        world: &World,
        batch: &mut Batch<'s>,
    ) -> Result<()> {
        match step {
            Step::Put { path, contents, .. } | Step::Rewrite { path, contents, .. } => {
                let after = After { sha256: Some(contents.sha256()), ..After::NOTHING };
                self.record_file(record, world, path, after, batch)?;
            }
            Step::Link { path, target } => {
                self.record_file(record, world, path, After { link: Some(target), ..After::NOTHING }, batch)?;
            }
            Step::Remove { path } => self.record_file(record, world, path, After::NOTHING, batch)?,
            Step::Edit { path, edit, .. } => {
                // Another owner's file is edited where its link leads; the link stays.
                let path = world.resolve(path)?;
                let sha256 = Some(edit_file::made(world, edit, &path)?.sha256());
                let after = After { sha256, edit: Some(edit), ..After::NOTHING };
                self.record_file(record, world, &path, after, batch)?;
            }
            Step::Entry { database, certificate } | Step::Discard { database, certificate } => {
                let discarded = matches!(step, Step::Discard { .. });
                self.record_entry(record, world, (database, certificate, discarded), batch)?;
            }
        }
        batch.push(world, step)
    }

    /// Applies the steps of `batch`. Their records are on the disk before the first step is applied.
    pub(super) fn act(&self, record: usize, batch: Batch<'_>, world: &World) -> Result<()> {
        let steps = batch.into_steps();
        if steps.is_empty() {
            return Ok(());
        }
        let Session { receipts, progress, .. } = self.session;
        receipts.save_changes(&self.receipt, &[record])?;
        world.flushed_once(|| {
            steps.into_iter().try_for_each(|step| {
                progress.begin(&step.to_string());
                act(world, step, receipts)
            })
        })
    }

    /// Whether every file and link of `change` is recorded.
    pub(super) fn is_all_recorded(&self, change: &Change) -> bool {
        let record = self.recorded(change);
        let is_known = |path| record.is_some_and(|record| record.has_file(path));
        change.steps.iter().filter_map(Step::made).all(is_known)
    }

    /// Records all files of `change`, which exist already and are proven.
    pub(super) fn adopt(&mut self, change: &Change, world: &World) -> Result<()> {
        let record = self.record(change);
        for step in &change.steps {
            self.record_adopted(record, step, world)?;
        }
        self.receipt.changes[record].set_proven(super::now());
        self.done.push(self.receipt.changes[record].key());
        Ok(())
    }

    /// Records a file or link that `step` would make and that exists already: undoing leaves it in place.
    pub(super) fn record_adopted(&mut self, record: usize, step: &Step, world: &World) -> Result<()> {
        let Some(path) = step.made() else { return Ok(()) };
        if self.receipt.changes[record].has_file(path) {
            return Ok(());
        }
        let before = world.look(path)?;
        let (after, link) = match &before {
            Node::File { sha256, .. } => (Some(*sha256), None),
            Node::Link { target } => (None, Some(target.clone())),
            _ => return Ok(()),
        };
        let path = path.to_owned();
        let step =
            StepRecord::File { path, before, after, link, folders: Vec::new(), edit: None, adopted: true };
        self.receipt.changes[record].steps.push(step);
        Ok(())
    }

    /// Records the present entry of a certificate in a database, unless an earlier run has done that.
    fn record_entry(
        &mut self,
        record: usize,
        world: &World,
        (database, certificate, discarded): (&Database, &Certificate, bool),
        batch: &mut Batch<'_>,
    ) -> Result<()> {
        let steps = &mut self.receipt.changes[record].steps;
        let is_same = |step: &StepRecord| matches!(step, StepRecord::Entry { database: known, .. } if known == database);
        if steps.iter().any(is_same) {
            return Ok(());
        }
        let tool = database::open(database);
        let before = tool.find(world, certificate)?;
        let created = tool.is_created(world)?;
        let folders = if created { missing_folders(world, database.path(), batch)? } else { Vec::new() };
        let (database, certificate) = (database.clone(), certificate.clone());
        steps.push(StepRecord::Entry { database, certificate, before, created, folders, discarded });
        Ok(())
    }

    fn record_file(
        &mut self,
        record: usize,
        world: &World,
        path: &Path,
        after: After<'_>,
        batch: &mut Batch<'_>,
    ) -> Result<()> {
        let before = self.session.receipts.back_up(&self.receipt.name, world, path)?;
        if matches!(before, Node::Folder | Node::Other) {
            return Err(Error::in_the_way(path.to_owned(), "it is not a regular file"));
        }
        let folders = missing_folders(world, path, batch)?;
        let path = path.to_owned();
        let (link, edit) = (after.link.map(Path::to_owned), after.edit.cloned());
        let step =
            StepRecord::File { path, before, after: after.sha256, link, folders, edit, adopted: false };
        self.receipt.changes[record].record_file(step);
        Ok(())
    }
}

/// What a step leaves at its path.
#[derive(Clone, Copy)]
struct After<'a> {
    sha256: Option<Fingerprint>,
    link: Option<&'a Path>,
    edit: Option<&'a Edit>,
}

impl After<'_> {
    const NOTHING: Self = Self { sha256: None, link: None, edit: None };
}

/// The folders above `path` that do not exist yet, outermost first. A folder that several steps need is recorded with the
/// first of them.
fn missing_folders(world: &World, path: &Path, batch: &mut Batch<'_>) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for folder in path.ancestors().skip(1) {
        if is_folder(world, folder)? {
            break;
        }
        if batch.add_folder(folder) {
            folders.insert(0, folder.to_owned());
        }
    }
    Ok(folders)
}

/// Whether a folder is at `path`, links followed.
fn is_folder(world: &World, path: &Path) -> Result<bool> {
    Ok(match world.look(path) {
        Ok(Node::Folder | Node::Link { .. }) => true,
        Ok(_) => false,
        // The root folder has no name to look at.
        Err(_) if path.parent().is_none() => true,
        Err(error) => return Err(error),
    })
}
