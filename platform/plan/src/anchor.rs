//! What is to be trusted, and where it will be met.

use serde::{Deserialize, Serialize};

use crate::{Certificate, Endpoint, Fingerprint};

/// A certificate to trust, and the endpoints for which tools that trust per host need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The certificate.
    pub certificate: Certificate,
    /// The registries and servers that it is for.
    pub endpoints: Vec<Endpoint>,
}

impl Anchor {
    /// Its identity: SHA-256 of the DER.
    pub fn sha256(&self) -> Fingerprint {
        self.certificate.fingerprint()
    }

    /// The name of our file in a folder of anchors, without its ending. It carries our name and
    /// the identity, so it never meets a file of somebody else's, nor another of our CAs.
    pub fn file_stem(&self) -> String {
        format!("labtrust-{}", self.sha256().short())
    }
}
