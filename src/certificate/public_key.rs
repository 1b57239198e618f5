//! Public keys and their kinds: clients accept only some kinds in a server's certificate.

use std::fmt;

use anyhow::{Result, anyhow};
use rcgen::SubjectPublicKeyInfo as RcgenKey;
use x509_parser::{
    asn1_rs::Tag, oid_registry::OID_PKCS1_RSAENCRYPTION, prelude::FromDer, x509::SubjectPublicKeyInfo,
};

use crate::hint::fail;

/// A public key with its algorithm: the DER encoding of a `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PublicKey {
    spki: Vec<u8>,
    kind: KeyKind,
}

/// The kind of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// RSA, with the length of its modulus in bits.
    Rsa(usize),
    /// ECDSA on NIST P-256.
    P256,
    /// ECDSA on NIST P-384.
    P384,
    /// ECDSA on NIST P-521.
    P521,
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// RSA that can sign only with PSS, with the length of its modulus in bits.
    RsaPss(usize),
    /// DSA.
    Dsa,
    /// An elliptic curve that few clients support, by its name.
    Curve(&'static str),
    /// An elliptic curve given by parameters, where a name is required (RFC 5480 §2.1.1).
    ExplicitCurve,
    /// Another algorithm, by its object identifier.
    Other(String),
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`.
    pub fn from_spki(spki: &[u8]) -> Result<Self> {
        match SubjectPublicKeyInfo::from_der(spki) {
            Ok(([], parsed)) => Ok(Self { spki: spki.to_vec(), kind: KeyKind::of(&parsed) }),
            _ => Err(anyhow!("the public key is damaged")),
        }
    }

    /// The DER encoding of the `SubjectPublicKeyInfo`.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Its kind.
    pub fn kind(&self) -> &KeyKind {
        &self.kind
    }

    /// Refuses, with the reason, a key that some client does not accept in a server's certificate.
    pub fn check_usable(&self) -> Result<()> {
        let why = match &self.kind {
            KeyKind::Rsa(2048..=8192) | KeyKind::P256 | KeyKind::P384 => return Ok(()),
            KeyKind::Rsa(0..2048) => "every client rejects RSA keys of less than 2048 bits",
            KeyKind::Rsa(_) => "many clients reject RSA keys of more than 8192 bits",
            KeyKind::P521 => "Chrome rejects P-521, as do other clients",
            KeyKind::Ed25519 => "browsers reject Ed25519 in certificates",
            KeyKind::Ed448 => "browsers reject Ed448 in certificates",
            KeyKind::RsaPss(_) => "browsers and Go reject keys that are for RSA-PSS alone",
            KeyKind::Dsa => "current clients reject DSA",
            KeyKind::Curve(_) => "most clients reject this curve",
            KeyKind::ExplicitCurve => "clients want a curve's name, not its parameters",
            KeyKind::Other(_) => "clients do not know this algorithm",
        };
        Err(fail(
            format!("{} key cannot serve HTTPS: {why}", self.kind.with_article()),
            "use a key of one of these kinds: EC P-256, EC P-384, RSA of 2048 to 8192 bits; without one, labtrust \
             creates a P-256 key",
        ))
    }

    /// The key in rcgen's form, which has only the kinds that [`Self::check_usable`] accepts.
    pub(super) fn for_rcgen(&self) -> Result<RcgenKey> {
        RcgenKey::from_der(&self.spki)
            .map_err(|_| anyhow!("{} key cannot be certified", self.kind.with_article()))
    }
}

impl KeyKind {
    /// Its name with the indefinite article: an RSA, an EC, an Ed25519; a number.
    pub(super) fn with_article(&self) -> String {
        format!("{} {self}", if matches!(self, Self::Other(_) | Self::Dsa) { "a" } else { "an" })
    }

    fn of(key: &SubjectPublicKeyInfo<'_>) -> Self {
        let algorithm = &key.algorithm.algorithm;
        if *algorithm == OID_PKCS1_RSAENCRYPTION {
            return Self::Rsa(rsa_bits(&key.subject_public_key.data));
        }
        let oid = algorithm.to_id_string();
        let parameters = key.algorithm.parameters.as_ref();
        match oid.as_str() {
            "1.3.101.112" => Self::Ed25519,
            "1.3.101.113" => Self::Ed448,
            "1.2.840.10040.4.1" => Self::Dsa,
            "1.2.840.113549.1.1.10" => Self::RsaPss(rsa_bits(&key.subject_public_key.data)),
            EC => match parameters.map(|parameters| (parameters.tag(), parameters.as_oid().ok())) {
                Some((_, Some(curve))) => Self::of_curve(&curve.to_id_string()),
                Some((Tag::Sequence, _)) => Self::ExplicitCurve,
                _ => Self::Other(oid),
            },
            _ => Self::Other(oid),
        }
    }

    fn of_curve(oid: &str) -> Self {
        match oid {
            "1.2.840.10045.3.1.7" => Self::P256,
            "1.3.132.0.34" => Self::P384,
            "1.3.132.0.35" => Self::P521,
            _ => {
                let name = CURVES.iter().find_map(|(known, name)| (*known == oid).then_some(*name));
                name.map_or_else(|| Self::Other(oid.to_owned()), Self::Curve)
            }
        }
    }
}

/// Elliptic curves.
const EC: &str = "1.2.840.10045.2.1";

/// Curves that few clients support.
const CURVES: &[(&str, &str)] = &[
    ("1.2.840.10045.3.1.1", "P-192"),
    ("1.3.132.0.33", "P-224"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.36.3.3.2.8.1.1.1", "brainpoolP160r1"),
    ("1.3.36.3.3.2.8.1.1.3", "brainpoolP192r1"),
    ("1.3.36.3.3.2.8.1.1.5", "brainpoolP224r1"),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.8", "brainpoolP256t1"),
    ("1.3.36.3.3.2.8.1.1.9", "brainpoolP320r1"),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"),
    ("1.3.36.3.3.2.8.1.1.12", "brainpoolP384t1"),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"),
    ("1.3.36.3.3.2.8.1.1.14", "brainpoolP512t1"),
    ("1.2.156.10197.1.301", "SM2"),
];

/// The bits of an RSA key's modulus, the first of two numbers; 0 if it is not readable.
fn rsa_bits(key: &[u8]) -> usize {
    let modulus = super::anatomy::Fields::of_sequence(key).and_then(|mut numbers| numbers.next());
    modulus.map_or(0, |modulus| bits(modulus.content))
}

/// The length of a big-endian number in bits.
fn bits(number: &[u8]) -> usize {
    let number = &number[number.iter().take_while(|byte| **byte == 0).count()..];
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::P256 => f.write_str("EC P-256"),
            Self::P384 => f.write_str("EC P-384"),
            Self::P521 => f.write_str("EC P-521"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
            Self::RsaPss(bits) => write!(f, "RSA-PSS {bits}"),
            Self::Dsa => f.write_str("DSA"),
            Self::Curve(name) => write!(f, "EC {name}"),
            Self::ExplicitCurve => f.write_str("EC with explicit parameters"),
            Self::Other(oid) => f.write_str(oid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_count_from_the_first_one() {
        for (number, expected) in
            [(&[][..], 0), (&[0, 0], 0), (&[0, 1], 1), (&[0x80, 0], 16), (&[0, 0x7f, 0xff], 15)]
        {
            assert_eq!(bits(number), expected, "{number:?}");
        }
    }

    #[test]
    fn only_keys_that_all_clients_take_are_usable() {
        for (kind, usable) in [
            (KeyKind::P256, true),
            (KeyKind::P384, true),
            (KeyKind::Rsa(2048), true),
            (KeyKind::Rsa(4096), true),
            (KeyKind::Rsa(1024), false),
            (KeyKind::Rsa(16384), false),
            (KeyKind::P521, false),
            (KeyKind::Ed25519, false),
            (KeyKind::Other("1.2.3".into()), false),
        ] {
            let key = PublicKey { spki: Vec::new(), kind };
            assert_eq!(key.check_usable().is_ok(), usable, "{}", key.kind);
        }
        assert!(PublicKey::from_spki(b"nonsense").is_err());
    }
}
