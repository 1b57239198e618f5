//! The file of all anchors that programs load: read back after every rebuild, because the tools
//! that rebuild it succeed even when they destroy it.

use labtrust_plan::{Certificate, Fingerprint};

/// What a bundle holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The certificates' identities, in their order.
    pub sha256s: Vec<Fingerprint>,
    /// Whether all of the file could be read.
    pub whole: bool,
}

impl Bundle {
    /// What `bytes` hold.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let (certificates, whole) = Certificate::read_all(bytes);
        Self { sha256s: certificates.iter().map(Certificate::fingerprint).collect(), whole }
    }

    /// Whether it holds the certificate `sha256`.
    pub fn holds(&self, sha256: Fingerprint) -> bool {
        self.sha256s.contains(&sha256)
    }
}
