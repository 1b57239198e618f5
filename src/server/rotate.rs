//! One CA after another: what each step takes.

pub(crate) mod carry_out;
pub(crate) mod draft;
pub(crate) mod phase;
