//! A row of the table: a wording and its meaning.

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
    /// The meaning, in a few sentences.
    pub what: &'static str,
    /// The next steps, each a command or a sentence; `{}` stands for the server.
    pub next: &'static [&'static str],
}

/// The default next step.
pub(super) const DOCTOR: &[&str] = &["{labtrust doctor {}}"];
