//! What the doctor is asked.

use labtrust_plan::{Anchor, Facts, Fingerprint, Host};

/// What is asked about.
#[derive(Clone, Debug)]
pub struct Question<'q> {
    /// The host.
    pub host: &'q Host,
    /// The port, if one was named.
    pub port: Option<u16>,
    /// The machine.
    pub facts: &'q Facts,
    /// The CAs that labtrust made or trusted on it.
    pub known: &'q [Anchor],
    /// The fingerprint of the root that may be trusted, if it was named.
    pub fingerprint: Option<Fingerprint>,
}
