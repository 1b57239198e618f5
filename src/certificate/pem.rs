//! Reads and writes PEM. It splits text into sections itself, because rustls-pemfile, which is archived, skips sections
//! that it does not know. That crate decodes each section, but not keys: it leaves copies in memory, so base64ct decodes
//! those, in constant time.

mod block;
mod gap;
mod key;
mod label;
mod limit;
mod text;

use std::fmt;

use anyhow::Result;
use base64ct::{Base64, Encoding};
use der::pem::{LineEnding, encode_string};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};
use zeroize::Zeroizing;

pub(super) use self::block::lines_in;
use self::{
    block::{Block, Blocks, Fault, Lines, blocks},
    gap::{Stray, strays},
    text::{is_legacy_encrypted, letters, without_nulls},
};
pub use self::{
    key::Key,
    label::Label,
    limit::{MAX_SECTIONS, MAX_SIZE},
};
use super::shape::Shape;

/// The largest private key: a key of 16,384 bits takes 9 KiB.
pub const MAX_KEY_SIZE: usize = 64 << 10;

/// The most skipped parts that are named.
const MOST_SKIPPED: usize = 20;

/// One section of a PEM file (RFC 7468).
#[derive(Debug)]
pub enum Section {
    /// `CERTIFICATE`, `X509 CERTIFICATE`, or `TRUSTED CERTIFICATE` without OpenSSL's appendix.
    Certificate(CertificateDer<'static>),
    /// `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`.
    Key(Key),
    /// `ENCRYPTED PRIVATE KEY` (PKCS #8).
    EncryptedKey(Vec<u8>),
    /// Any key with `Proc-Type: 4,ENCRYPTED` (RFC 1421), OpenSSL's format before PKCS #8.
    LegacyEncryptedKey,
    /// `CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST` (PKCS #10).
    Request(CertificateSigningRequestDer<'static>),
    /// `PKCS7` or `CMS`.
    Pkcs7(Vec<u8>),
    /// `PKCS12`.
    Pkcs12(Vec<u8>),
    /// A section with another label.
    Other(Label),
}

impl Section {
    /// The request in this section, if it is one.
    pub fn into_request(self) -> Option<CertificateSigningRequestDer<'static>> {
        if let Self::Request(request) = self { Some(request) } else { None }
    }
}

/// Whether to read private keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// Read them.
    Read,
    /// Read only their labels, so that an unknown or damaged key is not an error.
    Skipped,
}

/// The sections of a text that may have other content before and after it.
#[derive(Default)]
pub(super) struct TextSections {
    /// The sections, each with the line in which it starts.
    pub sections: Vec<(usize, Section)>,
    /// The lines of skipped certificates.
    pub skipped: Vec<(usize, Skipped)>,
}

/// The reason why a certificate in a text is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skipped {
    CommentedOut,
    NoMarkers,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CommentedOut => "the section that is commented out",
            Self::NoMarkers => "the Base64 without markers",
        })
    }
}

/// All sections, in order. These are accepted: text around them (bag attributes, comments), markers that share a line,
/// line ends of any kind or written as `\n`, quotes, indentation, a byte order mark, and UTF-16. An unreadable section is
/// an error, so that none is lost silently.
pub fn read(bytes: &[u8]) -> Result<Vec<Section>> {
    sections(bytes, Keys::Read)
}

/// Fails for a file that is too large to read.
pub(super) fn check_size(bytes: &[u8]) -> Result<()> {
    if bytes.len() > MAX_SIZE { Err(Fault::TooLarge.into()) } else { Ok(()) }
}

fn sections(bytes: &[u8], keys: Keys) -> Result<Vec<Section>> {
    check_size(bytes)?;
    let mut room = Zeroizing::default();
    let found = blocks(without_nulls(bytes, &mut room), 1)?;
    Ok(found.blocks.iter().map(|block| block.section(keys)).collect::<Result<_, _>>()?)
}

/// The sections of a part of a file that starts at the line `line`, and the certificates that are skipped.
pub(super) fn read_text(bytes: &[u8], line: usize, keys: Keys) -> Result<TextSections> {
    let mut room = Zeroizing::default();
    let text = without_nulls(bytes, &mut room);
    let Blocks { blocks, commented_out } = blocks(text, line)?;
    if blocks.is_empty() {
        return Ok(TextSections::default());
    }
    let mut found = TextSections::default();
    let mut lines = Lines::new(text, line);
    let mut skip = |line: usize, what: Skipped| {
        // The marker of a commented section and its next line count as one.
        let is_known = found.skipped.iter().any(|(known, other)| *other == what && line.abs_diff(*known) < 2);
        if !is_known && found.skipped.len() < MOST_SKIPPED {
            found.skipped.push((line, what));
        }
    };
    for line in commented_out {
        skip(line, Skipped::CommentedOut);
    }
    let (starts, ends) =
        (blocks.iter().map(|block| block.span.start), blocks.iter().map(|block| block.span.end));
    for (start, end) in std::iter::once(0).chain(ends).zip(starts.chain([text.len()])) {
        // Two markers may share their hyphens.
        let gap = &text[start.min(end)..end];
        for (at, stray) in strays(gap) {
            let line = lines.of(start + at);
            match stray {
                Stray::Certificate => return Err(Fault::NoMarkers(line).into()),
                Stray::CommentedOut => skip(line, Skipped::CommentedOut),
                Stray::Archive => skip(line, Skipped::NoMarkers),
            }
        }
    }
    let section = |block: &Block<'_>| Ok((block.line, block.section(keys)?));
    found.sections = blocks.iter().map(section).collect::<Result<_, Fault>>()?;
    Ok(found)
}

/// Only the certificates, in order.
pub fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = sections(bytes, Keys::Skipped)?.into_iter().filter_map(|section| match section {
        Section::Certificate(certificate) => Some(certificate),
        _ => None,
    });
    Ok(certificates.collect())
}

/// Certificates as text: 64 columns, line feeds, in the order given.
pub fn write_certificates<'a>(certificates: impl IntoIterator<Item = &'a CertificateDer<'a>>) -> String {
    certificates.into_iter().map(|certificate| encode("CERTIFICATE", certificate)).collect()
}

/// A request (PKCS #10) as text.
pub fn write_request(request: &CertificateSigningRequestDer<'_>) -> String {
    encode("CERTIFICATE REQUEST", request)
}

/// A PKCS #8 key as text, wiped when dropped.
pub fn write_key(pkcs8: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(encode("PRIVATE KEY", pkcs8))
}

fn encode(label: &str, der: &[u8]) -> String {
    // It fails only for an invalid label, and for more bytes than fit into memory.
    encode_string(label, LineEnding::LF, der).unwrap_or_default()
}

impl Block<'_> {
    fn section(&self, keys: Keys) -> Result<Section, Fault> {
        if self.label.is_key() && keys == Keys::Skipped {
            return Ok(Section::Other(self.label));
        }
        if self.label.is_key() && is_legacy_encrypted(self.body) {
            return Ok(Section::LegacyEncryptedKey);
        }
        Ok(match self.label {
            Label::Certificate => Section::Certificate(self.public()?.into()),
            Label::TrustedCertificate => Section::Certificate(first_object(self.public()?).into()),
            Label::Request => match self.public()? {
                der if Shape::of_whole(&der) == Shape::Certificate => Section::Certificate(der.into()),
                der => Section::Request(der.into()),
            },
            Label::Pkcs7 => Section::Pkcs7(self.public()?),
            Label::Pkcs12 => Section::Pkcs12(self.public()?),
            Label::EncryptedKey => Section::EncryptedKey(self.public()?),
            Label::Key => Section::Key(Key::Pkcs8(self.secret()?)),
            Label::RsaKey => Section::Key(Key::Pkcs1(self.secret()?)),
            Label::EcKey => Section::Key(Key::Sec1(self.secret()?)),
            other @ (Label::OtherKey | Label::SshKey | Label::Pgp) => Section::Other(other),
            // A certificate may have any label.
            other => match self.public() {
                Ok(der) if Shape::of_whole(&der) == Shape::Certificate => Section::Certificate(der.into()),
                _ => Section::Other(other),
            },
        })
    }

    /// The DER of this section, decoded by rustls-pemfile under a label that it knows.
    fn public(&self) -> Result<Vec<u8>, Fault> {
        let letters = letters(self.body);
        let section =
            [b"-----BEGIN CERTIFICATE-----\n", &letters[..], b"\n-----END CERTIFICATE-----\n"].concat();
        match rustls_pemfile::read_one_from_slice(&section) {
            Ok(Some((rustls_pemfile::Item::X509Certificate(der), _))) => Ok(der.to_vec()),
            _ => Err(self.damaged()),
        }
    }

    fn secret(&self) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let letters = letters(self.body);
        let mut der = Zeroizing::new(vec![0; letters.len() / 4 * 3]);
        let length = Base64::decode(&*letters, &mut der).map_err(|_| self.damaged())?.len();
        if length > MAX_KEY_SIZE || length == 0 {
            return Err(self.damaged());
        }
        der.truncate(length);
        Ok(der)
    }

    fn damaged(&self) -> Fault {
        Fault::Damaged(self.label, self.line)
    }
}

/// The first DER object of several: OpenSSL appends its trust settings to a certificate.
fn first_object(bytes: Vec<u8>) -> Vec<u8> {
    match x509_parser::parse_x509_certificate(&bytes) {
        Ok((rest, _)) => {
            let length = bytes.len() - rest.len();
            bytes[..length].to_vec()
        }
        Err(_) => bytes,
    }
}

#[cfg(test)]
#[path = "pem_tests.rs"]
mod tests;
