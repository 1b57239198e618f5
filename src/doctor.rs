//! Why a GitLab or its registry cannot be reached or is not believed: everything is asked at once,
//! and the one cause is named.
//!
//! Three things are apart. [`gather`] asks this machine, its engines and the servers, and changes
//! nothing; what they said is [`Evidence`], plain data without secrets. [`diagnose`] judges it, here or
//! elsewhere, now or later. What a finding can mend is a plan like any other, part of its [`Fix`].

mod case;
mod certs_d;
mod check;
mod diagnosis;
pub mod evidence;
mod finding;
pub mod fixes;
mod http;
pub mod message;
pub mod no_proxy;
mod page;
mod probe;
pub mod proxy;
mod question;
mod redacted;
mod unit;

pub use case::Case;
pub use check::CheckState;
pub use diagnosis::{CHECKS, Diagnosis, Line, codes, diagnose};
pub use evidence::Evidence;
pub use finding::{Code, Finding, Fix, Restart, Severity};
pub use page::{PAGES, Page};
pub use probe::gather;
pub use question::Question;

/// Doors to private parsers, for the fuzz targets alone.
#[cfg(fuzzing)]
#[allow(missing_docs, reason = "they are the parsers' own names")]
pub(crate) mod fuzzing {
    pub use super::probe::proxies;
}
