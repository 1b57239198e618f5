//! What an error message means, whoever says it: every tool has words of its own for the same few
//! causes. The words are rows of data, most specific first, so that of nested errors the innermost tells.

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

/// The rows of [`meaning`], in the order in which they are tried.
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

/// What a message means.
#[derive(Debug)]
pub struct Meaning {
    /// The words that were known.
    pub row: &'static KnownMessage,
    /// The server that the text names, if it does.
    pub server: Option<String>,
}

impl Meaning {
    /// What to do next, a command or a sentence each.
    pub fn next(&self) -> Vec<ShellLine> {
        next(self.row.next, self.server.as_deref())
    }
}

/// What `text`, as it was pasted, means; none if its words are not known.
pub fn meaning(text: &str) -> Option<Meaning> {
    let pasted = Pasted::new(text);
    let row = rows().find(|row| pasted.says(row.says))?;
    Some(Meaning { row, server: server(text) })
}

/// What to do about a message that is not known.
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
