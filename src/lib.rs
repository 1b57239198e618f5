//! HTTPS for a self-hosted GitLab: the parts of the program that the command line puts together.

pub mod backup;
mod by_hand;
pub mod certificate;
pub mod cli;
mod client;
mod command;
mod context;
pub mod doctor;
mod exit;
mod fleet;
mod gitlab;
mod hint;
mod input;
mod printer;
mod program;
mod prompt;
mod report;
mod run;
mod server;
mod state;
mod usage;

pub use hint::hint_of;
pub use run::run;

/// Doors to private parsers, for the fuzz targets alone.
#[cfg(fuzzing)]
#[allow(missing_docs, reason = "they are the parsers' own names")]
pub mod fuzzing {
    pub use crate::doctor::fuzzing::proxies;
    pub use crate::gitlab::fuzzing::{compose, container, nginx, recipe, settings};
}
