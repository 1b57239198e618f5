//! The record of the rendered script, which trusts a CA on machines without labtrust. Where the program comes later, it takes
//! the record over as a receipt, so that each of the two undoes what the other did.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use labtrust_plan::{Anchor, Change, Contents, Edit, Fingerprint, Step};

use super::{ChangeRecord, Phase, Receipts, StepRecord, folder::PRIVATE};
use crate::{
    Error, Result, edit_file,
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
    /// The files that stood where it first wrote, and the files to which it moved them.
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
                        // Where it wrote again, it moved its own file aside, as somebody had left it.
                        let kept = record.folder.join("before").join(number);
                        record.before.entry(path.into()).or_insert(kept);
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

    fn without(mut self, taken: &[PathBuf]) -> Self {
        self.files.retain(|path| !taken.contains(path));
        self.before.retain(|path, _| !taken.contains(path));
        self.folders.retain(|folder| self.files.iter().any(|path| path.starts_with(folder)));
        self
    }

    /// The record as the script writes it.
    fn text(&self) -> String {
        let made = self.folders.iter().map(|folder| format!("made {}\n", folder.display()));
        let before = self.before.iter().map(|(path, kept)| {
            let number = kept.file_name().unwrap_or_default().display();
            format!("before {number} {}\n", path.display())
        });
        let put = self.files.iter().map(|path| format!("put {}\n", path.display()));
        made.chain(before).chain(put).collect()
    }

    fn has_written(&self, change: &Change) -> bool {
        let is_written = |step: &Step| match step {
            Step::Put { path, .. } => self.files.contains(path),
            // It records a file that it edits only if it made the file.
            Step::Edit { path, edit, .. } => {
                self.files.contains(path) && matches!(edit_file::is_met(&World::here(), edit, path), Ok(true))
            }
            _ => false,
        };
        !change.steps.is_empty() && change.steps.iter().all(is_written)
    }
}

impl Receipts {
    /// Records in the receipt `name` those of `changes` that the script made, as if this program had made them. Returns their
    /// files.
    pub fn take_over(
        &self,
        name: &str,
        anchor: &Anchor,
        changes: &[Change],
        script: &ScriptRecord,
    ) -> Result<Vec<PathBuf>> {
        let mut receipt = self.load_or_new(name, Some(anchor))?;
        let mut taken = Vec::new();
        for change in changes.iter().filter(|change| script.has_written(change)) {
            let index = receipt.index_of(&change.store, &change.subject).unwrap_or_else(|| {
                receipt.changes.push(ChangeRecord { phase: Phase::Applied, ..ChangeRecord::of(change) });
                receipt.changes.len() - 1
            });
            let record = &mut receipt.changes[index];
            for step in &change.steps {
                let (path, after, edit) = match step {
                    Step::Put { path, contents, .. } => (path, contents.sha256(), None),
                    Step::Edit { path, edit, .. } => (path, alone(edit, path)?, Some(edit.clone())),
                    _ => continue,
                };
                let before = match script.before.get(path) {
                    Some(kept) => self.back_up_kept(name, kept)?,
                    None => Node::Absent,
                };
                let step = StepRecord::File {
                    path: path.clone(),
                    before,
                    after: Some(after),
                    link: None,
                    folders: Vec::new(),
                    edit,
                    adopted: false,
                };
                record.record_first(step);
                taken.push(path.clone());
            }
            record.adopt_folders(|folder| script.folders.iter().any(|made| made == folder));
        }
        self.save(&receipt)?;
        self.remove_unneeded(&receipt)?;
        Ok(taken)
    }

    /// Saves the file that the script moved to `kept` beside the receipt `name`.
    fn back_up_kept(&self, name: &str, kept: &Path) -> Result<Node> {
        match self.back_up(name, &self.world, kept)? {
            before @ (Node::File { .. } | Node::Link { .. }) => Ok(before),
            Node::Absent | Node::Folder | Node::Other => {
                let why = "is missing or damaged, so the original file cannot be restored".into();
                Err(Error::Corrupt { path: kept.to_owned(), why }
                    .with_hint("let the script take back what it wrote: sh labtrust-trust.sh remove"))
            }
        }
    }

    /// Takes the files `taken` out of the record of the script, and removes the record with the last of them.
    pub fn forget_script(&self, script: ScriptRecord, taken: &[PathBuf]) -> Result<()> {
        let (world, before) = (&self.world, script.folder.join("before"));
        let rest = script.without(taken);
        let path = rest.folder.join("record");
        // What stood where a killed script was about to write is still to be put back: by the script.
        if !rest.files.is_empty() || !rest.before.is_empty() {
            return world.put(&path, &Contents::Secret(rest.text().into_bytes().into()), PRIVATE);
        }
        world.remove(&path)?;
        world.list(&before)?.iter().try_for_each(|kept| world.remove(kept))?;
        world.remove_folder(&before)?;
        world.remove_folder(&rest.folder)
    }
}

/// The SHA-256 of a file at `path` with nothing but `edit`.
fn alone(edit: &Edit, path: &Path) -> Result<Fingerprint> {
    let made = edit.apply(None).map_err(|why| Error::Corrupt { path: path.to_owned(), why })?;
    Ok(Fingerprint::of(&made))
}

impl ChangeRecord {
    /// Records the step `first`, which the script had made before this change was recorded.
    fn record_first(&mut self, first: StepRecord) {
        let StepRecord::File { path: new, before: earliest, .. } = &first else { return };
        for step in &mut self.steps {
            if let StepRecord::File { path, before, adopted, .. } = step
                && path == new
            {
                before.clone_from(earliest);
                *adopted = false;
                return;
            }
        }
        self.steps.insert(self.proven, first);
        self.proven += 1;
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
