//! What a client does: a CA found, trusted in the stores of this machine, and taken back from them.

pub mod endpoints;
pub mod reader;
pub mod restart;
pub mod source;
pub mod stores;
pub mod trust;
pub mod untrust;
