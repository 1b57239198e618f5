//! The certificate to trust, and the endpoints that present its certificates.

use std::{ffi::OsStr, path::Path};

use serde::{Deserialize, Serialize};

use crate::{Certificate, Endpoint, Fingerprint, ShellLine};

/// A certificate to trust, and the endpoints for which tools that trust per host need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The certificate.
    pub certificate: Certificate,
    /// The registries and servers for which it is trusted.
    pub endpoints: Vec<Endpoint>,
    /// The names in its server's certificate, if that was seen; of a wildcard, the domain without the star.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// The beginning of the names of our files beside those of others.
const OURS: &str = "labtrust-";

impl Anchor {
    /// `certificate`, trusted for `endpoints`. The names of its server's certificate are not known.
    pub fn new(certificate: Certificate, endpoints: Vec<Endpoint>) -> Self {
        Self { certificate, endpoints, names: Vec::new() }
    }

    /// Its identity: SHA-256 of the DER.
    pub fn sha256(&self) -> Fingerprint {
        self.certificate.fingerprint()
    }

    /// The name of our file in a folder of anchors, without its ending. It contains our name and the identity, so that it
    /// never collides with another program's file or with another of our CAs.
    pub fn file_stem(&self) -> String {
        format!("{OURS}{}", self.sha256().short())
    }

    /// Whether `path` has the name of one of our files in a folder of anchors.
    pub fn is_our_file(path: &Path) -> bool {
        let name = path.file_name().map(OsStr::as_encoded_bytes).unwrap_or_default();
        let stem = name.split(|byte| *byte == b'.').next().unwrap_or_default();
        let short = stem.strip_prefix(OURS.as_bytes()).unwrap_or_default();
        short.len() == Fingerprint::SHORT && short.iter().all(u8::is_ascii_hexdigit)
    }

    /// The command that prints the certificate as PEM: it needs no file.
    pub fn printed(&self) -> ShellLine {
        let pem = self.certificate.pem();
        ShellLine::of(["printf", "%s\\n"].into_iter().chain(pem.lines()))
    }

    /// The name of our file in a folder for a registry.
    pub fn file_name(&self) -> String {
        format!("{}.crt", self.file_stem())
    }
}
