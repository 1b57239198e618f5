//! Private keys: wiped from memory when dropped, and never written to a log by accident.

use std::{fmt, str::FromStr};

use anyhow::{Context, Result, anyhow};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
        RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use zeroize::Zeroizing;

use super::{
    key_format,
    parsed::Parsed,
    pem::{self, Section},
    public_key::{KeyKind, PublicKey},
};
use crate::hint::fail;

/// Returns the passphrase of the given thing, such as `the private key`.
pub type Passphrase<'a> = dyn FnMut(&str) -> Result<Zeroizing<String>> + 'a;

/// A private key in PKCS #8, wiped when dropped, never shown.
#[derive(Clone)]
pub struct PrivateKey {
    pkcs8: Zeroizing<Vec<u8>>,
    public: PublicKey,
}

/// The kinds of keys that labtrust generates. ring generates no RSA keys; existing RSA keys are used unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyType {
    /// ECDSA on NIST P-256: every client supports it, and it is the fastest.
    #[default]
    P256,
    /// ECDSA on NIST P-384, where a policy asks for it.
    P384,
}

impl PrivateKey {
    /// A new random key.
    pub fn generate(key_type: KeyType) -> Result<Self> {
        let algorithm = match key_type {
            KeyType::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            KeyType::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        };
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new())
            .map_err(|_| anyhow!("the system's random number generator failed"))?;
        Self::from_pkcs8(key.as_ref())
    }

    /// Reads a PKCS #8 key (RFC 5208, RFC 5958), and checks that its halves belong together.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self> {
        Self::from_pkcs8_and(der, &[])
    }

    /// Reads a PKCS #8 key that may lack its public half, as Java writes EC keys. The half is then taken from
    /// `candidates`, such as the keys of the certificates that came with it.
    pub fn from_pkcs8_and(der: &[u8], candidates: &[PublicKey]) -> Result<Self> {
        let (pkcs8, public) = key_format::normalize(der, candidates)?;
        let key = Self { pkcs8, public };
        // ring checks the halves of the kinds that it supports.
        match key.public.kind() {
            KeyKind::P256 | KeyKind::P384 | KeyKind::Rsa(2048..=4096) => key.signer().map(|_| key),
            _ => Ok(key),
        }
    }

    /// Reads a key in any of its unencrypted DER encodings: PKCS #8, PKCS #1 or SEC 1.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        Self::from_pkcs8(&key_format::any_to_pkcs8(der)?)
    }

    /// Reads the first key of a PEM file; `passphrase` is called only if it is encrypted.
    pub fn from_pem(text: &[u8], passphrase: &mut Passphrase<'_>) -> Result<Self> {
        for section in pem::read(text)? {
            match section {
                Section::Key(key) => return Self::from_pkcs8(&key_format::to_pkcs8(&key)?),
                Section::EncryptedKey(der) => {
                    return Self::from_pkcs8(&key_format::decrypt(&der, &passphrase("the private key")?)?);
                }
                Section::LegacyEncryptedKey => return Err(key_format::legacy_encryption_error()),
                _ => {}
            }
        }
        Err(fail("the file holds no private key", "pass the file that has a line BEGIN PRIVATE KEY"))
    }

    /// Reads the first key of a PEM file as a server needs it: unencrypted.
    pub fn from_plain_pem(text: &[u8]) -> Result<Self> {
        Self::from_pem(text, &mut |what| {
            Err(fail(format!("{what} is encrypted"), "decrypt it: openssl pkey -in FILE -out FILE"))
        })
    }

    /// The unencrypted PKCS #8 encoding.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The unencrypted PKCS #8 encoding as PEM, which GitLab's nginx reads.
    pub fn to_pem(&self) -> Zeroizing<String> {
        pem::write_key(&self.pkcs8)
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The DER encoding of the public half's `SubjectPublicKeyInfo`.
    pub fn public_key_der(&self) -> &[u8] {
        self.public.spki()
    }

    /// Whether the certificate is for this key.
    pub fn matches(&self, certificate: &Parsed) -> bool {
        self.public == *certificate.public_key()
    }

    /// All keys of a PEM file with unencrypted keys, in order.
    pub(super) fn all_from_plain_pem(text: &[u8]) -> Result<Vec<Self>> {
        let keys = pem::read(text)?.into_iter().map(|section| match section {
            Section::Key(key) => Self::from_pkcs8(&key_format::to_pkcs8(&key)?),
            _ => Err(anyhow!("it does not contain only unencrypted private keys")),
        });
        keys.collect()
    }

    /// The key in rcgen's form.
    pub(super) fn signer(&self) -> Result<Signer> {
        let kind = self.public.kind();
        let algorithm = match kind {
            KeyKind::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            KeyKind::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            KeyKind::Rsa(2048..=4096) => &rcgen::PKCS_RSA_SHA256,
            other => {
                return Err(fail(
                    format!("labtrust cannot sign with {other} key", other = other.with_article()),
                    "use a key of one of these kinds: EC P-256, EC P-384, RSA of 2048 to 4096 bits",
                ));
            }
        };
        let mut signer = Signer { pkcs8: self.pkcs8.clone(), public: Vec::new(), algorithm };
        let public = signer.pair().map(|pair| pair.public()).map_err(|_| {
            fail(
                format!("the {kind} key is damaged, or its private and public halves do not belong together"),
                "check it: openssl pkey -in FILE -noout -check",
            )
        })?;
        signer.public = public;
        Ok(signer)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, secret)", self.public.kind())
    }
}

/// A key in the form that signs. ring wipes nothing, so its form of the key lives only during a signature, on the stack.
pub(super) struct Signer {
    pkcs8: Zeroizing<Vec<u8>>,
    public: Vec<u8>,
    algorithm: &'static rcgen::SignatureAlgorithm,
}

/// ring's form of a key. Not in a box: no copy of a key may lie on the heap.
enum Pair {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    fn pair(&self) -> Result<Pair, ring::error::KeyRejected> {
        let ecdsa = |curve| EcdsaKeyPair::from_pkcs8(curve, &self.pkcs8, &SystemRandom::new());
        if self.algorithm == &rcgen::PKCS_ECDSA_P256_SHA256 {
            ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING).map(Pair::Ecdsa)
        } else if self.algorithm == &rcgen::PKCS_ECDSA_P384_SHA384 {
            ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING).map(Pair::Ecdsa)
        } else {
            RsaKeyPair::from_pkcs8(&self.pkcs8).map(Pair::Rsa)
        }
    }
}

impl Pair {
    fn public(&self) -> Vec<u8> {
        match self {
            Self::Ecdsa(key) => key.public_key().as_ref().to_vec(),
            Self::Rsa(key) => key.public_key().as_ref().to_vec(),
        }
    }
}

impl rcgen::PublicKeyData for Signer {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        self.algorithm
    }
}

impl rcgen::SigningKey for Signer {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let random = SystemRandom::new();
        let signed = match self.pair().map_err(|_| rcgen::Error::RingUnspecified)? {
            Pair::Ecdsa(key) => key.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
            Pair::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map(|()| signature)
            }
        };
        signed.map_err(|_| rcgen::Error::RingUnspecified)
    }
}

impl FromStr for KeyType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "p256" | "p-256" => Ok(Self::P256),
            "p384" | "p-384" => Ok(Self::P384),
            _ => Err(format!("{text:?} is not a key type: use p256 or p384")),
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "p256",
            Self::P384 => "p384",
        })
    }
}

/// Runs `build`, which signs; the error names `what` could not be signed.
pub(super) fn signing<T>(what: &str, build: impl FnOnce() -> Result<T, rcgen::Error>) -> Result<T> {
    build().with_context(|| format!("cannot sign {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_pem_and_der_and_shows_nothing() {
        for key_type in [KeyType::P256, KeyType::P384] {
            let key = PrivateKey::generate(key_type).expect("a key");
            let mut no_passphrase = |_: &str| Err(anyhow!("asked for a passphrase"));
            let again = PrivateKey::from_pem(key.to_pem().as_bytes(), &mut no_passphrase).expect("PEM");
            assert_eq!(again.public_key(), key.public_key());
            assert_eq!(again.pkcs8(), key.pkcs8());
            assert_eq!(PrivateKey::from_der(key.pkcs8()).expect("DER").pkcs8(), key.pkcs8());
            assert!(format!("{key:?}").ends_with("secret)"));
            assert_eq!(key_type.to_string().parse(), Ok(key_type));
        }
    }

    #[test]
    fn halves_that_do_not_belong_together_are_found() {
        let [one, other] = [(); 2].map(|()| PrivateKey::generate(KeyType::P256).expect("a key"));
        let mut mixed = one.pkcs8().to_vec();
        let length = mixed.len();
        mixed[length - 64..].copy_from_slice(&other.pkcs8()[length - 64..]);
        let error = PrivateKey::from_pkcs8(&mixed).expect_err("halves of two keys");
        assert!(error.to_string().contains("damaged"), "{error}");
    }
}
