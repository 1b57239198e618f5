//! Words of a message, and what they mean: a row of the table.

/// Alternatives for the same words.
pub(super) type Any = &'static [&'static str];

/// Words, and what they mean.
#[derive(Debug)]
pub struct KnownMessage {
    /// One of each of these stands in the text, in this order and near each other; case, spaces, quotation
    /// marks and line ends do not matter.
    pub says: &'static [Any],
    /// The codes of what it may be, the likeliest first; none where the doctor has no part in it.
    pub codes: &'static [&'static str],
    /// What it means, in a sentence or two.
    pub what: &'static str,
    /// What to do next, a command or a sentence each; `{}` stands for the server.
    pub next: &'static [&'static str],
}

/// What is asked when nothing else is known to be better.
pub(super) const DOCTOR: &[&str] = &["{labtrust doctor {}}"];
