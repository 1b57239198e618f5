//! Recognises binary objects by their outermost structure, with their start and end.

use labtrust_machine::pkcs12::{self, asn1};
use x509_parser::asn1_rs::Tag;

use super::anatomy::{Field, Fields};

/// The kind of an ASN.1 object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Certificate,
    Pkcs7,
    Pkcs12,
    Key,
    EncryptedKey,
    PublicKey,
    Request,
    RevocationList,
    AttributeCertificate,
    Unknown,
}

/// The most parts of an object: a key of PKCS #1 has nine.
const MOST_PARTS: usize = 12;
/// The most failed attempts for one file to walk through an object of indefinite length.
const MOST_WALKS: u32 = 16;

/// Counts failed attempts on a file, so that no file takes long.
#[derive(Default)]
pub(super) struct Tries(u32);

impl Tries {
    /// Whether too many attempts failed.
    pub(super) fn are_too_many(&self) -> bool {
        self.0 > MOST_WALKS
    }
}

impl Shape {
    /// The kind of the bytes, if they are a single object; damage inside does not matter.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let known = Self::of_whole(bytes);
        if known != Self::Unknown {
            return known;
        }
        match (asn1::leading_tag(bytes), asn1::leading_version(bytes)) {
            (Some(Tag::Oid), _) => Self::Pkcs7,
            (_, Some(3)) => Self::Pkcs12,
            (_, Some(0 | 1)) => Self::Key,
            (Some(Tag::Sequence), _) if pkcs12::encrypted_parts(bytes).is_some() => Self::EncryptedKey,
            (Some(Tag::Sequence), _) => Self::Certificate,
            _ => Self::Unknown,
        }
    }

    /// The kind of the bytes, if they are exactly one complete object.
    pub(super) fn of_whole(bytes: &[u8]) -> Self {
        parts(bytes).map_or(Self::Unknown, |parts| Self::of_parts(&parts))
    }

    /// The object at the start of `bytes`, if its parts are those of a known kind and fill it.
    pub(super) fn at_start<'b>(bytes: &'b [u8], tries: &mut Tries) -> Option<(Self, &'b [u8])> {
        if !may_start(bytes) || tries.are_too_many() {
            return None;
        }
        let without_length = bytes[1] == 0x80;
        let object = if without_length {
            asn1::first(bytes).map(|(_, rest)| &bytes[..bytes.len() - rest.len()])
        } else {
            asn1::announced_length(bytes).and_then(|length| bytes.get(..length))
        };
        let known = object.and_then(|object| {
            let shape = Self::of_parts(&parts(object)?);
            (shape != Self::Unknown).then_some((shape, object))
        });
        let walked = without_length || object.is_some_and(has_part_without_length);
        tries.0 += u32::from(known.is_none() && walked);
        known
    }

    fn of_parts(parts: &[Field<'_>]) -> Self {
        match parts {
            [signed, algorithm, signature]
                if signed.is(Tag::Sequence)
                    && algorithm.is(Tag::Sequence)
                    && signature.is(Tag::BitString) =>
            {
                Self::of_signed(signed)
            }
            [algorithm, key] if is_algorithm(algorithm) && key.is(Tag::BitString) => Self::PublicKey,
            [algorithm, key] if is_algorithm(algorithm) && key.is(Tag::OctetString) => Self::EncryptedKey,
            [kind, content] if kind.is(Tag::Oid) && content.is_context(0) => Self::Pkcs7,
            [version, safe] | [version, safe, _] if is_version(version, &[3]) && safe.is(Tag::Sequence) => {
                Self::Pkcs12
            }
            [version, second, ..] if is_version(version, &[0, 1]) => {
                let is_pkcs8 = second.is(Tag::Sequence) && parts.len() > 2 && parts[2].is(Tag::OctetString);
                let is_numbers = parts.len() > 5 && parts.iter().all(|part| part.is(Tag::Integer));
                let is_key = is_pkcs8 || is_numbers || second.is(Tag::OctetString);
                if is_key { Self::Key } else { Self::Unknown }
            }
            _ => Self::Unknown,
        }
    }

    /// The kind of a signed object, by its first fields: a certificate, unless it is certainly another kind.
    fn of_signed(signed: &Field<'_>) -> Self {
        let fields: Vec<_> = Fields(signed.content).take(4).collect();
        let is_time = |field: &Field<'_>| field.is(Tag::UtcTime) || field.is(Tag::GeneralizedTime);
        match fields.as_slice() {
            [version, holder, issuer, ..] if version.is(Tag::Integer) && holder.is(Tag::Sequence) => {
                match fields.get(3) {
                    _ if issuer.is_context(0) => Self::AttributeCertificate,
                    _ if !issuer.is(Tag::Sequence) => Self::Certificate,
                    Some(fourth) if is_time(fourth) => Self::RevocationList,
                    // Of a certificate's four fields, the last is its validity.
                    Some(fourth) if fourth.is(Tag::Sequence) => Self::Certificate,
                    _ => Self::Request,
                }
            }
            [algorithm, issuer, time, ..]
                if algorithm.is(Tag::Sequence) && issuer.is(Tag::Sequence) && is_time(time) =>
            {
                Self::RevocationList
            }
            _ => Self::Certificate,
        }
    }
}

/// Whether an object may start here: a sequence, and in it a sequence, a number, or an object identifier.
fn may_start(bytes: &[u8]) -> bool {
    content(bytes).is_some_and(|content| matches!(content.first(), Some(0x30 | 0x02 | 0x06)))
}

/// The bytes after the header of a sequence, as far as they exist.
fn content(bytes: &[u8]) -> Option<&[u8]> {
    let [0x30, length, rest @ ..] = bytes else { return None };
    match length {
        0x00..=0x80 => Some(rest),
        0x81..=0x84 => rest.get(usize::from(length - 0x80)..),
        _ => None,
    }
}

/// Whether a certificate, or an archive of certificates, starts here; it may be cut off or damaged.
pub(super) fn starts(bytes: &[u8]) -> bool {
    starts_certificate(bytes) || starts_archive(bytes)
}

/// Whether a certificate starts here, by its first headers.
pub(super) fn starts_certificate(bytes: &[u8]) -> bool {
    let is_long = |bytes: &[u8]| matches!(bytes, [0x30, 0x81..=0x84, ..]);
    let Some(signed) = content(bytes).filter(|inner| is_long(bytes) && is_long(inner)) else { return false };
    match content(signed).unwrap_or_default() {
        // The version of a request, of a list of revoked certificates, of a certificate of attributes.
        [0x02, 0x01, 0x00 | 0x01, ..] => false,
        [0xA0, 0x03, 0x02, 0x01, ..] | [0x02, 1..=20, ..] => true,
        _ => false,
    }
}

/// The same for PKCS #7 and PKCS #12.
pub(super) fn starts_archive(bytes: &[u8]) -> bool {
    const SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
    let is_long = matches!(bytes, [0x30, 0x80..=0x84, ..]);
    content(bytes).is_some_and(|content| {
        is_long && (content.starts_with(SIGNED_DATA) || content.starts_with(&[0x02, 0x01, 0x03, 0x30]))
    })
}

/// The parts of the sequence `bytes`, if they fill it.
fn parts(bytes: &[u8]) -> Option<Vec<Field<'_>>> {
    let (whole, rest) = asn1::first(bytes)?;
    if !rest.is_empty() || !asn1::is_sequence(&whole) {
        return None;
    }
    let mut fields = Fields(whole.data);
    let parts: Vec<_> = fields.by_ref().take(MOST_PARTS).collect();
    fields.0.is_empty().then_some(parts)
}

fn has_part_without_length(object: &[u8]) -> bool {
    let parts = content(object).unwrap_or_default();
    let mut fields = Fields(parts);
    for _ in 0..MOST_PARTS {
        if matches!(fields.0, [_, 0x80, ..]) {
            return true;
        }
        if fields.next().is_none() {
            break;
        }
    }
    false
}

/// The tag of an object identifier.
const OBJECT_IDENTIFIER: u8 = 0x06;

/// Whether the field is an algorithm, by its first byte alone: its content may have no length.
fn is_algorithm(field: &Field<'_>) -> bool {
    field.is(Tag::Sequence) && field.content.first() == Some(&OBJECT_IDENTIFIER)
}

fn is_version(field: &Field<'_>, versions: &[u8]) -> bool {
    field.is(Tag::Integer) && matches!(field.content, [version] if versions.contains(version))
}
