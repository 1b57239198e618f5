//! The meaning of an error message. Every tool has its own wording for the same few causes. The wordings are rows of
//! data, most specific first, and the words around the errors of other programs are no reason, so that the innermost
//! of nested errors counts.

mod answer;
mod certificate;
mod containers;
mod engine;
mod gitlab;
mod known;
mod localised;
mod login;
mod named;
mod network;
mod pasted;
mod proxy;
mod quoted;
mod realm;
mod registry;
mod side;
mod speaker;
mod token;
mod trust;
mod upload;

use std::fmt;

use labtrust_plan::ShellLine;
use serde::{Serialize, Serializer};

use self::{known::DOCTOR, pasted::Pasted};
pub use self::{known::KnownMessage, side::Side};

/// The rows of [`meaning`], in the order of the search.
const ROWS: &[&[KnownMessage]] = &[
    login::ROWS,
    containers::ROWS,
    upload::ROWS,
    token::ROWS,
    answer::ROWS,
    registry::CREDENTIALS,
    proxy::ROWS,
    realm::ROWS,
    engine::ROWS,
    registry::ROWS,
    answer::BARE,
    gitlab::ROWS,
    certificate::ROWS,
    trust::ROWS,
    network::ROWS,
    localised::ROWS,
    registry::LATE,
    proxy::BARE,
];

/// A next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// The other machine that it is for, if it is not for this one: "on the server".
    pub place: Option<&'static str>,
    /// A command or a sentence.
    pub command: ShellLine,
}

impl fmt::Display for NextStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "{place}: ")?;
        }
        self.command.fmt(f)
    }
}

impl Serialize for NextStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The meaning of a message.
#[derive(Debug)]
pub struct Meaning {
    /// The row whose wording the message contains.
    pub row: &'static KnownMessage,
    /// The program that said it, if its words show that.
    pub program: Option<&'static str>,
    /// The part of the way to the registry that it is about.
    pub side: Side,
    /// The server that the message names, if any.
    pub server: Option<String>,
}

impl Meaning {
    /// The next steps.
    pub fn next(&self) -> Vec<NextStep> {
        next(self.row.next, self.server.as_deref())
    }
}

/// The meaning of the pasted `text`; none if no row matches.
pub fn meaning(text: &str) -> Option<Meaning> {
    let pasted = Pasted::new(text);
    let (row, end) = rows().find_map(|row| Some((row, pasted.says(row.says)?)))?;
    let (program, side) = (speaker::program(&pasted, end), speaker::side(row.side, &pasted, end));
    Some(Meaning { row, program, side, server: server(text) })
}

/// The next steps for an unknown message.
pub fn next_of_unknown(text: &str) -> Vec<NextStep> {
    next(DOCTOR, server(text).as_deref())
}

/// Every row.
pub fn rows() -> impl Iterator<Item = &'static KnownMessage> {
    ROWS.iter().copied().flatten()
}

fn server(text: &str) -> Option<String> {
    named::server(&pasted::visible(text)).map(|target| target.to_string())
}

fn next(lines: &'static [&'static str], server: Option<&str>) -> Vec<NextStep> {
    let server = server.unwrap_or("HOST:PORT");
    let step = |line: &&'static str| {
        let (place, command) = known::place_and_command(line);
        NextStep { place, command: ShellLine::filled(command, &[&server]) }
    };
    lines.iter().map(step).collect()
}

#[cfg(test)]
mod tests;
