//! The name under which OpenSSL searches a folder for a CA: a hash of its subject in a canonical form
//! (OpenSSL, `crypto/x509/x_name.c`, `x509_name_canon`; openssl-rehash(1)).

use sha1::{Digest, Sha1};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const UTF8: u8 = 0x0c;
/// `[0] EXPLICIT`, the version of a certificate.
const VERSION: u8 = 0xa0;

/// The first four bytes of the SHA-1 of the canonical subject of the certificate `der`, as eight hexadecimal digits. None if
/// OpenSSL cannot read the subject.
pub(super) fn hash(der: &[u8]) -> Option<String> {
    let mut canonical = Vec::new();
    let mut relative_names = subject(der)?;
    while !relative_names.is_empty() {
        let (set, rest) = element(relative_names, SET)?;
        canonical.extend(relative_name(set)?);
        relative_names = rest;
    }
    let digest = Sha1::digest(&canonical);
    let start: [u8; 4] = digest[..4].try_into().ok()?;
    Some(format!("{:08x}", u32::from_le_bytes(start)))
}

/// The contents of the subject of the certificate `der` (RFC 5280, section 4.1).
fn subject(der: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut fields, _) = element(certificate, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        fields = next(fields)?.2;
    }
    // The serial number, the signature algorithm, the issuer and the validity.
    for _ in 0..4 {
        fields = next(fields)?.2;
    }
    Some(element(fields, SEQUENCE)?.0)
}

/// The canonical form of a set of attributes.
fn relative_name(mut attributes: &[u8]) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    while !attributes.is_empty() {
        let (attribute, rest) = element(attributes, SEQUENCE)?;
        let (.., after) = next(attribute)?;
        let (kind, _) = attribute.split_at(attribute.len() - after.len());
        let (tag, value, _) = next(after)?;
        all.push(encoded(SEQUENCE, &[kind, &canonical_value(tag, value)?].concat()));
        attributes = rest;
    }
    all.sort();
    Some(encoded(SET, &all.concat()))
}

/// The canonical form of a value. None if it is an invalid text.
fn canonical_value(tag: u8, value: &[u8]) -> Option<Vec<u8>> {
    let wide = |units: &mut dyn Iterator<Item = u32>| units.map(char::from_u32).collect::<Option<String>>();
    let text = match tag {
        UTF8 => String::from_utf8(value.to_vec()).ok()?,
        // PrintableString, T61String, IA5String and VisibleString: one byte a letter.
        0x13 | 0x14 | 0x16 | 0x1a => value.iter().map(|byte| char::from(*byte)).collect(),
        // BMPString and UniversalString.
        0x1e => {
            let (units, rest) = value.as_chunks::<2>();
            let mut units = units.iter().map(|unit| u32::from(u16::from_be_bytes(*unit)));
            wide(&mut units).filter(|_| rest.is_empty())?
        }
        0x1c => {
            let (units, rest) = value.as_chunks::<4>();
            wide(&mut units.iter().map(|unit| u32::from_be_bytes(*unit))).filter(|_| rest.is_empty())?
        }
        // OpenSSL does not compare other types as text.
        _ => return Some(encoded(tag, value)),
    };
    Some(encoded(UTF8, canonical(&text).as_bytes()))
}

/// `text` in lowercase ASCII, without spaces around it and with single spaces in it.
fn canonical(text: &str) -> String {
    // C's isspace also counts the vertical tab.
    let is_space = |letter: char| letter.is_ascii_whitespace() || letter == '\u{b}';
    let words: Vec<_> = text.split(is_space).filter(|word| !word.is_empty()).collect();
    words.join(" ").to_ascii_lowercase()
}

/// An element of DER with this `tag`.
fn encoded(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    let digits = &length[length.iter().position(|byte| *byte != 0).unwrap_or(length.len())..];
    let head = match digits {
        [] => vec![tag, 0],
        [small] if *small < 0x80 => vec![tag, *small],
        digits => [&[tag, 0x80 | u8::try_from(digits.len()).unwrap_or_default()], digits].concat(),
    };
    [&head, contents].concat()
}

/// The contents of the first element of `der`, which has this `tag`, and the rest.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    next(der).filter(|(found, ..)| *found == tag).map(|(_, contents, rest)| (contents, rest))
}

/// The tag and the contents of the first element of `der`, and the rest.
fn next(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk()?;
    // A tag of several bytes does not occur in a certificate.
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((tag, contents, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_case_do_not_matter() {
        for (text, expected) in
            [("  Acme \t Root  ", "acme root"), ("\u{b}ÄÖ x", "ÄÖ x"), ("", ""), (" ", "")]
        {
            assert_eq!(canonical(text), expected);
        }
    }

    #[test]
    fn a_length_is_written_as_it_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 70000] {
            let contents = vec![7; length];
            assert_eq!(next(&encoded(SET, &contents)), Some((SET, &contents[..], &[][..])));
        }
    }

    #[test]
    fn a_cut_certificate_has_no_hash() {
        for der in
            [&[][..], &[0x30], &[0x30, 0], &[0x30, 5, 0x30, 3, 2, 1, 1], &[0x30, 0x84, 255, 255, 255, 255]]
        {
            assert_eq!(hash(der), None, "{der:?}");
        }
    }
}
