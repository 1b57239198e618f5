//! The state folder, gathered for a backup.

pub(crate) mod gather;
pub(crate) mod pack;
