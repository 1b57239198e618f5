//! The question to the doctor.

use labtrust_plan::{Anchor, Facts, Fingerprint, Host};

/// The question: a host and what is known of this machine.
#[derive(Clone, Debug)]
pub struct Question<'q> {
    /// The host.
    pub host: &'q Host,
    /// The port, if the user named one.
    pub port: Option<u16>,
    /// The machine.
    pub facts: &'q Facts,
    /// The CAs that labtrust made or trusted on this machine.
    pub known: &'q [Anchor],
    /// The fingerprint of the root that can be trusted, if the user gave one.
    pub fingerprint: Option<Fingerprint>,
}
