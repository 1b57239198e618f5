//! The record of the rendered script, which trusts a CA on machines without labtrust. Where the program comes later, it takes
//! the record over as a receipt, so that each of the two undoes what the other did.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use labtrust_plan::{Anchor, Change, Step};

use super::{ChangeRecord, Phase, Receipts, StepRecord};
use crate::{
    Result,
    world::{Node, World},
};

/// What the script recorded in a state folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ScriptRecord {
    folder: PathBuf,
    /// The files that it wrote.
    files: Vec<PathBuf>,
    /// The folders that it made.
    folders: Vec<PathBuf>,
    /// The files that stood where it wrote, and the files to which it moved them.
    before: BTreeMap<PathBuf, PathBuf>,
}

impl ScriptRecord {
    /// The record in the state folder `state`, if there is one.
    pub fn read(state: &Path) -> Result<Option<Self>> {
        let folder = state.join("script");
        let text = World::here().read(&folder.join("record"))?;
        Ok(text.map(|text| Self::parse(folder, &String::from_utf8_lossy(&text))))
    }

    /// A line that is none of the script's says nothing.
    fn parse(folder: PathBuf, text: &str) -> Self {
        let mut record = Self { folder, ..Self::default() };
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("put", path)) => record.files.push(path.into()),
                Some(("made", path)) => record.folders.push(path.into()),
                Some(("before", kept)) => {
                    if let Some((number, path)) = kept.split_once(' ') {
                        record.before.insert(path.into(), record.folder.join("before").join(number));
                    }
                }
                _ => {}
            }
        }
        record
    }

    /// The files that the script wrote.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    fn has_written(&self, change: &Change) -> bool {
        let is_written = |step: &Step| matches!(step, Step::Put { path, .. } if self.files.contains(path));
        !change.steps.is_empty() && change.steps.iter().all(is_written)
    }
}

impl Receipts {
    /// Records in the receipt `name` those of `changes` that the script made, as if this program had made them.
    pub fn take_over(
        &self,
        name: &str,
        anchor: &Anchor,
        changes: &[Change],
        script: &ScriptRecord,
    ) -> Result<()> {
        let mut receipt = self.load_or_new(name, Some(anchor))?;
        for change in changes.iter().filter(|change| script.has_written(change)) {
            if receipt.find(&change.store, &change.subject).is_some() {
                continue;
            }
            let mut record = ChangeRecord { phase: Phase::Applied, ..ChangeRecord::of(change) };
            for step in &change.steps {
                let Step::Put { path, contents, .. } = step else { continue };
                let before = match script.before.get(path) {
                    Some(kept) => self.back_up(name, &self.world, kept)?,
                    None => Node::Absent,
                };
                let folders = script.folders.iter().filter(|folder| path.starts_with(folder)).cloned();
                record.steps.push(StepRecord::File {
                    path: path.clone(),
                    before,
                    after: Some(contents.sha256()),
                    link: None,
                    folders: folders.collect(),
                    edit: None,
                    adopted: false,
                });
            }
            record.proven = record.steps.len();
            receipt.changes.push(record);
        }
        self.save(&receipt)
    }

    /// Removes the record of the script, if every file in it was taken over.
    pub fn forget_script(&self, script: &ScriptRecord) -> Result<()> {
        let world = &self.world;
        let receipts = self.recorded()?;
        let is_taken = |path: &PathBuf| {
            receipts.iter().flat_map(|receipt| &receipt.changes).any(|change| change.has_file(path))
        };
        if !script.files.iter().all(is_taken) {
            return Ok(());
        }
        world.remove(&script.folder.join("record"))?;
        script.before.values().try_for_each(|kept| world.remove(kept))?;
        world.remove_folder(&script.folder.join("before"))?;
        world.remove_folder(&script.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_the_script_are_read() {
        let text = "made /etc/docker/certs.d\nput /etc/a b.crt\nbefore 2 /etc/a b.crt\nnonsense\nbefore x\n";
        let record = ScriptRecord::parse("/s/script".into(), text);
        assert_eq!(
            record,
            ScriptRecord {
                folder: "/s/script".into(),
                files: vec!["/etc/a b.crt".into()],
                folders: vec!["/etc/docker/certs.d".into()],
                before: [("/etc/a b.crt".into(), "/s/script/before/2".into())].into(),
            }
        );
    }
}
