//! HTTPS for a self-hosted GitLab: the parts of the program that the command line puts together.

pub mod backup;
pub mod by_hand;
pub mod certificate;
pub mod cli;
mod client;
pub mod command;
pub mod context;
pub mod doctor;
pub mod exit;
pub mod gitlab;
pub mod hint;
mod input;
pub mod printer;
mod program;
mod prompt;
mod report;
mod server;
pub mod state;
pub mod usage;

/// Doors to private parsers, for the fuzz targets alone.
#[cfg(fuzzing)]
#[allow(missing_docs, reason = "they are the parsers' own names")]
pub mod fuzzing {
    pub use crate::doctor::fuzzing::proxies;
    pub use crate::gitlab::fuzzing::{compose, nginx, recipe};
}
