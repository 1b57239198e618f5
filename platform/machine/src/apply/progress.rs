//! The states of a change while it is applied.

use labtrust_plan::Hint;

/// A change after its steps.
pub(super) enum Started {
    /// It was made before: there was nothing to do. The store's answer.
    Already(String),
    /// It needs another user's rights: root's, or those of the store's owner.
    OutOfReach,
    /// It was not started, because another change of the same plan failed.
    Skipped,
    /// Its steps are applied; reload and proof come next.
    Applied { changed: bool },
}

/// A change after its proof.
pub(super) enum Finished {
    /// It was made before. The store's answer.
    Already(String),
    /// It needs another user's rights.
    OutOfReach,
    /// The store confirms it.
    Proven { changed: bool, detail: String, complaints: Vec<String> },
    /// It failed, and is undone.
    Failed { why: String, hint: Option<Hint> },
    /// It is undone, because another change of the same plan failed.
    Dropped,
    /// It was not started, because another change of the same plan failed.
    Skipped,
}

impl Finished {
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::OutOfReach)
    }
}
