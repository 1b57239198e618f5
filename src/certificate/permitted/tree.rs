//! A part of all names of one type.

/// It can be told whether it lies in another.
pub(super) trait Tree {
    /// Whether all of this is in `other`.
    fn is_in(&self, other: &Self) -> bool;
}
