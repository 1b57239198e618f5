//! A line of a settings file.

/// A line of a settings file that gives a setting a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// The setting.
    pub key: String,
    /// The value.
    pub value: String,
}
