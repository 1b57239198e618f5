//! The bundle: the file of all anchors that programs load. It is read again after every rebuild, because the tools that
//! rebuild it report success even when they destroy it.

use labtrust_plan::{Certificate, Fingerprint};

/// The contents of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The certificates' identities, in their order.
    pub sha256s: Vec<Fingerprint>,
    /// Whether the whole file could be read.
    pub whole: bool,
}

impl Bundle {
    /// Parses the bundle `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let (certificates, whole) = Certificate::read_all(bytes);
        Self { sha256s: certificates.iter().map(Certificate::fingerprint).collect(), whole }
    }

    /// Whether it holds the certificate `sha256`.
    pub fn holds(&self, sha256: Fingerprint) -> bool {
        self.sha256s.contains(&sha256)
    }
}
