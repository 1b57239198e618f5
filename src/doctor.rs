//! Finds out why a GitLab or its registry cannot be reached or is not trusted, and names the one cause.
//!
//! It has three separate parts. [`gather`] asks this machine, its Docker daemons and the servers, and changes
//! nothing. The answers are [`Evidence`]: plain data without secrets. [`diagnose`] judges the evidence, on any
//! machine and at any time. The [`Fix`] of a finding holds an ordinary plan.

mod case;
mod certs_d;
mod check;
mod diagnosis;
pub mod evidence;
mod finding;
pub mod fixes;
mod http;
pub mod message;
mod near;
pub mod no_proxy;
mod page;
mod probe;
pub mod proxy;
mod question;
mod redacted;
mod repeat;
mod unit;

pub use case::Case;
pub use check::CheckState;
pub use diagnosis::{CHECKS, Diagnosis, Line, codes, diagnose};
pub use evidence::Evidence;
pub use finding::{Code, Finding, Fix, Restart, Severity};
pub use near::{is_misspelt_code, near_codes};
pub use page::{PAGES, Page};
pub use probe::gather;
pub use question::Question;
pub use repeat::without_repeats;

/// Access to private parsers, for the fuzz targets only.
#[cfg(fuzzing)]
#[allow(missing_docs, reason = "they are the parsers' own names")]
pub(crate) mod fuzzing {
    pub use super::probe::proxies;
}
