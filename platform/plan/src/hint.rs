//! Hints: advice about a failure. A hint consists of our own text and quoted words, so that text from outside can neither
//! become a command nor a line of its own.

use std::{borrow::Cow, fmt};

use serde::Serialize;

use crate::{
    shell_line::ShellLine,
    text,
    word::{Filling, filled},
};

/// Advice about a failure, with a command if one helps. Alternatives have lines of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Hint(String);

impl Hint {
    /// A template with its values: see [`hint!`](crate::hint!).
    pub fn filled(template: &'static str, fillings: &[&dyn Filling]) -> Self {
        Self(filled(template, fillings.iter().map(|filling| filling.filling())))
    }

    /// A hint from another process of ours, as text in one line.
    pub fn relayed(text: &str) -> Self {
        Self(text::in_line(text).into_owned())
    }

    /// This hint with the indented `line` below it.
    #[must_use]
    pub fn line(mut self, line: impl Into<Self>) -> Self {
        self.0.push_str("\n  ");
        self.0.push_str(&line.into().0);
        self
    }

    /// This hint with the indented `lines` below it.
    #[must_use]
    pub fn lines<L: Into<Self>>(self, lines: impl IntoIterator<Item = L>) -> Self {
        lines.into_iter().fold(self, Self::line)
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for Hint {
    fn from(text: &'static str) -> Self {
        Self::filled(text, &[])
    }
}

impl From<ShellLine> for Hint {
    fn from(line: ShellLine) -> Self {
        Self(line.to_string())
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Filling for Hint {
    fn filling(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.as_str())
    }
}
