//! What was changed and what stood there before, written before the change is made. A crash at
//! any point leaves a receipt from which the next run goes on or goes back.

mod before;
mod folder;
mod form;
mod recorded;

use std::path::{Path, PathBuf};

use labtrust_plan::{
    Actor, Anchor, Certificate, Change, Database, Edit, Fingerprint, Listing, Proof, Reload, SideEffect,
    StoreId,
};
use serde::{Deserialize, Serialize};

pub(crate) use self::form::Line;
pub use self::{
    folder::Receipts,
    form::{SCHEMA, parse},
    recorded::{DamagedReceipt, Recorded},
};
use crate::{
    Error, Result,
    world::{Node, World},
};

/// All that was changed for one purpose.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// The form of this file.
    pub schema: u32,
    /// What it is kept under, for example `trust-0123456789abcdef`.
    pub name: String,
    /// The anchor that was trusted.
    #[serde(default)]
    pub anchor: Option<Anchor>,
    /// One entry for each change, in the order in which they were begun.
    pub changes: Vec<ChangeRecord>,
}

/// What became of one [`Change`], and all that undoing it needs.
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
    /// What makes it, and its undoing, take effect.
    #[serde(rename = "settle")]
    pub reload: Reload,
    /// What shows that it worked.
    pub proof: Proof,
    /// Its steps, in their order. One file is among them twice while a run replaces what an earlier run
    /// of ours put there.
    pub steps: Vec<StepRecord>,
    /// How many of the steps stood when it was last proven; the others are a later run's.
    #[serde(default)]
    pub proven: usize,
    /// What its settling rewrote.
    #[serde(rename = "byproducts", default)]
    pub side_effects: Vec<SideEffectRecord>,
}

/// How far a change came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Begun, not proven.
    Applying,
    /// Applied and proven.
    Applied,
    /// Being taken back.
    Undoing,
}

/// One step that acted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepRecord {
    /// A file.
    File {
        /// Where.
        path: PathBuf,
        /// What stood there. Its bytes are kept in `before/`, under their SHA-256.
        before: Node,
        /// What we put there; none if we removed it, or put a link.
        after: Option<Fingerprint>,
        /// Where the link leads that we put there, if it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<PathBuf>,
        /// The folders that were made for it, outermost first.
        #[serde(default)]
        folders: Vec<PathBuf>,
        /// What we set in it, if all else in it is not ours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        edit: Option<Edit>,
        /// Whether it stood there before us and was only written down. Nothing of it is kept, and it is left.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        adopted: bool,
    },
    /// An entry of a database.
    Entry {
        /// The database.
        database: Database,
        /// The certificate that we added.
        certificate: Certificate,
        /// How the database listed it before, if it did.
        before: Option<Listing>,
    },
}

/// A file that a settling command rewrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideEffectRecord {
    /// Which.
    #[serde(rename = "byproduct")]
    pub side_effect: SideEffect,
    /// What it was before. Its bytes are kept in `before/`.
    pub before: Node,
    /// What it was afterwards; none while that is not known.
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

    /// What tells it from the others in its receipt.
    pub(crate) fn key(&self) -> (StoreId, String) {
        (self.store.clone(), self.subject.clone())
    }

    /// Writes down what is about to be made of a file. What stood there before the first run of ours stays
    /// written down, however often we replace our own.
    pub(crate) fn note_file(&mut self, mut step: StepRecord) {
        let StepRecord::File { path, before, folders, .. } = &mut step else { return };
        let is_same =
            |step: &StepRecord| matches!(step, StepRecord::File { path: known, .. } if known == path);
        let is_noted =
            |step: &StepRecord| matches!(step, StepRecord::File { before: noted, .. } if noted == before);
        // As it stands now it was noted before: that was not done, or put back since.
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

    /// Whether all of it stood there before us, and was only written down.
    pub(crate) fn is_adopted(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(StepRecord::is_adopted)
    }

    /// Whether the file at `path` is among its steps.
    pub(crate) fn has_file(&self, path: &Path) -> bool {
        let is_its_file =
            |step: &StepRecord| matches!(step, StepRecord::File { path: known, .. } if known == path);
        self.steps.iter().any(is_its_file)
    }

    /// Whether all that its settling rewrote is as it was before, to the byte.
    pub(crate) fn is_as_before(&self, world: &World) -> Result<bool> {
        let mut files = self.side_effects.iter();
        Ok(files.len() > 0
            && files.try_fold(true, |all, kept| Ok::<_, Error>(all && kept.is_as_before(world)?))?)
    }

    /// The change is proven as it stands now: what we replaced of our own is forgotten, and so is what we
    /// made and removed again. The answer is what is so forgotten altogether.
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

/// What steps made beside what they were for.
#[derive(Default)]
struct CreatedPaths {
    folders: Vec<PathBuf>,
    /// Files that edits made, and what each of these edits left there.
    files: Vec<(PathBuf, Fingerprint)>,
}

impl StepRecord {
    /// Makes one record of this and `next`, if that replaced what this put there. Says whether it did.
    fn try_merge(&mut self, next: &Self) -> bool {
        let Self::File { path, after, link, folders, edit, adopted, .. } = self else { return false };
        let Self::File {
            path: again, before, after: last, link: last_link, folders: more, edit: new, ..
        } = next
        else {
            return false;
        };
        let is_same_place = match (&edit, new) {
            (Some(edit), Some(new)) => edit.is_same_place(new),
            (edit, new) => edit.is_none() && new.is_none(),
        };
        let is_what_we_put = match before {
            Node::File { sha256, .. } => *after == Some(*sha256),
            Node::Link { target } => link.as_ref() == Some(target),
            _ => false,
        };
        if path != again || !is_same_place || !is_what_we_put {
            return false;
        }
        *after = *last;
        link.clone_from(last_link);
        folders.extend_from_slice(more);
        edit.clone_from(new);
        *adopted = false;
        true
    }

    /// Whether it stood there before us, and was only written down.
    pub(crate) fn is_adopted(&self) -> bool {
        matches!(self, Self::File { adopted: true, .. })
    }

    /// Whether what was made is as if it had never been.
    fn is_undone(&self) -> bool {
        matches!(self, Self::File { before: Node::Absent, after: None, link: None, .. })
    }

    /// The file, if it was not there before an edit of ours.
    pub(crate) fn made_by_edit(&self) -> Option<&PathBuf> {
        match self {
            Self::File { path, before: Node::Absent, edit: Some(_), adopted: false, .. } => Some(path),
            _ => None,
        }
    }

    /// `path` and what it left there, if that is its file.
    fn left_at(&self, path: &Path) -> Option<(PathBuf, Fingerprint)> {
        match self {
            Self::File { path: own, after: Some(after), .. } if own == path => Some((own.clone(), *after)),
            _ => None,
        }
    }

    /// The folders that were made for it.
    pub(crate) fn folders(&self) -> &[PathBuf] {
        match self {
            Self::File { folders, .. } => folders,
            Self::Entry { .. } => &[],
        }
    }

    /// The hash of the bytes that undoing it needs, if it needs any.
    fn kept(&self) -> Option<Fingerprint> {
        match self {
            Self::File { before: Node::File { sha256, .. }, adopted: false, .. } => Some(*sha256),
            _ => None,
        }
    }
}

impl Receipt {
    fn new(name: &str, anchor: Option<&Anchor>) -> Self {
        Self { schema: SCHEMA, name: name.to_owned(), anchor: anchor.cloned(), changes: Vec::new() }
    }

    /// The hashes of the bytes that are kept beside it, to be put back.
    pub fn kept(&self) -> impl Iterator<Item = Fingerprint> {
        let of_side_effect = |kept: &SideEffectRecord| match kept.before {
            Node::File { sha256, .. } => Some(sha256),
            _ => None,
        };
        self.changes.iter().flat_map(move |change| {
            change
                .steps
                .iter()
                .filter_map(StepRecord::kept)
                .chain(change.side_effects.iter().filter_map(of_side_effect))
        })
    }

    /// The record of the change `store`, `subject`.
    pub fn find(&self, store: &StoreId, subject: &str) -> Option<&ChangeRecord> {
        self.index_of(store, subject).map(|index| &self.changes[index])
    }

    /// Where that record is among the changes.
    pub(crate) fn index_of(&self, store: &StoreId, subject: &str) -> Option<usize> {
        self.changes.iter().position(|record| record.store == *store && record.subject == subject)
    }

    /// Takes those of `made` that lie above files of its own for folders made for these, and files that it found as an
    /// edit of ours had left them for files made by its own edit. Says whether there were any.
    fn receive_folders(&mut self, made: &CreatedPaths) -> bool {
        let mut any = false;
        for step in self.changes.iter_mut().flat_map(|change| &mut change.steps) {
            let StepRecord::File { path, before, folders, edit, .. } = step else { continue };
            if let (Some(_), Node::File { sha256, .. }) = (&edit, &*before)
                && made.files.iter().any(|(made, left)| made == path && left == sha256)
            {
                *before = Node::Absent;
                any = true;
            }
            let new =
                made.folders.iter().filter(|folder| path.starts_with(folder) && !folders.contains(folder));
            let new: Vec<_> = new.cloned().collect();
            any |= !new.is_empty();
            folders.extend(new);
            folders.sort();
        }
        any
    }
}
