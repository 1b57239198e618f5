//! Whether two names are the same for a client. RFC 5280 §7.1 ignores case, spaces and the type of string. Some clients
//! ignore less, and some compare bytes.

use x509_parser::asn1_rs::Tag;

use super::anatomy::{Field, Fields};

/// A way to compare names.
pub(super) struct Reading {
    /// The types of string that are compared as text; other values are compared with their type.
    strings: &'static [Tag],
    /// Whether case and repeated spaces are ignored.
    is_loose: bool,
}

/// RFC 5280 §7.1, and OpenSSL: case is that of ASCII alone.
pub(super) const BY_THE_BOOK: Reading = Reading { strings: &STRINGS, is_loose: true };
/// Java reads only the two types that RFC 5280 §4.1.2.4 recommends.
pub(super) const JAVA: Reading =
    Reading { strings: &[Tag::Utf8String, Tag::PrintableString], is_loose: true };
/// `GnuTLS` below the anchor; at the anchor it compares bytes.
pub(super) const GNUTLS: Reading = Reading {
    strings: &[Tag::Utf8String, Tag::PrintableString, Tag::BmpString, Tag::TeletexString],
    is_loose: false,
};

const STRINGS: [Tag; 6] = [
    Tag::Utf8String,
    Tag::PrintableString,
    Tag::BmpString,
    Tag::TeletexString,
    Tag::Ia5String,
    Tag::VisibleString,
];

/// Longer names are compared byte by byte: no CA has one, and comparing them in a large file would take long.
const LONGEST: usize = 4096;

/// The attributes of a name: each one's part of the name, its type and its value.
type Attributes = Vec<(usize, Vec<u8>, Value)>;

#[derive(PartialEq, Eq)]
enum Value {
    Text(String),
    Other(Vec<u8>),
}

impl Reading {
    /// Whether two names in DER are the same.
    pub(super) fn is_same(&self, one: &[u8], other: &[u8]) -> bool {
        let read = || self.attributes(one).zip(self.attributes(other));
        let is_short = one.len().max(other.len()) <= LONGEST;
        one == other || is_short && read().is_some_and(|(one, other)| one == other)
    }

    fn attributes(&self, name: &[u8]) -> Option<Attributes> {
        let mut attributes = Vec::new();
        for (place, part) in Fields::of_sequence(name)?.enumerate() {
            for attribute in Fields(part.content) {
                let mut fields = Fields::of_sequence(attribute.whole)?;
                attributes.push((place, fields.next()?.content.to_vec(), self.value(&fields.next()?)));
            }
        }
        Some(attributes)
    }

    fn value(&self, field: &Field<'_>) -> Value {
        match text(field).filter(|_| self.strings.contains(&field.tag)) {
            None => Value::Other(field.whole.to_vec()),
            Some(text) if self.is_loose => {
                Value::Text(text.split_ascii_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase())
            }
            Some(text) => Value::Text(text),
        }
    }
}

fn text(field: &Field<'_>) -> Option<String> {
    let content = field.content;
    let pairs = || content.chunks(2).map(|pair| pair.try_into().ok().map(u16::from_be_bytes));
    match field.tag {
        // Writers use it for Latin-1.
        Tag::TeletexString => Some(content.iter().map(|byte| char::from(*byte)).collect()),
        Tag::BmpString => String::from_utf16(&pairs().collect::<Option<Vec<_>>>()?).ok(),
        _ => String::from_utf8(content.to_vec()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(tag: u8, text: &[u8]) -> Vec<u8> {
        let element = |tag: u8, content: &[u8]| {
            [&[tag, u8::try_from(content.len()).expect("a short one")], content].concat()
        };
        let attribute = [&[6, 3, 0x55, 4, 3][..], &element(tag, text)].concat();
        element(0x30, &element(0x31, &element(0x30, &attribute)))
    }

    #[test]
    fn names_are_the_same_whatever_their_spelling() {
        let plain = name(0x0c, b"Corp CA");
        for (other, by_the_book, java, gnutls) in [
            (name(0x0c, b"Corp CA"), true, true, true),
            (name(0x13, b"Corp CA"), true, true, true),
            (name(0x1e, b"\0C\0o\0r\0p\0 \0C\0A"), true, false, true),
            (name(0x14, b"Corp CA"), true, false, true),
            (name(0x16, b"Corp CA"), true, false, false),
            (name(0x0c, b" corp  ca "), true, true, false),
            (name(0x0c, "Corp\u{a0}CA".as_bytes()), false, false, false),
            (name(0x0c, b"Corp CB"), false, false, false),
            (name(0x0c, b"CorpCA"), false, false, false),
            (name(0x04, b"Corp CA"), false, false, false),
            (vec![0x30, 0], false, false, false),
            (vec![0x30, 9], false, false, false),
        ] {
            for (reading, is_same) in [(BY_THE_BOOK, by_the_book), (JAVA, java), (GNUTLS, gnutls)] {
                assert_eq!(reading.is_same(&plain, &other), is_same, "{other:x?}");
            }
        }
        assert!(BY_THE_BOOK.is_same(&[1], &[1]) && !BY_THE_BOOK.is_same(&[1], &[2]));
    }
}
