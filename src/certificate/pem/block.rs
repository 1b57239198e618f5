//! Splits text into PEM sections by their markers, anywhere in the text: people have keys on one line, in quotes, with
//! `\n` for line ends, and certificates whose markers share a line.

use std::{fmt, ops::Range};

use super::{
    label::{LONGEST, Label},
    limit::{MAX_SECTIONS, MAX_SIZE},
};
use crate::hint::fail;

/// A section: its label, and the text between its markers.
pub(super) struct Block<'t> {
    pub label: Label,
    pub line: usize,
    pub body: &'t [u8],
    /// Its range in the text, with its markers.
    pub span: Range<usize>,
}

/// The sections of a text.
#[derive(Default)]
pub(super) struct Blocks<'t> {
    pub blocks: Vec<Block<'t>>,
    /// The first lines of certificate sections that are commented out with `#`.
    pub commented_out: Vec<usize>,
}

/// A fault of a PEM file. It is `Copy` and holds no text of the file, because that may be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    TooLarge,
    TooMany,
    /// A section with this label, from this line on.
    NoEnd(Label, usize),
    NoBeginning(Label, usize),
    Damaged(Label, usize),
    /// In this line.
    DamagedMarker(usize),
    /// A certificate in this line.
    NoMarkers(usize),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooLarge => write!(f, "the file is larger than {} MiB", MAX_SIZE >> 20),
            Self::TooMany => write!(f, "the file holds more than {MAX_SECTIONS} PEM sections"),
            Self::NoEnd(label, line) => {
                write!(f, "{} that starts in line {line} has no end", label.section())
            }
            Self::NoBeginning(label, line) => {
                write!(f, "{} that ends in line {line} has no beginning", label.section())
            }
            Self::Damaged(label, line) => {
                write!(f, "{} that starts in line {line} is damaged", label.section())
            }
            Self::DamagedMarker(line) => {
                write!(f, "the marker BEGIN in line {line} is damaged, so what follows it cannot be read")
            }
            Self::NoMarkers(line) => {
                write!(f, "the certificate in line {line} is in Base64 without markers, so it cannot be read")
            }
        }
    }
}

impl Fault {
    fn hint(self) -> &'static str {
        match self {
            Self::TooLarge | Self::TooMany => {
                "pass a file that holds only the certificates and keys that you mean"
            }
            Self::NoEnd(..) | Self::NoBeginning(..) => {
                "the file is cut off or damaged: copy it again from its source"
            }
            Self::Damaged(..) => {
                "copy the file again from its source; only Base64 may be between BEGIN and END"
            }
            Self::DamagedMarker(_) => {
                "copy the file again from its source; a marker has five hyphens on either side"
            }
            Self::NoMarkers(_) => {
                "put the lines -----BEGIN CERTIFICATE----- and -----END CERTIFICATE----- around it, or remove it"
            }
        }
    }
}

impl From<Fault> for anyhow::Error {
    fn from(fault: Fault) -> Self {
        fail(fault.to_string(), fault.hint())
    }
}

/// All sections of `text`, which starts at the line `line`, in order. It skips sections that are commented out with `#`,
/// as every other reader does.
pub(super) fn blocks(text: &[u8], line: usize) -> Result<Blocks<'_>, Fault> {
    let mut found = Blocks::default();
    let mut open: Option<(Marker<'_>, usize)> = None;
    let mut lines = Lines::new(text, line);
    for (at, found_at) in markers(text) {
        let line = lines.of(at);
        let marker = match found_at {
            Found::Marker(marker) => marker,
            Found::Damaged => return Err(Fault::DamagedMarker(line)),
            Found::CommentedOut => {
                found.commented_out.push(line);
                continue;
            }
        };
        match (open.take(), marker.begins) {
            (None, true) => open = Some((marker, line)),
            (None, false) => return Err(Fault::NoBeginning(marker.label, line)),
            (Some((begin, line)), false) if begin.name == marker.name => {
                if found.blocks.len() == MAX_SECTIONS {
                    return Err(Fault::TooMany);
                }
                let body = &text[begin.after.min(marker.at)..marker.at];
                let span = begin.at..marker.after;
                found.blocks.push(Block { label: begin.label, line, body, span });
            }
            (Some((begin, line)), _) => return Err(Fault::NoEnd(begin.label, line)),
        }
    }
    match open {
        Some((begin, line)) => Err(Fault::NoEnd(begin.label, line)),
        None => Ok(found),
    }
}

/// Counts the lines of a text, from its beginning to its end.
pub(super) struct Lines<'t> {
    text: &'t [u8],
    counted: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    /// Starts at the line `line`.
    pub(super) fn new(text: &'t [u8], line: usize) -> Self {
        Self { text, counted: 0, line }
    }

    /// The line of the byte at `at`, which is not before the last one.
    pub(super) fn of(&mut self, at: usize) -> usize {
        self.line += lines_in(&self.text[self.counted.min(at)..at]);
        self.counted = at;
        self.line
    }
}

/// The number of line ends in `text`.
pub(in crate::certificate) fn lines_in(text: &[u8]) -> usize {
    text.split(|byte| *byte == b'\n').count() - 1
}

const DASHES: &[u8] = b"-----";
const BEGIN: &[u8] = b"BEGIN ";
const END: &[u8] = b"END ";

/// `-----BEGIN LABEL-----` or `-----END LABEL-----`.
struct Marker<'t> {
    begins: bool,
    label: Label,
    name: &'t [u8],
    /// The position of its first dash.
    at: usize,
    /// The position after its last dash.
    after: usize,
}

/// A possible marker.
enum Found<'t> {
    Marker(Marker<'t>),
    Damaged,
    /// The marker of a certificate, after `#`.
    CommentedOut,
}

/// The markers of `text`, each with its position.
fn markers(text: &[u8]) -> impl Iterator<Item = (usize, Found<'_>)> {
    // A word after a dash, or after a character that an editor put instead of a dash.
    let words = (1..text.len()).filter(|at| matches!(text[*at], b'B' | b'E'));
    let words = words.filter(|at| text[at - 1] == b'-' || !text[at - 1].is_ascii());
    words.filter_map(|at| {
        let (begins, name) = match text[at..].strip_prefix(BEGIN) {
            Some(name) => (true, name),
            None => (false, text[at..].strip_prefix(END)?),
        };
        let length = name.windows(DASHES.len()).take(LONGEST + 1).position(|window| window == DASHES);
        let name_at = text.len() - name.len();
        let whole = length.filter(|_| text[..at].ends_with(DASHES)).and_then(|length| {
            let (at, after) = (at - DASHES.len(), name_at + length + DASHES.len());
            let name = &name[..length];
            Label::of(name).map(|label| Marker { begins, label, name, at, after })
        });
        if is_commented_out(&text[..at]) {
            let is_certificate = whole.is_some_and(|marker| begins && marker.label.is_certificate());
            return is_certificate.then_some((at, Found::CommentedOut));
        }
        match whole {
            // A cleartext signed message has no end marker (RFC 9580 §7).
            Some(marker) if marker.name == b"PGP SIGNED MESSAGE" => None,
            Some(marker) => Some((marker.at, Found::Marker(marker))),
            None => (begins && Label::looks_like_label(name)).then_some((at, Found::Damaged)),
        }
    })
}

/// Whether the line that `before` ends in starts with `#`.
pub(super) fn is_commented_out(before: &[u8]) -> bool {
    // People write comments, and these are short.
    let near = &before[before.len().saturating_sub(200)..];
    let line = near.rsplit(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    line.trim_ascii_start().starts_with(b"#")
}
