//! A backup, back in the state folder: what that takes.

pub(crate) mod carry_out;
pub(crate) mod commands;
pub(crate) mod plan;
