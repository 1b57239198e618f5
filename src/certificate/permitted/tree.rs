//! A set of names of one type.

/// A subtree of names.
pub(super) trait Tree {
    /// Whether `other` contains all of it.
    fn is_in(&self, other: &Self) -> bool;
}
