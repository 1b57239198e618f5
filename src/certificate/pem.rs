//! The one door to rustls-pemfile, which is archived and passes over sections that it does not
//! know: here text is cut into sections, and that crate decodes each of them. Not those of keys: it
//! leaves copies behind, so base64ct decodes these, in constant time.

use anyhow::Result;
use base64ct::{Base64, Encoding};
use der::pem::{LineEnding, encode_string};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};
use zeroize::Zeroizing;

use crate::hint::fail;

/// No bundle of certificates is larger than this; the largest in use hold a megabyte.
pub const MAX_SIZE: usize = 16 << 20;
/// No bundle holds more sections than this; the largest in use hold some four hundred.
pub const MAX_SECTIONS: usize = 5_000;
/// No private key is larger than this; one of 16,384 bits has 9 KiB.
pub const MAX_KEY_SIZE: usize = 64 << 10;

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
    /// Anything else, by its label.
    Other(String),
}

/// A private key in the encoding that its label names.
pub enum Key {
    /// RFC 5208.
    Pkcs8(Zeroizing<Vec<u8>>),
    /// RFC 8017 §A.1.2.
    Pkcs1(Zeroizing<Vec<u8>>),
    /// RFC 5915.
    Sec1(Zeroizing<Vec<u8>>),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(secret)")
    }
}

impl Section {
    /// The request, if it is one.
    pub fn into_request(self) -> Option<CertificateSigningRequestDer<'static>> {
        if let Self::Request(request) = self { Some(request) } else { None }
    }
}

/// Whether the bytes hold any PEM section, whatever else they hold.
pub fn is_pem(bytes: &[u8]) -> bool {
    let mut room = Zeroizing::default();
    let bytes = decoded(&bytes[..bytes.len().min(MAX_SIZE)], &mut room);
    bytes.windows(BEGIN.len()).any(|window| window == BEGIN)
}

/// All sections in their order. Text around them (bag attributes, comments), CRLF, indentation, a
/// byte order mark and UTF-16 are no hindrance.
pub fn read(bytes: &[u8]) -> Result<Vec<Section>> {
    if bytes.len() > MAX_SIZE {
        return Err(fail(
            format!("the file is larger than {} MiB", MAX_SIZE >> 20),
            "give a file that holds only the certificates and keys that are meant",
        ));
    }
    let mut room = Zeroizing::default();
    let text = decoded(bytes, &mut room);
    let mut sections = Vec::new();
    let mut open: Option<Open<'_>> = None;
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        // A lone carriage return ends a line, too (classic Mac OS, and damaged transfers).
        for line in line.split(|byte| *byte == b'\r') {
            let line = line.trim_ascii();
            if let Some(label) = label(line, BEGIN) {
                if let Some(open) = open {
                    return Err(open.unfinished());
                }
                open = Some(Open { label, line: index + 1, lines: Vec::new(), legacy: false });
            } else if let Some(section) = open.as_mut() {
                if label(line, END).is_some_and(|end| end == section.label) {
                    if sections.len() == MAX_SECTIONS {
                        return Err(fail(
                            format!("the file holds more than {MAX_SECTIONS} PEM sections"),
                            "give a file that holds only the certificates and keys that are meant",
                        ));
                    }
                    sections.extend(open.take().map(Open::finish).transpose()?);
                } else {
                    section.push(line);
                }
            }
        }
    }
    match open {
        Some(open) => Err(open.unfinished()),
        None => Ok(sections),
    }
}

/// Only the certificates, in their order.
pub fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = read(bytes)?.into_iter().filter_map(|section| match section {
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

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

fn encode(label: &str, der: &[u8]) -> String {
    // It fails only for a label that is no label and for more bytes than fit into memory.
    encode_string(label, LineEnding::LF, der).unwrap_or_default()
}

/// The label of a `BEGIN` or `END` line.
fn label(line: &[u8], start: &[u8]) -> Option<String> {
    let label = line.strip_prefix(start)?.strip_suffix(b"-----")?;
    Some(String::from_utf8_lossy(label).into_owned())
}

/// The bytes without a byte order mark; UTF-16 (what PowerShell's `>` writes) as UTF-8, in `room`.
fn decoded<'a>(bytes: &'a [u8], room: &'a mut Zeroizing<Vec<u8>>) -> &'a [u8] {
    let (rest, unit): (_, fn([u8; 2]) -> u16) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => return rest,
        [0xFF, 0xFE, rest @ ..] => (rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => (rest, u16::from_be_bytes),
        _ => return bytes,
    };
    let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    // Two bytes become three at most.
    room.reserve_exact(rest.len() / 2 * 3);
    for character in char::decode_utf16(units) {
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        room.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    room
}

/// A section whose end has not come yet.
struct Open<'a> {
    label: String,
    line: usize,
    /// Its lines of Base64: put together only when there is no more to come, so that no copy is left
    /// where a buffer had to grow.
    lines: Vec<&'a [u8]>,
    legacy: bool,
}

impl<'a> Open<'a> {
    fn unfinished(&self) -> anyhow::Error {
        fail(
            format!("the section {} that starts in line {} has no end", self.label, self.line),
            "the file is cut off or damaged: copy it again from where it came",
        )
    }

    /// Takes a line of Base64; RFC 1421 headers are passed over, but not what they say.
    fn push(&mut self, line: &'a [u8]) {
        if line.contains(&b':') {
            self.legacy |= line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED");
        } else {
            self.lines.push(line);
        }
    }

    fn finish(self) -> Result<Section> {
        if self.legacy {
            return Ok(Section::LegacyEncryptedKey);
        }
        Ok(match self.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "X.509 CERTIFICATE" => {
                Section::Certificate(self.public()?.into())
            }
            "TRUSTED CERTIFICATE" => Section::Certificate(first_object(self.public()?).into()),
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Section::Request(self.public()?.into()),
            "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => Section::Pkcs7(self.public()?),
            "ENCRYPTED PRIVATE KEY" => Section::EncryptedKey(self.public()?),
            "PRIVATE KEY" => Section::Key(Key::Pkcs8(self.secret()?)),
            "RSA PRIVATE KEY" => Section::Key(Key::Pkcs1(self.secret()?)),
            "EC PRIVATE KEY" => Section::Key(Key::Sec1(self.secret()?)),
            _ => Section::Other(self.label),
        })
    }

    fn public(&self) -> Result<Vec<u8>> {
        match self.decode("CERTIFICATE")? {
            Some(rustls_pemfile::Item::X509Certificate(der)) => Ok(der.to_vec()),
            _ => Err(self.damaged()),
        }
    }

    fn secret(&self) -> Result<Zeroizing<Vec<u8>>> {
        let length = self.lines.iter().map(|line| line.len()).sum();
        let mut text = Zeroizing::new(Vec::with_capacity(length));
        self.lines
            .iter()
            .for_each(|line| text.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace())));
        let mut der = Zeroizing::new(vec![0; text.len() / 4 * 3]);
        let length = Base64::decode(&*text, &mut der).map_err(|_| self.damaged())?.len();
        if length > MAX_KEY_SIZE || length == 0 {
            return Err(self.damaged());
        }
        der.truncate(length);
        Ok(der)
    }

    /// rustls-pemfile's reading of this section, shown to it under a label that it knows.
    fn decode(&self, label: &str) -> Result<Option<rustls_pemfile::Item>> {
        let body = self.lines.join(&b'\n');
        let begin = format!("-----BEGIN {label}-----\n");
        let section = [begin.as_bytes(), &body, format!("\n-----END {label}-----\n").as_bytes()].concat();
        match rustls_pemfile::read_one_from_slice(&section) {
            Ok(item) => Ok(item.map(|(item, _)| item)),
            Err(_) => Err(self.damaged()),
        }
    }

    fn damaged(&self) -> anyhow::Error {
        fail(
            format!("the section {} that starts in line {} is damaged", self.label, self.line),
            "copy the file again from where it came; between BEGIN and END stands only Base64",
        )
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
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nAAECAwQF\nBgcICQ==\n-----END CERTIFICATE-----\n";
    const DER: [u8; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    #[test]
    fn certificates_are_found_in_whatever_text_they_stand() {
        let utf16 = |bom: [u8; 2], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            bom.into_iter().chain(PEM.replace('\n', "\r\n").encode_utf16().flat_map(bytes)).collect()
        };
        for (what, bytes) in [
            ("plain", PEM.as_bytes().to_vec()),
            ("CRLF", PEM.replace('\n', "\r\n").into_bytes()),
            ("CR", PEM.replace('\n', "\r").into_bytes()),
            ("no line feed at the end", PEM.trim_end().as_bytes().to_vec()),
            ("byte order mark", [b"\xEF\xBB\xBF", PEM.as_bytes()].concat()),
            ("UTF-16 LE", utf16([0xFF, 0xFE], u16::to_le_bytes)),
            ("UTF-16 BE", utf16([0xFE, 0xFF], u16::to_be_bytes)),
            ("indented", PEM.replace('\n', "\n    ").into_bytes()),
            (
                "bag attributes",
                format!("Bag Attributes\n    friendlyName: x\nsubject=CN = x\n{PEM}").into_bytes(),
            ),
            ("bytes of another encoding", [b"friendlyName: \xE4\xF6\n", PEM.as_bytes()].concat()),
            ("other label", PEM.replace("CERTIFICATE", "X509 CERTIFICATE").into_bytes()),
        ] {
            assert!(is_pem(&bytes), "{what}");
            let found = certificates(&bytes).expect(what);
            assert_eq!(found, [CertificateDer::from(DER.to_vec())], "{what}");
        }
    }

    #[test]
    fn sections_keep_their_order_and_kind() {
        let text = |label: &str| PEM.replace("CERTIFICATE", label);
        let all = [
            "PRIVATE KEY",
            "CERTIFICATE",
            "EC PARAMETERS",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "PKCS7",
            "NEW CERTIFICATE REQUEST",
        ]
        .map(text)
        .concat();
        let sections = read(all.as_bytes()).expect("sections");
        assert!(
            matches!(
                sections.as_slice(),
                [
                    Section::Key(Key::Pkcs8(_)),
                    Section::Certificate(_),
                    Section::Other(_),
                    Section::Key(Key::Pkcs1(_)),
                    Section::Key(Key::Sec1(_)),
                    Section::EncryptedKey(_),
                    Section::Pkcs7(_),
                    Section::Request(_),
                ]
            ),
            "{sections:?}"
        );
    }

    #[test]
    fn an_old_encrypted_key_is_known_by_its_header() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAEC\n\
                   -----END RSA PRIVATE KEY-----\n";
        assert!(matches!(read(key.as_bytes()).expect("a key").as_slice(), [Section::LegacyEncryptedKey]));
    }

    #[test]
    fn damage_is_named_with_its_line() {
        let cut = PEM.replace("-----END CERTIFICATE-----\n", "");
        for (text, what) in [
            (cut.clone(), "starts in line 1 has no end"),
            (format!("\n{cut}{PEM}"), "starts in line 2 has no end"),
            (PEM.replace("AAEC", "A*EC"), "starts in line 1 is damaged"),
            (PEM.replace("CERTIFICATE", "PRIVATE KEY").replace("ICQ==", "*"), "PRIVATE KEY"),
            (PEM.repeat(MAX_SECTIONS + 1), "more than 5000"),
            (" ".repeat(MAX_SIZE + 1), "larger than 16 MiB"),
        ] {
            let error = read(text.as_bytes()).expect_err(what);
            assert!(error.to_string().contains(what), "{error}");
            assert!(crate::hint::hint_of(&error).is_some(), "{error}");
        }
        assert!(!is_pem(b"no section"));
        assert!(read(b"no section").expect("nothing").is_empty());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let der = CertificateDer::from((0..=255).collect::<Vec<u8>>());
        let text = write_certificates([&der, &der]);
        assert!(
            text.lines().all(|line| line.len() <= 64) && !text.contains('\r') && text.ends_with("-----\n")
        );
        assert_eq!(certificates(text.as_bytes()).expect("certificates"), [der.clone(), der]);
        assert!(write_key(&[1, 2, 3]).starts_with("-----BEGIN PRIVATE KEY-----\n"));
    }
}
