//! One value, one line or one marked block of a file that is not ours. All else in the file stays as it is, to the
//! byte: its order, its comments, its indentation, its line endings, how it ends. Pure: bytes in, bytes out.

mod block;
mod json;
mod line;
mod undone;

use std::fmt;

use serde::{Deserialize, Serialize};

use self::undone::{check_size, title};
pub use self::{
    json::current,
    undone::{LARGEST, Undone},
};
use crate::text;

/// What is set in a file that others wrote and go on writing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edit {
    /// A value in a JSON object, such as Docker's `daemon.json`. Comments and commas before a closing
    /// bracket are taken as they are, where a file has them; none are added.
    Json {
        /// The way to it from the outermost object on; objects that are missing on the way are made.
        keys: Vec<String>,
        /// The value; never a secret.
        value: serde_json::Value,
    },
    /// Lines between `# labtrust NAME begin` and `# labtrust NAME end`, for files in which a line that begins
    /// with `#` is a comment: shell, Ruby, systemd. They come last in the file, or where they are already.
    Block {
        /// What tells it from other blocks of ours in the file: a word.
        name: String,
        /// The lines, without their ends; never a secret.
        lines: Vec<String>,
    },
    /// One whole line in place of another, in a file in which only one reads so.
    Line {
        /// The line that stands there, without its end. It may hold a secret of somebody else's.
        old: String,
        /// What it becomes; never a secret.
        new: String,
    },
}

impl Edit {
    /// The file with the edit made, where it holds `before`; none if it is not there. If that is no file in
    /// which the edit can be made, says why, as the rest of a sentence that begins with the file's name.
    pub fn apply(&self, before: Option<&[u8]>) -> Result<Vec<u8>, String> {
        check_size(before)?;
        let after = match self {
            Self::Json { keys, value } => json::apply(before, keys, value),
            Self::Block { name, lines } => block::apply(before, name, lines),
            Self::Line { old, new } => line::apply(before, old, new),
        }?;
        match self.is_met(Some(&after)) {
            Ok(true) => Ok(after),
            Ok(false) => Err(format!("cannot be given {self} so that it is read as meant")),
            Err(why) => Err(format!("cannot be given {self}: it then {why}")),
        }
    }

    /// Whether a file that holds `found` needs no such edit. An error is what [`Edit::apply`] says.
    pub fn is_met(&self, found: Option<&[u8]>) -> Result<bool, String> {
        check_size(found)?;
        match self {
            Self::Json { keys, value } => Ok(current(found, keys)?.as_ref() == Some(value)),
            Self::Block { name, lines } => block::is_met(found, name, lines),
            Self::Line { old, new } => line::is_met(found, old, new),
        }
    }

    /// How to take the edit back in a file that now holds `found`, so that the value or block is what it was
    /// in `before`, in the same words.
    pub fn undo(&self, found: Option<&[u8]>, before: Option<&[u8]>) -> Undone {
        if check_size(found).is_err() {
            return Undone::Foreign;
        }
        match self {
            Self::Json { keys, value } => json::undo(found, before, keys, value),
            Self::Block { name, lines } => block::undo(found, before, name, lines),
            Self::Line { old, new } => line::undo(found, before, old, new),
        }
    }

    /// What the edit takes out of a file that holds `before` and what it puts there, a line each that begins
    /// with `-` or `+`. Nothing else of the file is shown: others keep secrets there.
    pub fn difference(&self, before: Option<&[u8]>) -> Result<Vec<String>, String> {
        let (old, new) = match self {
            _ if self.is_met(before)? => return Ok(Vec::new()),
            Self::Json { keys, value } => {
                let line = |value| format!("{}: {value}", title(keys));
                let old =
                    json::value(before, keys)?.map(|old| line(old).lines().map(str::to_owned).collect());
                (old.unwrap_or_default(), vec![line(value.to_string())])
            }
            Self::Block { name, lines } => (block::lines(before, name)?, block::marked(name, lines)),
            Self::Line { old, new } => (vec![text::without_secrets(old)], vec![text::without_secrets(new)]),
        };
        let signed = |sign, lines: Vec<String>| {
            lines.into_iter().map(move |line| format!("{sign} {}", text::in_line(&line)))
        };
        Ok(signed('-', old).chain(signed('+', new)).collect())
    }

    /// Whether it is the same value or block, be it set to something else. A line has no name by which it
    /// could be known again.
    pub fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Json { keys, .. }, Self::Json { keys: others, .. }) => keys == others,
            (Self::Block { name, .. }, Self::Block { name: other, .. }) => name == other,
            _ => false,
        }
    }
}

impl fmt::Display for Edit {
    /// What is edited, as a part of a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { keys, .. } => f.write_str(&text::in_line(&title(keys))),
            Self::Block { name, .. } => write!(f, "labtrust's block {}", text::in_line(name)),
            Self::Line { new, .. } => write!(f, "the line `{}`", text::in_line(&text::without_secrets(new))),
        }
    }
}

#[cfg(test)]
mod tests;
