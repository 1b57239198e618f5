//! Reads the certificates and keys that people have, in whatever form, recognised by content:
//! names of files tell nothing, and nobody should have to convert what is readable.

use anyhow::Result;
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};
use x509_parser::{asn1_rs::Tag, certification_request::X509CertificationRequest, prelude::FromDer};
use zeroize::Zeroizing;

use super::{
    asn1, foreign,
    key::{Passphrase, PrivateKey},
    key_format,
    parsed::Parsed,
    pem::{self, Label, MAX_SECTIONS, MAX_SIZE, Section},
    pkcs7,
    pkcs12::{self, Wanted},
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

/// Reads a file's content: PEM in any order with any text between, DER certificates or a key, PKCS #7 or
/// PKCS #12. `passphrase` is called only if something is encrypted.
pub fn read_material(bytes: &[u8], passphrase: &mut Passphrase<'_>) -> Result<Material> {
    Reading::of(bytes, Wanted::Everything, passphrase)
}

/// Only the certificates of a file, for those who need no key: nothing is decrypted that need not be, and
/// a key may be of any kind.
pub fn read_certificates(bytes: &[u8], passphrase: &mut Passphrase<'_>) -> Result<Vec<Parsed>> {
    let material = Reading::of(bytes, Wanted::Certificates, passphrase)?;
    if material.certificates.is_empty() {
        return Err(foreign::nothing_for(&[Label::Key]));
    }
    parse_all(&material.certificates)
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

/// The certificate signing request (PKCS #10) of a file, PEM or DER.
pub fn read_request(bytes: &[u8]) -> Result<CertificateSigningRequestDer<'static>> {
    let none = || {
        fail(
            "there is no certificate signing request in it",
            "give the file that has a line BEGIN CERTIFICATE REQUEST",
        )
    };
    if pem::is_pem(bytes) {
        let sections = pem::read_without_keys(bytes)?.into_iter();
        let mut requests: Vec<_> = sections.filter_map(Section::into_request).collect();
        requests.dedup();
        return match requests.len() {
            0 | 1 => requests.pop().ok_or_else(none),
            several => Err(fail(
                format!("there are {several} certificate signing requests in it"),
                "give a file with one of them",
            )),
        };
    }
    let (object, _) = split_object(bytes);
    match Shape::of(object) {
        Shape::Request => Ok(object.to_vec().into()),
        Shape::Unknown => Err(foreign::no_shape(bytes)),
        _ => Err(none()),
    }
}

/// The first object of DER, and the next ones; of bytes that are not one sequence after the other, all.
/// Editors and transfers leave line ends and nulls behind it.
fn split_object(der: &[u8]) -> (&[u8], &[u8]) {
    let Some((_, rest)) = asn1::first(der) else { return (der, &[]) };
    let object = &der[..der.len() - rest.len()];
    let is_filler = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, 0 | 0x1A);
    if rest.iter().all(is_filler) {
        (object, &[])
    } else if asn1::sequence(rest).is_some() {
        (object, rest)
    } else {
        (der, &[])
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

/// A file that is being read.
struct Reading<'r, 'p> {
    wanted: Wanted,
    passphrase: &'r mut Passphrase<'p>,
    material: Material,
    /// What is in it that is neither a certificate nor a key, or is not wanted.
    seen: Vec<Label>,
}

impl<'r, 'p> Reading<'r, 'p> {
    fn of(bytes: &[u8], wanted: Wanted, passphrase: &'r mut Passphrase<'p>) -> Result<Material> {
        if bytes.len() > MAX_SIZE {
            return Err(fail(
                format!("the file is larger than {} MiB", MAX_SIZE >> 20),
                "give a file that holds only the certificates and keys that are meant",
            ));
        }
        let mut reading = Self { wanted, passphrase, material: Material::default(), seen: Vec::new() };
        if pem::is_pem(bytes) {
            reading.take_pem(bytes)?;
        } else {
            reading.take_der(bytes)?;
        }
        let Self { mut material, seen, .. } = reading;
        parse_all(&material.certificates)?;
        if material.is_empty() {
            return Err(foreign::nothing_for(&seen));
        }
        material.complete();
        Ok(material)
    }

    fn take_pem(&mut self, text: &[u8]) -> Result<()> {
        let sections = match self.wanted {
            Wanted::Everything => pem::read(text)?,
            Wanted::Certificates => pem::read_without_keys(text)?,
        };
        for section in sections {
            match section {
                Section::Certificate(der) => self.material.certificates.push(der),
                Section::Key(key) => self.material.take_key(&key_format::to_pkcs8(&key)?)?,
                Section::EncryptedKey(der) => self.take_encrypted(&der)?,
                Section::LegacyEncryptedKey => return Err(key_format::legacy()),
                Section::Pkcs7(der) => self.material.certificates.extend(pkcs7::certificates(&der)?),
                Section::Pkcs12(der) => self.take_pkcs12(&der)?,
                Section::Request(_) => self.seen.push(Label::Request),
                Section::Other(label) => self.seen.push(label),
            }
        }
        Ok(())
    }

    fn take_der(&mut self, der: &[u8]) -> Result<()> {
        let mut next = der;
        let mut objects = 0;
        while !next.is_empty() || objects == 0 {
            let (object, rest) = split_object(next);
            self.take_object(object)?;
            objects += 1;
            if objects > MAX_SECTIONS {
                return Err(fail(
                    format!("the file holds more than {MAX_SECTIONS} certificates"),
                    "give a file that holds only the certificates and keys that are meant",
                ));
            }
            next = rest;
        }
        Ok(())
    }

    fn take_object(&mut self, der: &[u8]) -> Result<()> {
        match (Shape::of(der), self.wanted) {
            (Shape::Certificate, _) => self.material.certificates.push(der.to_vec().into()),
            (Shape::Pkcs7, _) => self.material.certificates.extend(pkcs7::certificates(der)?),
            (Shape::Pkcs12, _) => self.take_pkcs12(der)?,
            (Shape::Key | Shape::EncryptedKey, Wanted::Certificates) => self.seen.push(Label::Key),
            (Shape::Key, _) => self.material.take_key(&key_format::any_to_pkcs8(der)?)?,
            (Shape::EncryptedKey, _) => self.take_encrypted(der)?,
            (Shape::Request, _) => self.seen.push(Label::Request),
            (Shape::Unknown, _) => return Err(foreign::no_shape(der)),
        }
        Ok(())
    }

    fn take_pkcs12(&mut self, der: &[u8]) -> Result<()> {
        let contents = pkcs12::open(der, self.wanted, self.passphrase)?;
        self.seen.extend(contents.has_key.then_some(Label::Key));
        self.material.certificates.extend(contents.certificates);
        contents.keys.iter().try_for_each(|key| self.material.take_key(key))
    }

    fn take_encrypted(&mut self, der: &[u8]) -> Result<()> {
        let passphrase = (self.passphrase)("the private key")?;
        self.material.take_key(&key_format::decrypt(der, &passphrase)?)
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
            (Some(Tag::Sequence), _) if key_format::encrypted_parts(bytes).is_some() => Self::EncryptedKey,
            (Some(Tag::Sequence), _) if X509CertificationRequest::from_der(bytes).is_ok() => Self::Request,
            (Some(Tag::Sequence), _) => Self::Certificate,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
