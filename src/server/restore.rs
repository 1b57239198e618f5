//! A backup, back in the state folder: what that takes.

pub mod commands;
pub mod plan;
