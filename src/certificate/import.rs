//! Reads the certificates and keys that people have, in whatever form, recognised by content:
//! names of files tell nothing, and nobody should have to convert what is readable.

use anyhow::Result;
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};
use x509_parser::{asn1_rs::Tag, certification_request::X509CertificationRequest, prelude::FromDer};
use zeroize::Zeroizing;

use super::{
    asn1,
    foreign::{self, KEY, REQUEST},
    key::{Passphrase, PrivateKey},
    key_format,
    parsed::Parsed,
    pem::{self, MAX_SIZE, Section},
    pkcs7, pkcs12,
    public_key::PublicKey,
};
use crate::hint::fail;

/// What was found in one or several files.
#[derive(Debug, Default)]
pub struct Material {
    /// The certificates, in their order; the same one may be there twice.
    pub certificates: Vec<CertificateDer<'static>>,
    /// The private keys.
    pub keys: Vec<PrivateKey>,
    /// Certificates from elsewhere that may complete the chain, and of which nothing is said if they do not.
    pub known: Vec<CertificateDer<'static>>,
    /// PKCS #8 keys whose public half is not in them; a certificate may have it.
    halves: Vec<Half>,
}

/// A key without its public half.
struct Half(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Half {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Half(secret)")
    }
}

/// Reads a file's content: PEM in any order with any text between, a DER certificate or key,
/// PKCS #7 or PKCS #12. `passphrase` is called only if something is encrypted.
pub fn read_material(bytes: &[u8], passphrase: &mut Passphrase<'_>) -> Result<Material> {
    if bytes.len() > MAX_SIZE {
        return Err(fail(
            format!("the file is larger than {} MiB", MAX_SIZE >> 20),
            "give a file that holds only the certificates and keys that are meant",
        ));
    }
    let mut material = Material::default();
    if pem::is_pem(bytes) {
        material.take_pem(bytes, passphrase)?;
    } else {
        material.take_der(bytes, passphrase)?;
    }
    material.complete();
    Ok(material)
}

/// Only the certificates of a file, for those who need no key: nothing is decrypted that need not be.
pub fn read_certificates(bytes: &[u8], passphrase: &mut Passphrase<'_>) -> Result<Vec<Parsed>> {
    let mut seen = Vec::new();
    let certificates = if pem::is_pem(bytes) {
        let mut certificates = Vec::new();
        for section in pem::read(bytes)? {
            match section {
                Section::Certificate(der) => certificates.push(der),
                Section::Pkcs7(der) => certificates.extend(pkcs7::certificates(&der)?),
                Section::Request(_) => seen.push(REQUEST.to_owned()),
                Section::Key(_) | Section::EncryptedKey(_) | Section::LegacyEncryptedKey => {
                    seen.push(KEY.to_owned());
                }
                Section::Other(label) => seen.push(label),
            }
        }
        certificates
    } else {
        let material = read_material(bytes, passphrase)?;
        seen.extend(material.has_key().then(|| KEY.to_owned()));
        material.certificates
    };
    if certificates.is_empty() {
        return Err(foreign::nothing_for(&seen));
    }
    parse_all(&certificates)
}

/// Parses each; of several it is said which one is damaged.
fn parse_all(certificates: &[CertificateDer<'_>]) -> Result<Vec<Parsed>> {
    let all = certificates.len();
    let parse = |(index, der): (usize, &CertificateDer<'_>)| match Parsed::from_der(der) {
        Err(error) if all > 1 => Err(error.context(format!("certificate {} of {all} in it", index + 1))),
        other => other,
    };
    certificates.iter().enumerate().map(parse).collect()
}

/// The first certificate signing request (PKCS #10) of a file, PEM or DER.
pub fn read_request(bytes: &[u8]) -> Result<CertificateSigningRequestDer<'static>> {
    let none = || {
        fail(
            "there is no certificate signing request in it",
            "give the file that has a line BEGIN CERTIFICATE REQUEST",
        )
    };
    if pem::is_pem(bytes) {
        let mut sections = pem::read(bytes)?.into_iter();
        return sections.find_map(Section::into_request).ok_or_else(none);
    }
    match Shape::of(bytes) {
        Shape::Request => Ok(bytes.to_vec().into()),
        Shape::Unknown => Err(foreign::no_shape(bytes)),
        _ => Err(none()),
    }
}

impl Material {
    /// Adds what another file holds.
    pub fn extend(&mut self, other: Self) {
        self.certificates.extend(other.certificates);
        self.known.extend(other.known);
        self.keys.extend(other.keys);
        self.halves.extend(other.halves);
        self.complete();
    }

    /// Whether there is a key, with or without its public half.
    pub fn has_key(&self) -> bool {
        !self.keys.is_empty() || !self.halves.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.certificates.is_empty() && !self.has_key()
    }

    fn take_pem(&mut self, text: &[u8], passphrase: &mut Passphrase<'_>) -> Result<()> {
        let (mut seen, mut certificates) = (Vec::new(), Vec::new());
        for section in pem::read(text)? {
            match section {
                Section::Certificate(der) => certificates.push(der),
                Section::Key(key) => self.take_key(&key_format::to_pkcs8(&key)?)?,
                Section::EncryptedKey(der) => {
                    let passphrase = passphrase("the private key")?;
                    self.take_key(&key_format::decrypt(&der, &passphrase)?)?;
                }
                Section::LegacyEncryptedKey => return Err(key_format::legacy()),
                Section::Pkcs7(der) => certificates.extend(pkcs7::certificates(&der)?),
                Section::Request(_) => seen.push(REQUEST.to_owned()),
                Section::Other(label) => seen.push(label),
            }
        }
        self.take_all(certificates)?;
        if self.is_empty() { Err(foreign::nothing_for(&seen)) } else { Ok(()) }
    }

    fn take_der(&mut self, der: &[u8], passphrase: &mut Passphrase<'_>) -> Result<()> {
        match Shape::of(der) {
            Shape::Certificate => self.take_all(vec![der.to_vec().into()]),
            Shape::Pkcs7 => self.take_all(pkcs7::certificates(der)?),
            Shape::Pkcs12 => {
                let contents = pkcs12::open(der, passphrase)?;
                self.take_all(contents.certificates)?;
                contents.keys.iter().try_for_each(|key| self.take_key(key))?;
                if self.is_empty() { Err(foreign::nothing_for(&[])) } else { Ok(()) }
            }
            Shape::Key => self.take_key(&key_format::any_to_pkcs8(der)?),
            Shape::EncryptedKey => self.take_key(&key_format::decrypt(der, &passphrase("the private key")?)?),
            Shape::Request => Err(foreign::nothing_for(&[REQUEST.to_owned()])),
            Shape::Unknown => Err(foreign::no_shape(der)),
        }
    }

    fn take_all(&mut self, certificates: Vec<CertificateDer<'static>>) -> Result<()> {
        parse_all(&certificates)?;
        self.certificates.extend(certificates);
        Ok(())
    }

    fn take_key(&mut self, pkcs8: &[u8]) -> Result<()> {
        if key_format::lacks_public_half(pkcs8) {
            self.halves.push(Half(Zeroizing::new(pkcs8.to_vec())));
        } else {
            self.keys.push(PrivateKey::from_pkcs8(pkcs8)?);
        }
        Ok(())
    }

    /// Gives keys without their public half the one that a certificate has, if one fits.
    fn complete(&mut self) {
        if self.halves.is_empty() {
            return;
        }
        let certificates = self.certificates.iter().filter_map(|der| Parsed::from_der(der).ok());
        let public: Vec<PublicKey> =
            certificates.map(|certificate| certificate.public_key().clone()).collect();
        let (keys, halves) = (&mut self.keys, &mut self.halves);
        halves.retain(|half| match PrivateKey::from_pkcs8_and(&half.0, &public) {
            Ok(key) => {
                keys.push(key);
                false
            }
            Err(_) => true,
        });
    }
}

/// What binary content is, by its outermost structure.
#[derive(Debug, PartialEq, Eq)]
enum Shape {
    Certificate,
    Pkcs7,
    Pkcs12,
    Key,
    EncryptedKey,
    Request,
    Unknown,
}

impl Shape {
    fn of(bytes: &[u8]) -> Self {
        match (asn1::leading_tag(bytes), asn1::leading_version(bytes)) {
            (Some(Tag::Oid), _) => Self::Pkcs7,
            (_, Some(3)) => Self::Pkcs12,
            (_, Some(0 | 1)) => Self::Key,
            (Some(Tag::Sequence), _) if EncryptedPrivateKeyInfoRef::try_from(bytes).is_ok() => {
                Self::EncryptedKey
            }
            (Some(Tag::Sequence), _) if X509CertificationRequest::from_der(bytes).is_ok() => Self::Request,
            (Some(Tag::Sequence), _) => Self::Certificate,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
