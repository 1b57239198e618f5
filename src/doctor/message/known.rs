//! A row of the table: a wording and its meaning.

use super::side::Side;

/// Alternative wordings for one part of a message.
pub(super) type Any = &'static [&'static str];

/// A known wording and its meaning.
#[derive(Debug)]
pub struct KnownMessage {
    /// The parts of the wording: the text contains one of each, in this order and near each other. Case, spaces,
    /// quotation marks and line ends do not matter.
    pub says: &'static [Any],
    /// The codes of the possible causes, most likely first; none if the doctor has no code for it.
    pub codes: &'static [&'static str],
    /// The part of the way to the registry that the message is about.
    pub side: Side,
    /// The meaning, in a few sentences.
    pub what: &'static str,
    /// The next steps, each a command or a sentence, perhaps after one of `PLACES`; `{}` stands for the server.
    pub next: &'static [&'static str],
}

/// The beginnings of next steps on other machines, before a colon.
const PLACES: &[&str] = &["on the server", "on each node", "on that client"];

/// The other machine that the next step `line` is for, if it begins with one of [`PLACES`], and its command.
pub(super) fn place_and_command(line: &'static str) -> (Option<&'static str>, &'static str) {
    let placed = line.split_once(": ").filter(|(place, _)| PLACES.contains(place));
    placed.map_or((None, line), |(place, command)| (Some(place), command))
}

/// The default next step.
pub(super) const DOCTOR: &[&str] = &["{labtrust doctor {}}"];
