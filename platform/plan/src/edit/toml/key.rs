//! The path to a value in a TOML text.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One part of the path to a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TomlKey {
    /// A key of a table.
    Name(String),
    /// The position, from 0, in a list or in an array of tables. It must exist.
    Index(usize),
}

impl From<&str> for TomlKey {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

/// The keys as in TOML's own notation: `host."https://h:4567".ca`; a position in brackets.
pub(crate) fn title(keys: &[TomlKey]) -> String {
    let mut title = String::new();
    for key in keys {
        match key {
            TomlKey::Index(index) => title.extend(["[", &index.to_string(), "]"]),
            TomlKey::Name(name) => {
                title.push_str(if title.is_empty() { "" } else { "." });
                title.push_str(&written_key(name));
            }
        }
    }
    title
}

/// A key as text: bare if TOML allows that.
pub(super) fn written_key(name: &str) -> String {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        Value::String(name.to_owned()).to_string()
    }
}
