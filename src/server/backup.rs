//! The state folder, gathered for a backup.

pub mod gather;
pub mod pack;
