//! Receipts: which files were changed, and what they were before. A receipt is written before its change is made, so that
//! after a crash at any point the next run can finish the change or undo it.

mod before;
mod by_script;
mod folder;
mod form;
mod parents;
mod recorded;
mod step;

use std::path::{Path, PathBuf};

use labtrust_plan::{Actor, Anchor, Change, Fingerprint, Proof, Reload, SideEffect, StoreId};
use serde::{Deserialize, Serialize};

pub(crate) use self::form::Line;
pub use self::{
    by_script::ScriptRecord,
    folder::Receipts,
    form::{SCHEMA, parse},
    parents::PARENTS,
    recorded::{DamagedReceipt, Recorded},
    step::StepRecord,
};
use crate::{
    Error, Result,
    world::{Node, World},
};

/// The record of all changes for one purpose.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// The version of the file format.
    pub schema: u32,
    /// Its name, for example `trust-0123456789abcdef`.
    pub name: String,
    /// The anchor that was trusted.
    #[serde(default)]
    pub anchor: Option<Anchor>,
    /// One entry for each change, in the order in which they were started.
    pub changes: Vec<ChangeRecord>,
}

/// The record of one [`Change`]: its progress, and everything that undoing it needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// The change's store.
    pub store: StoreId,
    /// The change's subject.
    pub subject: String,
    /// Whose rights it needs.
    pub actor: Actor,
    /// How far it came.
    pub phase: Phase,
    /// When it took effect, in milliseconds since 1970.
    #[serde(rename = "settled", default)]
    pub in_effect_since: Option<u64>,
    /// The commands that make it, or its undoing, take effect.
    #[serde(rename = "settle")]
    pub reload: Reload,
    /// The proof that it took effect.
    pub proof: Proof,
    /// Its steps, in their order. A file appears twice while a run replaces the file of an earlier run.
    pub steps: Vec<StepRecord>,
    /// The number of steps when it was last proven; the others are a later run's.
    #[serde(default)]
    pub proven: usize,
    /// The files that its reload rewrote.
    #[serde(rename = "byproducts", default)]
    pub side_effects: Vec<SideEffectRecord>,
}

/// How far a change came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Started, not proven.
    Applying,
    /// Applied and proven.
    Applied,
    /// Being undone.
    Undoing,
}

/// A file that a reload command rewrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideEffectRecord {
    /// The file, and how to restore it.
    #[serde(rename = "byproduct")]
    pub side_effect: SideEffect,
    /// Its state before. The bytes are saved in `before/`.
    pub before: Node,
    /// Its state after the command; none while that is not known.
    #[serde(default)]
    pub after: Option<Node>,
}

impl ChangeRecord {
    pub(crate) fn of(change: &Change) -> Self {
        Self {
            store: change.store.clone(),
            subject: change.subject.clone(),
            actor: change.actor.clone(),
            phase: Phase::Applying,
            in_effect_since: None,
            reload: change.reload.clone(),
            proof: change.proof.clone(),
            steps: Vec::new(),
            proven: 0,
            side_effects: Vec::new(),
        }
    }

    /// When it took effect, as a number to compare. An interrupted change has no time: it is the latest.
    pub(crate) fn effective(&self) -> u64 {
        self.in_effect_since.unwrap_or(u64::MAX)
    }

    /// Its key in the receipt.
    pub(crate) fn key(&self) -> (StoreId, String) {
        (self.store.clone(), self.subject.clone())
    }

    /// Records `step`, which is about to change a file. The file's state before the first run stays recorded, however
    /// often later runs replace their own file.
    pub(crate) fn record_file(&mut self, mut step: StepRecord) {
        let StepRecord::File { path, before, folders, .. } = &mut step else { return };
        let is_same =
            |step: &StepRecord| matches!(step, StepRecord::File { path: known, .. } if known == path);
        let is_noted =
            |step: &StepRecord| matches!(step, StepRecord::File { before: noted, .. } if noted == before);
        // A step is recorded with this same state before it: it was not applied, or it is undone already.
        let noted = self.steps.iter().position(|step| is_same(step) && is_noted(step) && !step.is_adopted());
        let mut made_before = Vec::new();
        for index in (noted.unwrap_or(self.steps.len())..self.steps.len()).rev() {
            if is_same(&self.steps[index]) {
                if let StepRecord::File { folders, .. } = self.steps.remove(index) {
                    made_before.splice(0..0, folders);
                }
                self.proven -= usize::from(index < self.proven);
            }
        }
        folders.retain(|folder| !made_before.contains(folder));
        folders.splice(0..0, made_before);
        self.steps.push(step);
    }

    /// Whether all of its files existed before and were only recorded.
    pub(crate) fn is_adopted(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(StepRecord::is_adopted)
    }

    /// Adds the folders above its files for which `is_made` holds: it removes them when it is undone.
    pub(crate) fn adopt_folders(&mut self, is_made: impl Fn(&Path) -> bool) {
        for step in &mut self.steps {
            let (path, folders) = match step {
                StepRecord::File { path, folders, .. } => (path.as_path(), folders),
                StepRecord::Entry { database, folders, .. } => (database.path(), folders),
            };
            let above = path.ancestors().skip(1).take(HIGHEST);
            let new = above.filter(|folder| is_made(folder)).map(Path::to_owned);
            folders.extend(new.filter(|folder| !folders.contains(folder)).collect::<Vec<_>>());
            folders.sort();
        }
    }

    /// Whether the file at `path` is among its steps.
    pub(crate) fn has_file(&self, path: &Path) -> bool {
        let is_its_file =
            |step: &StepRecord| matches!(step, StepRecord::File { path: known, .. } if known == path);
        self.steps.iter().any(is_its_file)
    }

    /// Whether all files that its reload rewrote are as before, byte for byte. False if it rewrote files that are not known.
    pub(crate) fn is_as_before(&self, world: &World) -> Result<bool> {
        let mut files = self.side_effects.iter();
        let makes_others = |kept: &SideEffectRecord| {
            matches!(kept.side_effect, SideEffect::Bundle { with_others: true, .. })
        };
        Ok(files.len() > 0
            && !self.side_effects.iter().any(makes_others)
            && files.try_fold(true, |all, kept| Ok::<_, Error>(all && kept.is_as_before(world)?))?)
    }

    /// Marks the change as proven. Steps that replaced the file of an earlier step are merged with it. Returns the steps
    /// whose file was made and removed again: their records are dropped.
    pub(crate) fn set_proven(&mut self, in_effect_since: u64) -> Vec<StepRecord> {
        let mut steps: Vec<StepRecord> = Vec::new();
        for step in std::mem::take(&mut self.steps) {
            if !steps.iter_mut().any(|earlier| earlier.try_merge(&step)) {
                steps.push(step);
            }
        }
        let gone = steps.extract_if(.., |step| step.is_undone()).collect();
        self.proven = steps.len();
        self.steps = steps;
        self.phase = Phase::Applied;
        self.in_effect_since = Some(in_effect_since);
        gone
    }
}

/// How many folders above a file may have been made for it.
const HIGHEST: usize = 6;

/// A step that is undone, and the name of the receipt beside which its bytes are saved.
pub(crate) struct Gone {
    pub receipt: String,
    pub step: StepRecord,
}

/// Folders and databases that steps created on the way.
#[derive(Default)]
struct CreatedPaths {
    folders: Vec<PathBuf>,
    /// The files of databases.
    databases: Vec<PathBuf>,
}

impl CreatedPaths {
    fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.databases.is_empty()
    }
}

impl Receipt {
    fn new(name: &str, anchor: Option<&Anchor>) -> Self {
        Self { schema: SCHEMA, name: name.to_owned(), anchor: anchor.cloned(), changes: Vec::new() }
    }

    /// The SHA-256 of all saved bytes that undoing it needs.
    pub fn saved_hashes(&self) -> impl Iterator<Item = Fingerprint> {
        let saved_of = |record: &SideEffectRecord| match record.before {
            Node::File { sha256, .. } => Some(sha256),
            _ => None,
        };
        self.changes.iter().flat_map(move |change| {
            change
                .steps
                .iter()
                .filter_map(StepRecord::saved_hash)
                .chain(change.side_effects.iter().filter_map(saved_of))
        })
    }

    /// The record of the change `store`, `subject`.
    pub fn find(&self, store: &StoreId, subject: &str) -> Option<&ChangeRecord> {
        self.index_of(store, subject).map(|index| &self.changes[index])
    }

    /// The index of the record of the change `store`, `subject`.
    pub(crate) fn index_of(&self, store: &StoreId, subject: &str) -> Option<usize> {
        self.changes.iter().position(|record| record.store == *store && record.subject == subject)
    }

    /// Takes over the folders and databases of `created` that hold its own files and entries: from now on it removes them when
    /// it is undone. True if there were any.
    fn receive(&mut self, created: &CreatedPaths) -> bool {
        let mut any = false;
        for step in self.changes.iter_mut().flat_map(|change| &mut change.steps) {
            let (path, folders) = match step {
                StepRecord::File { path, folders, .. } => (path.as_path(), folders),
                StepRecord::Entry { database, created: is_created, folders, .. } => {
                    let is_new = created.databases.iter().any(|path| path == database.path());
                    any |= is_new && !*is_created;
                    *is_created |= is_new;
                    (database.path(), folders)
                }
            };
            let new =
                created.folders.iter().filter(|folder| path.starts_with(folder) && !folders.contains(folder));
            let new: Vec<_> = new.cloned().collect();
            any |= !new.is_empty();
            folders.extend(new);
            folders.sort();
        }
        any
    }
}
