//! What to do about a failure. It is made of text that we wrote alone, with words for a shell in it, so that what
//! others wrote is neither a command nor a line of its own.

use std::{borrow::Cow, fmt};

use serde::Serialize;

use crate::{
    shell_line::ShellLine,
    text,
    word::{Filling, filled},
};

/// What to do about a failure, as a command where one helps; what there is to choose from has lines of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Hint(String);

impl Hint {
    /// A text that we wrote, with what it speaks of in its places: see [`hint!`](crate::hint!).
    pub fn filled(template: &'static str, fillings: &[&dyn Filling]) -> Self {
        Self(filled(template, fillings.iter().map(|filling| filling.filling())))
    }

    /// A hint that another process of ours gave: as text, in one line.
    pub fn relayed(text: &str) -> Self {
        Self(text::in_line(text).into_owned())
    }

    /// The same with `line` below it, set in.
    #[must_use]
    pub fn line(mut self, line: impl Into<Self>) -> Self {
        self.0.push_str("\n  ");
        self.0.push_str(&line.into().0);
        self
    }

    /// The same with all `lines` below it, set in.
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
