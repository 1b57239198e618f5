//! The certificates that the servers sent.

use labtrust_machine::reach::Reached;
use labtrust_plan::Certificate;

use crate::{certificate::Parsed, doctor::Evidence};

/// All certificates of all servers, at each of their addresses.
pub(super) struct Served(Vec<Parsed>);

impl Served {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let realm = evidence.realm.iter().filter_map(|realm| realm.reached.as_ref());
        let reached = evidence.servers.iter().map(|server| &server.reached).chain(realm);
        let certificates = reached.flat_map(Reached::chains).flatten();
        Self(certificates.filter_map(|certificate| Parsed::from_der(certificate.der()).ok()).collect())
    }

    /// Those of `certificates` that a server's chain may lead to, or that a server sent.
    pub(super) fn related(&self, mut certificates: Vec<Certificate>) -> Vec<Certificate> {
        certificates.retain(|anchor| {
            Parsed::from_der(anchor.der()).is_ok_and(|anchor| {
                self.0
                    .iter()
                    .any(|served| served.issuer_der == anchor.subject_der || served.der() == anchor.der())
            })
        });
        certificates
    }

    /// No certificate at all.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }
}
