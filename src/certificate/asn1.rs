//! Looks at the outside of BER and DER without reading what is inside: enough to recognise a file.

use x509_parser::asn1_rs::{Any, Class, FromBer, Header, Tag};
use zeroize::Zeroizing;

/// The first element, and what follows it.
pub(super) fn first(bytes: &[u8]) -> Option<(Any<'_>, &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let (rest, any) = Any::from_ber(bytes).ok()?;
    // A reader that does not move on would never end.
    (rest.len() < bytes.len()).then_some((any, rest))
}

/// How many bytes the sequence with which `bytes` start says that it has, its header included.
pub(super) fn announced_length(bytes: &[u8]) -> Option<usize> {
    let header = Header::from_ber(bytes).ok().filter(|(_, header)| header.tag() == Tag::Sequence);
    let (content, header) = header?;
    header.length().definite().ok()?.checked_add(bytes.len() - content.len())
}

/// The elements that follow each other, each with its encoding. What is none ends them.
pub(super) struct Elements<'a>(&'a [u8]);

impl Elements<'_> {
    /// Whether nothing is left. A reader that skips the rest loses it without a word.
    pub(super) fn are_all(&self) -> bool {
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

/// The elements that follow each other in `bytes`.
pub(super) fn elements(bytes: &[u8]) -> Elements<'_> {
    Elements(bytes)
}

/// The content of an octet string, which BER may cut into pieces within pieces.
pub(super) fn octets(any: &Any<'_>) -> Option<Zeroizing<Vec<u8>>> {
    // The pieces together are no longer than the whole.
    let mut whole = Zeroizing::new(Vec::with_capacity(any.data.len()));
    gather(any, &mut whole, DEEPEST)?;
    Some(whole)
}

/// No writer cuts pieces into pieces of pieces.
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
pub(super) fn is_octets(any: &Any<'_>) -> bool {
    any.tag() == Tag::OctetString && any.class() == Class::Universal
}

/// The content of an element with this number in a context of its own.
pub(super) fn tagged<'a>(any: &Any<'a>, number: u32) -> Option<&'a [u8]> {
    (any.class() == Class::ContextSpecific && any.tag() == Tag(number)).then_some(any.data)
}

/// The content of a sequence.
pub(super) fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (any, _) = first(bytes)?;
    is_sequence(&any).then_some(any.data)
}

/// Whether an element is a sequence.
pub(super) fn is_sequence(any: &Any<'_>) -> bool {
    any.tag() == Tag::Sequence && any.class() == Class::Universal
}

/// The tag of the first element in a sequence.
pub(super) fn leading_tag(bytes: &[u8]) -> Option<Tag> {
    let (any, _) = first(sequence(bytes)?)?;
    (any.class() == Class::Universal).then(|| any.tag())
}

/// The number with which a sequence starts, if it is a version.
pub(super) fn leading_version(bytes: &[u8]) -> Option<u8> {
    let (any, _) = first(sequence(bytes)?)?;
    match any.data {
        [version] if any.tag() == Tag::Integer && any.class() == Class::Universal => Some(*version),
        _ => None,
    }
}
