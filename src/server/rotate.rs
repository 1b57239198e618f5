//! One CA after another: what each step takes.

pub mod carry_out;
pub mod draft;
pub mod phase;
