//! The meaning of an error message. Every tool has its own wording for the same few causes. The wordings are rows of
//! data, most specific first, so that the innermost of nested errors counts.

mod certificate;
mod engine;
mod gitlab;
mod known;
mod named;
mod network;
mod pasted;
mod proxy;
mod realm;
mod registry;
mod trust;

use labtrust_plan::ShellLine;

pub use self::known::KnownMessage;
use self::{known::DOCTOR, pasted::Pasted};

/// The rows of [`meaning`], in the order of the search.
const ROWS: &[&[KnownMessage]] = &[
    registry::CREDENTIALS,
    proxy::ROWS,
    realm::ROWS,
    engine::ROWS,
    registry::ROWS,
    gitlab::ROWS,
    certificate::ROWS,
    trust::ROWS,
    network::ROWS,
    proxy::BARE,
];

/// The meaning of a message.
#[derive(Debug)]
pub struct Meaning {
    /// The row whose wording the message contains.
    pub row: &'static KnownMessage,
    /// The server that the message names, if any.
    pub server: Option<String>,
}

impl Meaning {
    /// The next steps, each a command or a sentence.
    pub fn next(&self) -> Vec<ShellLine> {
        next(self.row.next, self.server.as_deref())
    }
}

/// The meaning of the pasted `text`; none if no row matches.
pub fn meaning(text: &str) -> Option<Meaning> {
    let pasted = Pasted::new(text);
    let row = rows().find(|row| pasted.says(row.says))?;
    Some(Meaning { row, server: server(text) })
}

/// The next steps for an unknown message.
pub fn next_of_unknown(text: &str) -> Vec<ShellLine> {
    next(DOCTOR, server(text).as_deref())
}

/// Every row.
pub fn rows() -> impl Iterator<Item = &'static KnownMessage> {
    ROWS.iter().copied().flatten()
}

fn server(text: &str) -> Option<String> {
    named::server(&pasted::visible(text)).map(|target| target.to_string())
}

fn next(lines: &'static [&'static str], server: Option<&str>) -> Vec<ShellLine> {
    lines.iter().map(|line| ShellLine::filled(line, &[&server.unwrap_or("HOST:PORT")])).collect()
}

#[cfg(test)]
mod tests;
