//! How far a change has come, and what has become of it.

use labtrust_plan::Hint;

/// What is still to be done of a change.
pub(super) enum Started {
    /// Nothing: it is so already.
    Already(String),
    /// It needs root, and we are not.
    OutOfReach,
    /// It is of no use without another one, which failed.
    Skipped,
    /// Its steps are applied; it is to be settled and proven.
    Applied { changed: bool },
}

/// What has become of a change.
pub(super) enum Finished {
    /// It is so already.
    Already(String),
    /// It needs root, and we are not.
    OutOfReach,
    /// The store says that it is so now.
    Proven { changed: bool, detail: String, complaints: Vec<String> },
    /// It is not so.
    Failed { why: String, hint: Option<Hint> },
    /// It has to go, because another one failed without which it is of no use.
    Dropped,
    /// The same, before anything was done.
    Skipped,
}

impl Finished {
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::OutOfReach)
    }
}
