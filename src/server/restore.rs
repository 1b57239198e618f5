//! Restores a backup into the state folder.

pub(crate) mod carry_out;
pub(crate) mod commands;
pub(crate) mod plan;
