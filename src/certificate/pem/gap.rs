//! The text around PEM sections: comments and attributes do not matter, but a certificate without markers must not be
//! skipped silently.

use base64ct::{Base64, Encoding};
use labtrust_machine::pkcs12::asn1;

use super::block::is_commented_out;
use crate::certificate::shape::{starts_archive, starts_certificate};

/// A part of the text that must not be skipped silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stray {
    /// A certificate in Base64.
    Certificate,
    /// A certificate in Base64, after `#`.
    CommentedOut,
    /// PKCS #7 or PKCS #12 in Base64, such as the signature of a mail.
    Archive,
}

/// The first letters of an object in Base64, and of a PEM file with a certificate.
const OBJECT: &[u8] = b"MI";
const PEM: &[u8] = b"LS0tLS1CRUdJTiBDRVJUSUZJQ0FUR";
/// The letters of Base64 that are enough to recognise the content.
const LETTERS: usize = 32;

/// All strays of a gap with their positions, in order.
pub(super) fn strays(gap: &[u8]) -> impl Iterator<Item = (usize, Stray)> {
    let mut next = 0;
    std::iter::from_fn(move || {
        while let Some(found) = gap[next..].iter().position(|byte| matches!(byte, b'M' | b'L')) {
            let at = next + found;
            next = at + 1;
            if let Some(stray) = stray(&gap[at..]) {
                // The content of an archive is part of it.
                next += if stray == Stray::Archive { archive_length(&gap[at..]) } else { 0 };
                let is_commented_out = is_commented_out(&gap[..at]);
                return Some((at, if is_commented_out { Stray::CommentedOut } else { stray }));
            }
        }
        None
    })
}

fn stray(text: &[u8]) -> Option<Stray> {
    if text.starts_with(PEM) {
        return Some(Stray::Certificate);
    }
    let start = text.starts_with(OBJECT).then(|| decoded_start(text))??;
    if starts_certificate(&start) {
        return Some(Stray::Certificate);
    }
    starts_archive(&start).then_some(Stray::Archive)
}

/// The length of the archive at the start of `text`: the length in its header, or all Base64.
fn archive_length(text: &[u8]) -> usize {
    let announced = decoded_start(text).and_then(|start| asn1::announced_length(&start));
    let mut letters = announced.map_or(usize::MAX, |length| length.div_ceil(3) * 4);
    let is_end = |byte: &u8| {
        letters = letters.saturating_sub(usize::from(byte.is_ascii_alphanumeric() || b"+/=".contains(byte)));
        letters == 0
            || !(byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/=\\".contains(byte))
    };
    text.iter().position(is_end).unwrap_or(text.len() - 1)
}

/// The first bytes of the Base64 at the start of `text`, with line ends of any kind.
fn decoded_start(text: &[u8]) -> Option<[u8; LETTERS / 4 * 3]> {
    let mut letters = [0; LETTERS];
    let mut count = 0;
    let mut rest = text;
    // A line is not shorter than its end.
    for _ in 0..LETTERS * 2 {
        rest = match rest {
            [b'\\', b'n' | b'r', rest @ ..] | [b'\n' | b'\r' | b' ' | b'\t', rest @ ..] => rest,
            [letter, rest @ ..] => {
                letters[count] = *letter;
                count += 1;
                rest
            }
            [] => return None,
        };
        if count == LETTERS {
            let mut bytes = [0; LETTERS / 4 * 3];
            return Base64::decode(letters, &mut bytes).is_ok().then_some(bytes);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_certificates_is_told_from_other_base64() {
        let head = |bytes: &[u8]| Base64::encode_string(&[bytes, &[7; 40]].concat());
        let version3 = [0x30, 0x82, 2, 0, 0x30, 0x82, 1, 0x80, 0xA0, 3, 2, 1, 2];
        let signed = [0x30, 0x82, 2, 0, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];
        let request = [0x30, 0x82, 2, 0, 0x30, 0x82, 1, 0x80, 2, 1, 0];
        for (text, expected) in [
            (head(&version3), vec![(0, Stray::Certificate)]),
            (format!("x5c: {}", head(&version3)), vec![(5, Stray::Certificate)]),
            (head(&version3)[..9].to_owned() + "\\n" + &head(&version3)[9..], vec![(0, Stray::Certificate)]),
            (head(&version3)[..3].to_owned() + "\r\n" + &head(&version3)[3..], vec![(0, Stray::Certificate)]),
            (Base64::encode_string(b"-----BEGIN CERTIFICATE-----\n"), vec![(0, Stray::Certificate)]),
            (format!("# {}", head(&version3)), vec![(2, Stray::CommentedOut)]),
            (head(&signed), vec![(0, Stray::Archive)]),
            (head(&request), Vec::new()),
            ("MIME-Version: 1.0\nMII".into(), Vec::new()),
            ("MII".repeat(40), Vec::new()),
        ] {
            assert_eq!(strays(text.as_bytes()).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
