//! The content of a backup.

pub(crate) mod gather;
pub(crate) mod pack;
