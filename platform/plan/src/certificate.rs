//! One certificate: its bytes, its identity, its PEM text.

mod subject;

use std::fmt;

use pem_rfc7468::LineEnding;
use serde::{Deserialize, Serialize, de};

use crate::{Fingerprint, strict_pem};

/// One X.509 certificate as its DER encoding. Serialised as PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate(Vec<u8>);

impl Certificate {
    /// Wraps `der`, which the caller has parsed.
    pub fn new(der: impl Into<Vec<u8>>) -> Self {
        Self(der.into())
    }

    /// No certificate: no store holds it.
    pub fn empty() -> Self {
        Self(Vec::new())
    }

    /// The DER encoding.
    pub fn der(&self) -> &[u8] {
        &self.0
    }

    /// Its identity.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }

    /// The name, without its ending, under which OpenSSL finds it in a folder: a hash of its subject. None if the subject cannot
    /// be read.
    pub fn subject_hash(&self) -> Option<String> {
        subject::hash(&self.0)
    }

    /// The PEM text (RFC 7468), as in every store's file.
    pub fn pem(&self) -> String {
        // Encoding fails only for an invalid label, or for more bytes than fit into memory.
        pem_rfc7468::encode_string("CERTIFICATE", LineEnding::LF, &self.0).unwrap_or_default()
    }

    /// The base64 text of the DER encoding, in one line.
    pub fn base64(&self) -> String {
        self.pem().lines().filter(|line| !line.starts_with('-')).collect()
    }

    /// The certificates that programs load from the PEM text `pem`, in their order, and whether all its sections are intact:
    /// many programs load nothing from a file with a broken section.
    pub fn read_all(pem: &[u8]) -> (Vec<Self>, bool) {
        let (certificates, whole) = strict_pem::read(pem);
        (certificates.into_iter().map(Self).collect(), whole)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.fingerprint())
    }
}

impl Serialize for Certificate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.pem())
    }
}

impl<'de> Deserialize<'de> for Certificate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match Self::read_all(text.as_bytes()) {
            (mut all, true) if all.len() == 1 => Ok(all.remove(0)),
            _ => Err(de::Error::custom("exactly one PEM certificate is expected")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_round_trips_for_every_remainder() {
        for length in 1..200_u8 {
            let mut der = vec![0x30, 0x81, length];
            der.extend(std::iter::repeat_n(0xa5, length.into()));
            let certificate = Certificate::new(der);
            assert_eq!(Certificate::read_all(certificate.pem().as_bytes()), (vec![certificate], true));
        }
    }

    #[test]
    fn a_cut_certificate_is_noticed() {
        let whole = Certificate::new([0x30, 2, 1, 1]);
        let cut = Certificate::new([0x30, 3, 1, 1]);
        let (read, clean) = Certificate::read_all(format!("{}{}", cut.pem(), whole.pem()).as_bytes());
        assert_eq!((read, clean), (vec![whole], false));
    }
}
