//! Reads the outer structure of BER and DER: enough to recognise a file.

use x509_parser::asn1_rs::{Any, Class, FromBer, Header, Tag};
use zeroize::Zeroizing;

/// The first element, and the rest.
pub fn first(bytes: &[u8]) -> Option<(Any<'_>, &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let (rest, any) = Any::from_ber(bytes).ok()?;
    // A reader that consumes nothing would never end.
    (rest.len() < bytes.len()).then_some((any, rest))
}

/// The length that the sequence at the start of `bytes` announces, with its header.
pub fn announced_length(bytes: &[u8]) -> Option<usize> {
    let header = Header::from_ber(bytes).ok().filter(|(_, header)| header.tag() == Tag::Sequence);
    let (content, header) = header?;
    header.length().definite().ok()?.checked_add(bytes.len() - content.len())
}

/// Consecutive elements, each with its encoding. They end at the first bytes that are not an element.
pub struct Elements<'a>(&'a [u8]);

impl Elements<'_> {
    /// Whether no bytes are left. A reader must not skip the rest silently.
    pub fn are_all(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (Any<'a>, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (any, after) = first(self.0)?;
        let encoded = &self.0[..self.0.len() - after.len()];
        self.0 = after;
        Some((any, encoded))
    }
}

/// The consecutive elements of `bytes`.
pub fn elements(bytes: &[u8]) -> Elements<'_> {
    Elements(bytes)
}

/// The content of an octet string, which BER may split into nested pieces.
pub fn octets(any: &Any<'_>) -> Option<Zeroizing<Vec<u8>>> {
    // The pieces together are not longer than the whole.
    let mut whole = Zeroizing::new(Vec::with_capacity(any.data.len()));
    gather(any, &mut whole, DEEPEST)?;
    Some(whole)
}

/// The deepest nesting of pieces that is read.
const DEEPEST: usize = 8;

fn gather(any: &Any<'_>, whole: &mut Vec<u8>, depth: usize) -> Option<()> {
    if any.header.is_constructed() {
        let depth = depth.checked_sub(1)?;
        let mut pieces = elements(any.data);
        pieces.try_for_each(|(piece, _)| gather(&piece, whole, depth))?;
        pieces.are_all().then_some(())
    } else {
        whole.extend_from_slice(any.data);
        Some(())
    }
}

/// Whether an element is an octet string.
pub fn is_octets(any: &Any<'_>) -> bool {
    any.tag() == Tag::OctetString && any.class() == Class::Universal
}

/// The content of an element with this context-specific tag number.
pub fn tagged<'a>(any: &Any<'a>, number: u32) -> Option<&'a [u8]> {
    (any.class() == Class::ContextSpecific && any.tag() == Tag(number)).then_some(any.data)
}

/// The content of a sequence.
pub fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (any, _) = first(bytes)?;
    is_sequence(&any).then_some(any.data)
}

/// Whether an element is a sequence.
pub fn is_sequence(any: &Any<'_>) -> bool {
    any.tag() == Tag::Sequence && any.class() == Class::Universal
}

/// The tag of the first element in a sequence.
pub fn leading_tag(bytes: &[u8]) -> Option<Tag> {
    let (any, _) = first(sequence(bytes)?)?;
    (any.class() == Class::Universal).then(|| any.tag())
}

/// The version number at the start of a sequence, if there is one.
pub fn leading_version(bytes: &[u8]) -> Option<u8> {
    let (any, _) = first(sequence(bytes)?)?;
    match any.data {
        [version] if any.tag() == Tag::Integer && any.class() == Class::Universal => Some(*version),
        _ => None,
    }
}
