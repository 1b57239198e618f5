//! One step of a change: what stands where it will act, written down, and then the act itself.

use std::path::Path;

use super::Run;
use crate::{
    Edit, Error, Fingerprint, Result, database,
    plan::Step,
    receipt::{Receipts, StepRecord},
    world::{Access, Node, World},
};

impl Run<'_> {
    /// Writes down what stands where `step` will act.
    pub(super) fn note(&mut self, record: usize, step: &Step, world: &World) -> Result<()> {
        match step {
            Step::Put { path, contents, .. } => {
                self.note_file(record, world, path, Some(contents.sha256()), None)?;
            }
            Step::Remove { path } => self.note_file(record, world, path, None, None)?,
            Step::Edit { path, edit, .. } => {
                // Ours replaces a link; what others wrote is edited where it is.
                let path = world.resolve(path)?;
                let after = edit.made_in(world, &path)?.sha256();
                self.note_file(record, world, &path, Some(after), Some(edit))?;
            }
            Step::Entry { database, certificate } => {
                let steps = &mut self.receipt.changes[record].steps;
                let is_same = |record: &StepRecord| matches!(record, StepRecord::Entry { database: known, .. } if known == database);
                if !steps.iter().any(is_same) {
                    let before = database::find(world, database, certificate)?;
                    steps.push(StepRecord::Entry {
                        database: database.clone(),
                        certificate: certificate.clone(),
                        before,
                    });
                }
            }
        }
        self.session.receipts.save(&self.receipt)
    }

    fn note_file(
        &mut self,
        record: usize,
        world: &World,
        path: &Path,
        after: Option<Fingerprint>,
        edit: Option<&Edit>,
    ) -> Result<()> {
        let before = self.session.receipts.keep(&self.receipt.name, world, path)?;
        if matches!(before, Node::Folder | Node::Other) {
            let why = "it is no regular file, and a file belongs there".into();
            return Err(Error::Unsafe { path: path.to_owned(), why });
        }
        let mut folders = Vec::new();
        for folder in path.ancestors().skip(1) {
            if is_folder(world, folder)? {
                break;
            }
            folders.insert(0, folder.to_owned());
        }
        let path = path.to_owned();
        let step = StepRecord::File { path, before, after, folders, edit: edit.cloned() };
        self.receipt.changes[record].note_file(step);
        Ok(())
    }
}

pub(super) fn act(world: &World, step: &Step, receipts: &Receipts) -> Result<()> {
    let make_folder = |path: &Path| match path.parent() {
        Some(folder) => {
            world.make_folders(folder, if receipts.keeps(folder) { 0o700 } else { 0o755 }).map(drop)
        }
        None => Ok(()),
    };
    match step {
        Step::Put { path, contents, mode } => {
            make_folder(path)?;
            world.put(path, contents, Access { mode: *mode, owner: None })
        }
        Step::Remove { path } => world.remove(path),
        Step::Edit { path, edit, mode } => {
            let path = world.resolve(path)?;
            make_folder(&path)?;
            edit.make_in(world, &path, *mode)
        }
        Step::Entry { database, certificate } => database::add(world, database, certificate),
    }
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
