//! Reads certificates and keys of any format, recognised by content: file names prove nothing, and nobody should have to
//! convert a readable file.

use anyhow::Result;
use labtrust_machine::pkcs12::Wanted;
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};
use zeroize::Zeroizing;

use super::{
    key::{Passphrase, PrivateKey},
    key_format, not_a_certificate,
    parsed::Parsed,
    pem::{Keys, Label, Section},
    pkcs7, pkcs12,
    public_key::PublicKey,
    segments::{Part, Position, Segment, segments},
    shape::Shape,
};
use crate::hint::fail;

/// The certificates and keys of one or several files.
#[derive(Debug, Default)]
pub struct Material {
    /// The certificates, in order; the same one may be there twice.
    pub certificates: Vec<CertificateDer<'static>>,
    /// The private keys.
    pub keys: Vec<PrivateKey>,
    /// Certificates from other sources that may complete the chain. No note mentions those that do not.
    pub known: Vec<CertificateDer<'static>>,
    /// Notes on parts of the files that were not read.
    pub remarks: Vec<String>,
    /// PKCS #8 keys without their public half; a certificate may have it.
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
    let reading = Reading::of(bytes, Wanted::Everything, passphrase)?;
    reading.parse()?;
    reading.into_material()
}

/// Reads only the certificates of a file. It decrypts no key, and a key may be of any kind.
pub fn read_certificates(bytes: &[u8], passphrase: &mut Passphrase<'_>) -> Result<Vec<Parsed>> {
    Ok(read_certificates_with_remarks(bytes, passphrase)?.0)
}

/// The same, with notes on the parts that were not read.
pub fn read_certificates_with_remarks(
    bytes: &[u8],
    passphrase: &mut Passphrase<'_>,
) -> Result<(Vec<Parsed>, Vec<String>)> {
    let reading = Reading::of(bytes, Wanted::Certificates, passphrase)?;
    let certificates = reading.parse()?;
    let material = reading.into_material()?;
    if certificates.is_empty() {
        return Err(not_a_certificate::no_certificate_error(&[Label::Key]));
    }
    Ok((certificates, material.remarks))
}

/// The certificate signing request (PKCS #10) of a file, PEM or DER.
pub fn read_request(bytes: &[u8]) -> Result<CertificateSigningRequestDer<'static>> {
    let none = || {
        fail(
            "the file holds no certificate signing request",
            "pass the file that has a line BEGIN CERTIFICATE REQUEST",
        )
    };
    let found = segments(bytes, Keys::Skipped)?.into_iter().filter_map(|segment| match segment.part {
        Part::Object(Shape::Request, der) => Some(der.to_vec().into()),
        Part::Section(section) => section.into_request(),
        _ => None,
    });
    let mut requests: Vec<_> = found.collect();
    requests.dedup();
    match requests.len() {
        0 | 1 => requests.pop().ok_or_else(none),
        several => Err(fail(
            format!("the file holds {several} certificate signing requests"),
            "pass a file with one of them",
        )),
    }
}

impl Material {
    /// Adds the contents of another file.
    pub fn extend(&mut self, other: Self) {
        self.certificates.extend(other.certificates);
        self.known.extend(other.known);
        self.remarks.extend(other.remarks);
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

    /// Completes keys without a public half from a certificate that fits.
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
    /// The position of each certificate of the material.
    positions: Vec<Position>,
    /// The labels of other or unwanted sections.
    seen: Vec<Label>,
}

impl<'r, 'p> Reading<'r, 'p> {
    fn of(bytes: &[u8], wanted: Wanted, passphrase: &'r mut Passphrase<'p>) -> Result<Self> {
        let mut reading = Self {
            wanted,
            passphrase,
            material: Material::default(),
            positions: Vec::new(),
            seen: Vec::new(),
        };
        let keys = if wanted == Wanted::Everything { Keys::Read } else { Keys::Skipped };
        let segments = segments(bytes, keys)?;
        let is_alone = segments.len() == 1;
        for Segment { position, part } in segments {
            let seen_before = reading.seen.len();
            let taken = match part {
                Part::Object(shape, der) => reading.take_object(shape, der),
                Part::Section(section) => reading.take_section(section),
                Part::Skipped(what) => {
                    reading.material.remarks.push(format!("{what} {position} was skipped"));
                    Ok(())
                }
            };
            let unused = reading.seen[seen_before..].iter().filter(|label| label.is_noteworthy());
            let unused = unused.map(|label| format!("{} {position} was skipped", label.section()));
            reading.material.remarks.extend(unused);
            taken.map_err(|error| if is_alone { error } else { error.context(format!("{position}")) })?;
            reading.positions.resize(reading.material.certificates.len(), position);
        }
        Ok(reading)
    }

    fn into_material(self) -> Result<Material> {
        let Self { mut material, seen, .. } = self;
        if material.is_empty() {
            return Err(not_a_certificate::no_certificate_error(&seen));
        }
        material.complete();
        Ok(material)
    }

    /// The parsed certificates. An error names the damaged one of several.
    fn parse(&self) -> Result<Vec<Parsed>> {
        let all = self.positions.len();
        let certificates = self.material.certificates.iter().zip(&self.positions).enumerate();
        let parse =
            |(index, (der, position)): (usize, (&CertificateDer<'_>, &Position))| match Parsed::from_der(der)
            {
                Err(error) if all > 1 => {
                    Err(error.context(format!("certificate {} of {all}, {position}", index + 1)))
                }
                other => other,
            };
        certificates.map(parse).collect()
    }

    fn take_section(&mut self, section: Section) -> Result<()> {
        match section {
            Section::Certificate(der) => self.material.certificates.push(der),
            Section::Key(key) => self.material.take_key(&key_format::to_pkcs8(&key)?)?,
            Section::EncryptedKey(der) => self.take_encrypted(&der)?,
            Section::LegacyEncryptedKey => return Err(key_format::legacy_encryption_error()),
            Section::Pkcs7(der) => self.material.certificates.extend(pkcs7::certificates(&der)?),
            Section::Pkcs12(der) => self.take_pkcs12(&der)?,
            Section::Request(_) => self.seen.push(Label::Request),
            Section::Other(label) => self.seen.push(label),
        }
        Ok(())
    }

    fn take_object(&mut self, shape: Shape, der: &[u8]) -> Result<()> {
        match (shape, self.wanted) {
            (Shape::Certificate, _) => self.material.certificates.push(der.to_vec().into()),
            (Shape::Pkcs7, _) => self.material.certificates.extend(pkcs7::certificates(der)?),
            (Shape::Pkcs12, _) => self.take_pkcs12(der)?,
            (Shape::Key | Shape::EncryptedKey, Wanted::Certificates) => self.seen.push(Label::Key),
            (Shape::Key, _) => self.material.take_key(&key_format::any_to_pkcs8(der)?)?,
            (Shape::EncryptedKey, _) => self.take_encrypted(der)?,
            (Shape::Request, _) => self.seen.push(Label::Request),
            (Shape::PublicKey, _) => self.seen.push(Label::PublicKey),
            (Shape::RevocationList, _) => self.seen.push(Label::RevocationList),
            (Shape::AttributeCertificate, _) => self.seen.push(Label::AttributeCertificate),
            (Shape::Unknown, _) => return Err(not_a_certificate::unknown_content_error(der)),
        }
        Ok(())
    }

    fn take_pkcs12(&mut self, der: &[u8]) -> Result<()> {
        let contents = pkcs12::open(der, self.wanted, self.passphrase)?;
        self.seen.extend(contents.has_key.then_some(Label::Key));
        self.material.certificates.extend(contents.certificates.into_iter().map(|held| held.der));
        contents.keys.iter().try_for_each(|key| self.material.take_key(key))
    }

    fn take_encrypted(&mut self, der: &[u8]) -> Result<()> {
        let passphrase = (self.passphrase)("the private key")?;
        self.material.take_key(&key_format::decrypt(der, &passphrase)?)
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
