//! A line for a shell: what is printed to be pasted is made of text that we wrote and of quoted words, so that nothing
//! in a path or a name is more to a shell than a name.

use std::{borrow::Cow, fmt};

use serde::Serialize;

use crate::word::{Word, filled, shell_word, state_option};

/// A line for a shell: what is more than a word in it, we wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ShellLine(String);

impl ShellLine {
    /// A text that we wrote, with what it speaks of in its places: see [`shell_line!`](crate::shell_line!).
    pub fn filled(template: &'static str, words: &[&dyn Word]) -> Self {
        Self(filled(template, words.iter().map(|word| word.word())))
    }

    /// A command of this program, of these words and for the state folder that the user gave.
    pub fn labtrust<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> Self {
        let Self(words) = Self::of(words);
        Self(format!("labtrust {words}{}", state_option()))
    }

    /// A line of these words, each of which is a word to the shell as well.
    pub fn of<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> Self {
        let words: Vec<_> = words.into_iter().map(|word| shell_word(word.as_ref())).collect();
        Self(words.join(" "))
    }

    /// The same after `text`: a pipe from another command.
    #[must_use]
    pub fn after(self, text: &'static str) -> Self {
        Self(format!("{text} {}", self.0))
    }

    /// The same with `text` at its end: where its input comes from.
    #[must_use]
    pub fn then(self, text: &'static str) -> Self {
        Self(format!("{} {text}", self.0))
    }

    /// The same with these words at its end.
    #[must_use]
    pub fn with<W: AsRef<str>>(self, words: impl IntoIterator<Item = W>) -> Self {
        let all: Vec<_> = words.into_iter().map(|word| shell_word(word.as_ref())).collect();
        all.iter().fold(self, |Self(line), word| Self(format!("{line} {word}")))
    }

    /// The same with another line at its end: words that were made before.
    #[must_use]
    pub fn and(self, end: &Self) -> Self {
        Self(format!("{} {end}", self.0))
    }

    /// The same with the program `other` in the place of `program`, where it is that.
    #[must_use]
    pub fn instead(&self, program: &'static str, other: &'static str) -> Self {
        let rest = self.0.strip_prefix(program);
        Self(rest.map_or_else(|| self.0.clone(), |rest| format!("{other}{rest}")))
    }

    /// As it is printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same run by root.
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

/// Options that were made before, each after a space.
#[derive(Clone, Copy, Debug)]
pub struct Options<'o>(pub &'o [ShellLine]);

impl Word for Options<'_> {
    fn word(&self) -> Cow<'_, str> {
        Cow::Owned(self.0.iter().map(|option| format!(" {option}")).collect())
    }
}
