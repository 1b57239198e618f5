//! Shell lines: commands that are printed to be pasted. They consist of our own text and quoted words, so that a path or name
//! cannot be read as shell syntax.

use std::{borrow::Cow, fmt};

use serde::Serialize;

use crate::word::{Word, filled, shell_word, state_option};

/// A line for a shell. Everything in it that is not a quoted word is our own text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ShellLine(String);

impl ShellLine {
    /// A template with its values: see [`shell_line!`](crate::shell_line!).
    pub fn filled(template: &'static str, words: &[&dyn Word]) -> Self {
        Self(filled(template, words.iter().map(|word| word.word())))
    }

    /// A labtrust command of these words, with the user's `--state`.
    pub fn labtrust<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> Self {
        let Self(words) = Self::of(words);
        Self(format!("labtrust {words}{}", state_option()))
    }

    /// A line of these words, each quoted.
    pub fn of<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> Self {
        let words: Vec<_> = words.into_iter().map(|word| shell_word(word.as_ref())).collect();
        Self(words.join(" "))
    }

    /// This line after `text`, such as a pipe from another command.
    #[must_use]
    pub fn after(self, text: &'static str) -> Self {
        Self(format!("{text} {}", self.0))
    }

    /// This line with `text` at its end, such as the redirection of its input.
    #[must_use]
    pub fn then(self, text: &'static str) -> Self {
        Self(format!("{} {text}", self.0))
    }

    /// This line with these words at its end, each quoted.
    #[must_use]
    pub fn with<W: AsRef<str>>(self, words: impl IntoIterator<Item = W>) -> Self {
        let all: Vec<_> = words.into_iter().map(|word| shell_word(word.as_ref())).collect();
        all.iter().fold(self, |Self(line), word| Self(format!("{line} {word}")))
    }

    /// This line with the line `end` at its end.
    #[must_use]
    pub fn and(self, end: &Self) -> Self {
        Self(format!("{} {end}", self.0))
    }

    /// This line with the program `other` instead of `program`, if it begins with `program`.
    #[must_use]
    pub fn instead(&self, program: &'static str, other: &'static str) -> Self {
        let rest = self.0.strip_prefix(program);
        Self(rest.map_or_else(|| self.0.clone(), |rest| format!("{other}{rest}")))
    }

    /// The line as it is printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This line, run by root.
    #[must_use]
    pub fn by_root(self) -> Self {
        self.after("sudo")
    }
}

impl From<&'static str> for ShellLine {
    fn from(text: &'static str) -> Self {
        Self::filled(text, &[])
    }
}

impl From<&ShellLine> for ShellLine {
    fn from(line: &ShellLine) -> Self {
        line.clone()
    }
}

impl PartialEq<&str> for ShellLine {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for ShellLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Word for ShellLine {
    fn word(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.as_str())
    }
}

/// Options that are quoted already, each after a space.
#[derive(Clone, Copy, Debug)]
pub struct Options<'o>(pub &'o [ShellLine]);

impl Word for Options<'_> {
    fn word(&self) -> Cow<'_, str> {
        Cow::Owned(self.0.iter().map(|option| format!(" {option}")).collect())
    }
}
