//! Cuts text into PEM sections by their markers, wherever these stand: people have keys on one line, in
//! quotes, with `\n` for line ends, and certificates whose markers share a line.

use std::fmt;

use super::{
    MAX_SECTIONS, MAX_SIZE,
    label::{LONGEST, Label},
};
use crate::hint::fail;

/// A section: its label, and the text between its markers.
pub(super) struct Block<'t> {
    pub label: Label,
    pub line: usize,
    pub body: &'t [u8],
}

/// What is wrong with a PEM file. It is `Copy` and holds no text, so that no message can carry what was
/// read: it may be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    TooLarge,
    TooMany,
    /// The section of this label, from this line on.
    NoEnd(Label, usize),
    NoBeginning(Label, usize),
    Damaged(Label, usize),
    /// In this line.
    DamagedMarker(usize),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let section = |label: Label| match label.name() {
            "" => "the section".to_owned(),
            name => format!("the section {name}"),
        };
        match *self {
            Self::TooLarge => write!(f, "the file is larger than {} MiB", MAX_SIZE >> 20),
            Self::TooMany => write!(f, "the file holds more than {MAX_SECTIONS} PEM sections"),
            Self::NoEnd(label, line) => {
                write!(f, "{} that starts in line {line} has no end", section(label))
            }
            Self::NoBeginning(label, line) => {
                write!(f, "{} that ends in line {line} has no beginning", section(label))
            }
            Self::Damaged(label, line) => {
                write!(f, "{} that starts in line {line} is damaged", section(label))
            }
            Self::DamagedMarker(line) => {
                write!(f, "the marker BEGIN in line {line} is damaged, so what follows it cannot be read")
            }
        }
    }
}

impl Fault {
    fn hint(self) -> &'static str {
        match self {
            Self::TooLarge | Self::TooMany => {
                "give a file that holds only the certificates and keys that are meant"
            }
            Self::NoEnd(..) | Self::NoBeginning(..) => {
                "the file is cut off or damaged: copy it again from where it came"
            }
            Self::Damaged(..) => {
                "copy the file again from where it came; between BEGIN and END stands only Base64"
            }
            Self::DamagedMarker(_) => {
                "copy the file again from where it came; a marker has five hyphens on either side"
            }
        }
    }
}

impl From<Fault> for anyhow::Error {
    fn from(fault: Fault) -> Self {
        fail(fault.to_string(), fault.hint())
    }
}

/// All sections of `text`, in their order. Those that are commented out with `#` are passed over, as every
/// other reader does.
pub(super) fn blocks(text: &[u8]) -> Result<Vec<Block<'_>>, Fault> {
    let mut blocks = Vec::new();
    let mut open: Option<(Marker<'_>, usize)> = None;
    let (mut line, mut counted) = (1, 0);
    for marker in markers(text) {
        let at = match &marker {
            Ok(marker) => marker.at,
            Err(at) => *at,
        };
        line += text[counted..at].split(|byte| *byte == b'\n').count() - 1;
        counted = at;
        let marker = marker.map_err(|_| Fault::DamagedMarker(line))?;
        match (open.take(), marker.begins) {
            (None, true) => open = Some((marker, line)),
            (None, false) => return Err(Fault::NoBeginning(marker.label, line)),
            (Some((begin, line)), false) if begin.name == marker.name => {
                if blocks.len() == MAX_SECTIONS {
                    return Err(Fault::TooMany);
                }
                let body = &text[begin.after.min(marker.at)..marker.at];
                blocks.push(Block { label: begin.label, line, body });
            }
            (Some((begin, line)), _) => return Err(Fault::NoEnd(begin.label, line)),
        }
    }
    match open {
        Some((begin, line)) => Err(Fault::NoEnd(begin.label, line)),
        None => Ok(blocks),
    }
}

/// Whether there is a marker of a section's beginning, be it whole or damaged.
pub(super) fn has_marker(text: &[u8]) -> bool {
    markers(text).any(|marker| marker.map_or(true, |marker| marker.begins))
}

const DASHES: &[u8] = b"-----";
const BEGIN: &[u8] = b"BEGIN ";
const END: &[u8] = b"END ";

/// `-----BEGIN LABEL-----` or `-----END LABEL-----`.
struct Marker<'t> {
    begins: bool,
    label: Label,
    name: &'t [u8],
    /// Where its first dash stands.
    at: usize,
    /// Where its last dash has passed.
    after: usize,
}

/// The markers of `text`; for one that is damaged, where it stands.
fn markers(text: &[u8]) -> impl Iterator<Item = Result<Marker<'_>, usize>> {
    // The first dash or what an editor has made of it, and the word after it.
    let words = (1..text.len()).filter(|at| matches!(text[*at], b'B' | b'E'));
    let words = words.filter(|at| text[at - 1] == b'-' || !text[at - 1].is_ascii());
    words.filter_map(|at| {
        let (begins, name) = match text[at..].strip_prefix(BEGIN) {
            Some(name) => (true, name),
            None => (false, text[at..].strip_prefix(END)?),
        };
        if is_commented_out(&text[..at]) {
            return None;
        }
        let length = name.windows(DASHES.len()).take(LONGEST + 1).position(|window| window == DASHES);
        let name_at = text.len() - name.len();
        let whole = length.filter(|_| text[..at].ends_with(DASHES)).and_then(|length| {
            let (at, after) = (at - DASHES.len(), name_at + length + DASHES.len());
            let name = &name[..length];
            Label::of(name).map(|label| Marker { begins, label, name, at, after })
        });
        match whole {
            // A message that is signed in plain text has a beginning and no end (RFC 9580 §7).
            Some(marker) if marker.name == b"PGP SIGNED MESSAGE" => None,
            Some(marker) => Some(Ok(marker)),
            None => (begins && Label::is_meant_by(name)).then_some(Err(at)),
        }
    })
}

/// Whether the line that `before` ends in starts with `#`.
fn is_commented_out(before: &[u8]) -> bool {
    // Comments are written by people, and short.
    let near = &before[before.len().saturating_sub(200)..];
    let line = near.rsplit(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    line.trim_ascii_start().starts_with(b"#")
}
