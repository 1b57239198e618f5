//! Knows machines and their trust stores, and nothing of making certificates.
//!
//! Everything that changes a machine is a plan, and a plan is data: explained, applied, proven
//! and undone by the modules here, each of which does one of these.

mod endpoint;
mod fingerprint;

pub use endpoint::{DnsName, Endpoint, Host, InvalidHost, Target};
pub use fingerprint::{Fingerprint, InvalidFingerprint};
