//! The steps of a rotation.

pub(crate) mod carry_out;
pub(crate) mod draft;
pub(crate) mod dropped;
pub(crate) mod next;
pub(crate) mod phase;
