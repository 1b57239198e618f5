//! What a client does: a CA found, trusted in the stores of this machine, and taken back from them.

pub(crate) mod endpoints;
pub(crate) mod reader;
pub(crate) mod restart;
pub(crate) mod source;
pub(crate) mod stores;
pub(crate) mod trust;
pub(crate) mod untrust;
