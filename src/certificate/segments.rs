//! Splits a file into DER objects, PEM sections, and the text around them. Every byte belongs to one of these or causes an
//! error, so that no certificate is skipped silently.

use std::fmt;

use anyhow::Result;
use labtrust_machine::pkcs12::asn1;

use super::{
    not_a_certificate,
    pem::{self, Keys, MAX_SECTIONS, Section, Skipped, lines_in},
    shape::{Shape, Tries, starts},
};
use crate::hint::fail;

/// A part of a file, and its position.
pub(super) struct Segment<'b> {
    pub position: Position,
    pub part: Part<'b>,
}

/// A part of a file.
pub(super) enum Part<'b> {
    /// A DER or BER object, and its kind.
    Object(Shape, &'b [u8]),
    /// PEM.
    Section(Section),
    /// Skipped certificates.
    Skipped(Skipped),
}

/// A position in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// The line of a text, from 1.
    Line(usize),
    /// The offset in bytes.
    Offset(usize),
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "in line {line}"),
            Self::Offset(offset) => write!(f, "at byte {offset}"),
        }
    }
}

/// All parts of `bytes`, in order.
pub(super) fn segments(bytes: &[u8], keys: Keys) -> Result<Vec<Segment<'_>>> {
    pem::check_size(bytes)?;
    if let Some(object) = single(bytes) {
        return Ok(vec![Segment {
            position: Position::Offset(0),
            part: Part::Object(Shape::of(object), object),
        }]);
    }
    let Objects { whole, damaged } = objects(bytes)?;
    let mut segments = Vec::new();
    let mut unread = damaged;
    let (mut at, mut line) = (0, 1);
    for (start, shape, object) in whole {
        let text = &bytes[at..start];
        take_text(text, at, line, keys, &mut segments, &mut unread)?;
        segments.push(Segment { position: Position::Offset(start), part: Part::Object(shape, object) });
        at = start + object.len();
        line += lines_in(text) + lines_in(object);
    }
    take_text(&bytes[at..], at, line, keys, &mut segments, &mut unread)?;
    if segments.is_empty() {
        return Err(not_a_certificate::unknown_content_error(bytes));
    }
    match unread {
        Some(at) => Err(unreadable(bytes, at)),
        None if segments.len() > MAX_SECTIONS => Err(fail(
            format!("the file holds more than {MAX_SECTIONS} certificates"),
            "pass a file that holds only the certificates and keys that you mean",
        )),
        None => Ok(segments),
    }
}

/// The object, if the bytes are a single one; it may be damaged inside.
fn single(bytes: &[u8]) -> Option<&[u8]> {
    let (_, rest) = asn1::first(bytes)?;
    let object = &bytes[..bytes.len() - rest.len()];
    (is_filler(rest) && Shape::of(object) != Shape::Unknown).then_some(object)
}

/// The objects in `bytes`, each with its position.
struct Objects<'b> {
    whole: Vec<(usize, Shape, &'b [u8])>,
    /// The position of the first incomplete or damaged object.
    damaged: Option<usize>,
}

fn objects(bytes: &[u8]) -> Result<Objects<'_>> {
    let mut found = Objects { whole: Vec::new(), damaged: None };
    let mut tries = Tries::default();
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| *byte == 0x30) {
        at += next;
        if let Some((shape, object)) = Shape::at_start(&bytes[at..], &mut tries) {
            found.whole.push((at, shape, object));
            at += object.len();
        } else {
            found.damaged = found.damaged.or_else(|| starts(&bytes[at..]).then_some(at));
            at += 1;
        }
        if tries.are_too_many() {
            return Err(unreadable(bytes, found.damaged.unwrap_or(at)));
        }
    }
    Ok(found)
}

/// Adds the sections of the text at `at`. A text without sections must be filler; otherwise `unread` is set to its first
/// byte.
fn take_text(
    text: &[u8],
    at: usize,
    line: usize,
    keys: Keys,
    segments: &mut Vec<Segment<'_>>,
    unread: &mut Option<usize>,
) -> Result<()> {
    if is_filler(text) {
        return Ok(());
    }
    let found = pem::read_text(text, line, keys)?;
    if found.sections.is_empty() {
        let first_filled = text.iter().position(|byte| !is_filler(&[*byte])).unwrap_or_default();
        *unread = (*unread).into_iter().chain([at + first_filled]).min();
    }
    let sections = found.sections.into_iter().map(|(line, section)| (line, Part::Section(section)));
    let skipped = found.skipped.into_iter().map(|(line, what)| (line, Part::Skipped(what)));
    let parts = sections.chain(skipped);
    segments.extend(parts.map(|(line, part)| Segment { position: Position::Line(line), part }));
    Ok(())
}

/// Whether the bytes are line ends and nulls, which editors and transfers add after an object.
fn is_filler(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_whitespace() || matches!(byte, 0 | 0x1A))
}

fn unreadable(bytes: &[u8], at: usize) -> anyhow::Error {
    let rest = &bytes[at..];
    let length = asn1::announced_length(rest).unwrap_or_default();
    if starts(rest) && length > rest.len() {
        let there = rest.len();
        return fail(
            format!("the file is cut off: the object at byte {at} has {there} of {length} bytes"),
            "copy it again from its source",
        );
    }
    if starts(rest) {
        return fail(format!("the object at byte {at} is damaged"), "copy it again from its source");
    }
    if at == 0 {
        return not_a_certificate::unknown_content_error(bytes);
    }
    fail(
        format!("the object at byte {at} is neither a certificate nor a key"),
        "remove it from the file, or put each certificate into its own file",
    )
}

#[cfg(test)]
mod tests;
