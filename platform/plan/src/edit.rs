//! Edits of one value, one line or one marked block of another program's file. Every other byte stays as it is: order,
//! comments, indentation, line endings. Pure functions: bytes in, bytes out.

mod block;
mod json;
mod json_item;
mod line;
mod toml;
mod undone;

use std::fmt;

use serde::{Deserialize, Serialize};

use self::undone::{check_size, title};
pub use self::{
    json::current,
    toml::{TomlChange, TomlKey, toml_values},
    undone::{LARGEST, Undone},
};
use crate::text;

/// An edit of a file that other programs and people write too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edit {
    /// A value in a JSON object, such as Docker's `daemon.json`. Comments and trailing commas are accepted; none are added.
    Json {
        /// The keys from the outermost object to the value. Missing objects are created.
        keys: Vec<String>,
        /// The value; never a secret.
        value: serde_json::Value,
    },
    /// An item of a list in a JSON object, such as a browser's policies. A missing list is created; its other items stay.
    JsonItem {
        /// The keys from the outermost object to the list.
        keys: Vec<String>,
        /// The item; never a secret.
        item: serde_json::Value,
        /// The key by whose value an item is the same: it is replaced. None: items are added.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// A value in a TOML text, such as containerd's `hosts.toml`. Comments and the order stay.
    Toml {
        /// The keys from the outermost table to the value. Missing tables are created.
        keys: Vec<TomlKey>,
        /// The change of the value.
        change: TomlChange,
    },
    /// Lines between `# labtrust NAME begin` and `# labtrust NAME end`, for files in which `#` begins a comment: shell, Ruby,
    /// systemd. A new block is added at the end of the file.
    Block {
        /// The name of the block in the file: one word.
        name: String,
        /// The lines, without their ends; never a secret.
        lines: Vec<String>,
    },
    /// One whole line in place of another, which must occur exactly once.
    Line {
        /// The old line, without its end. It may contain another program's secret.
        old: String,
        /// The new line; never a secret.
        new: String,
    },
}

impl Edit {
    /// The contents of the file after the edit. `before` are its contents; none if it does not exist. The error is the rest of
    /// a sentence that begins with the file's name.
    pub fn apply(&self, before: Option<&[u8]>) -> Result<Vec<u8>, String> {
        check_size(before)?;
        let after = match self {
            Self::Json { keys, value } => json::apply(before, keys, value),
            Self::JsonItem { keys, item, name } => json_item::apply(before, keys, item, name.as_deref()),
            Self::Toml { keys, change } => toml::apply(before, keys, change),
            Self::Block { name, lines } => block::apply(before, name, lines),
            Self::Line { old, new } => line::apply(before, old, new),
        }?;
        match self.is_met(Some(&after)) {
            Ok(true) => Ok(after),
            Ok(false) => Err(format!("cannot be changed so that {self} is read as intended")),
            Err(why) => Err(format!("cannot take {self}: the result {why}")),
        }
    }

    /// Whether a file with the contents `found` has the edit already. Errors are those of [`Edit::apply`].
    pub fn is_met(&self, found: Option<&[u8]>) -> Result<bool, String> {
        check_size(found)?;
        match self {
            Self::Json { keys, value } => Ok(current(found, keys)?.as_ref() == Some(value)),
            Self::JsonItem { keys, item, .. } => json_item::is_met(found, keys, item),
            Self::Toml { keys, change } => toml::is_met(found, keys, change),
            Self::Block { name, lines } => block::is_met(found, name, lines),
            Self::Line { old, new } => line::is_met(found, old, new),
        }
    }

    /// Whether nothing of the edit is in a file with the contents `found`: of a list's item, also none of the same name. Errors
    /// are those of [`Edit::apply`].
    pub fn is_gone(&self, found: Option<&[u8]>) -> Result<bool, String> {
        match self {
            Self::JsonItem { keys, item, name } => {
                check_size(found)?;
                json_item::is_gone(found, keys, item, name.as_deref())
            }
            _ => self.is_met(found).map(|is_met| !is_met),
        }
    }

    /// Undoes the edit in a file with the contents `found`: the value, line or block becomes exactly what it was in
    /// `before`.
    pub fn undo(&self, found: Option<&[u8]>, before: Option<&[u8]>) -> Undone {
        if check_size(found).is_err() {
            return Undone::Foreign;
        }
        match self {
            Self::Json { keys, value } => json::undo(found, before, keys, value),
            Self::JsonItem { keys, item, name } => {
                json_item::undo(found, before, keys, item, name.as_deref())
            }
            Self::Toml { keys, change } => toml::undo(found, before, keys, change),
            Self::Block { name, lines } => block::undo(found, before, name, lines),
            Self::Line { old, new } => line::undo(found, before, old, new),
        }
    }

    /// The contents `found` without the edit, also if another program made it or set other values beside it in the item. None if
    /// the edit is not there, or is of a kind that only its own maker can take out.
    pub fn purge(&self, found: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::JsonItem { keys, item, name } => json_item::purge(found, keys, item, name.as_deref()),
            _ => None,
        }
    }

    /// The lines that the edit removes from a file with the contents `before` (`-`), and those that it adds (`+`). Nothing else
    /// of the file is shown: it may contain secrets.
    pub fn difference(&self, before: Option<&[u8]>) -> Result<Vec<String>, String> {
        let (old, new) = match self {
            _ if self.is_met(before)? => return Ok(Vec::new()),
            Self::Json { keys, value } => {
                let line = |value| format!("{}: {value}", title(keys));
                let old =
                    json::value(before, keys)?.map(|old| line(old).lines().map(str::to_owned).collect());
                (old.unwrap_or_default(), vec![line(value.to_string())])
            }
            Self::JsonItem { keys, item, .. } => {
                (Vec::new(), vec![format!("{} includes {item}", title(keys))])
            }
            Self::Toml { keys, change: TomlChange::Set(value) } => {
                let line = |value| format!("{} = {value}", toml::title(keys));
                let old =
                    toml::value(before, keys)?.map(|old| line(old).lines().map(str::to_owned).collect());
                (old.unwrap_or_default(), vec![line(value.to_string())])
            }
            Self::Toml { keys, change: TomlChange::Include(item) } => {
                (Vec::new(), vec![format!("{} includes {item}", toml::title(keys))])
            }
            Self::Block { name, lines } => (block::lines(before, name)?, block::marked(name, lines)),
            Self::Line { old, new } => (vec![text::without_secrets(old)], vec![text::without_secrets(new)]),
        };
        let signed = |sign, lines: Vec<String>| {
            lines.into_iter().map(move |line| format!("{sign} {}", text::in_line(&line)))
        };
        Ok(signed('-', old).chain(signed('+', new)).collect())
    }

    /// The lines before and after the block `name`.
    pub(crate) fn marks(name: &str) -> [String; 2] {
        block::marks(name)
    }

    /// Whether a file with the contents `found` holds nothing but blocks that labtrust added.
    pub fn has_only_blocks(found: &[u8]) -> bool {
        block::are_all(found)
    }

    /// Whether both edit the same value or block. False for lines: a line has no name.
    pub fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Json { keys, .. }, Self::Json { keys: others, .. }) => keys == others,
            (
                Self::JsonItem { keys, item, name },
                Self::JsonItem { keys: others, item: other, name: other_name },
            ) => {
                let value = |item: &serde_json::Value| item.get(name.as_ref()?).cloned();
                keys == others
                    && name == other_name
                    && (item == other || (value(item).is_some() && value(item) == value(other)))
            }
            (Self::Block { name, .. }, Self::Block { name: other, .. }) => name == other,
            (Self::Toml { keys, change }, Self::Toml { keys: others, change: other }) => {
                // Several items of one list are several places.
                let are_items = [change, other].iter().all(|change| matches!(change, TomlChange::Include(_)));
                keys == others && (!are_items || change == other)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Edit {
    /// The edited part, as a part of a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { keys, .. } => f.write_str(&text::in_line(&title(keys))),
            Self::JsonItem { keys, .. } => write!(f, "an item of {}", text::in_line(&title(keys))),
            Self::Toml { keys, change: TomlChange::Set(_) } => {
                f.write_str(&text::in_line(&toml::title(keys)))
            }
            Self::Toml { keys, change } => {
                write!(f, "the item {} of {}", change.value(), text::in_line(&toml::title(keys)))
            }
            Self::Block { name, .. } => write!(f, "labtrust's block {}", text::in_line(name)),
            Self::Line { new, .. } => write!(f, "the line `{}`", text::in_line(&text::without_secrets(new))),
        }
    }
}

#[cfg(test)]
mod tests;
