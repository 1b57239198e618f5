//! Looks at the outside of BER and DER without reading what is inside: enough to recognise a file.

use x509_parser::asn1_rs::{Any, Class, FromBer, Header, Tag};

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
