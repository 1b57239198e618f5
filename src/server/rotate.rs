//! One CA after another: what each step takes.

pub mod draft;
pub mod phase;
