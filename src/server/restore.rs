//! A backup, back in the state folder: what that takes.

pub mod carry_out;
pub mod commands;
pub mod plan;
