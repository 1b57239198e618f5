//! A value in a TOML text. Only the text of the value is changed.
//!
//! As for JSON, the parser gives the positions, and the new text is parsed again: if it differs from the old one in more than
//! the value, the edit fails.

mod document;
mod key;
mod list;

use std::{ops::Range, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::document::{Document, Found, Node, plain, set};
pub use self::key::TomlKey;
pub(super) use self::key::title;
use super::undone::Undone;
use crate::Anchor;

/// The change of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TomlChange {
    /// The value becomes this one: a text, a number, a truth value or a list of these; never a secret.
    Set(Value),
    /// The list contains this value. A single value becomes a list of two. Undoing removes this value and leaves the others.
    Include(Value),
}

/// The text with the change made.
pub(super) fn apply(before: Option<&[u8]>, keys: &[TomlKey], change: &TomlChange) -> Result<Vec<u8>, String> {
    let document = Document::read(before)?;
    let way = document.way(keys)?;
    let present = way.get(keys.len() - 1).map(|found| found.node);
    let mut expected = document.value();
    let splices = match (present, change) {
        (Some(node), TomlChange::Set(value)) => {
            set(&mut expected, keys, Some(value.clone()));
            vec![(span(node, keys)?, value.to_string())]
        }
        (Some(node), TomlChange::Include(item)) => {
            let mut items = as_list(plain(node));
            items.push(item.clone());
            set(&mut expected, keys, Some(Value::Array(items)));
            list::with(document.text, span(node, keys)?, node, item)?
        }
        (None, change) => {
            let value = change.alone();
            set(&mut expected, keys, Some(value.clone()));
            document.insert(&way, keys, &value)?
        }
    };
    document
        .spliced(&splices, &expected)
        .ok_or_else(|| "cannot be edited without changing other parts of it".into())
}

/// Whether the text has the change already.
pub(super) fn is_met(found: Option<&[u8]>, keys: &[TomlKey], change: &TomlChange) -> Result<bool, String> {
    let document = Document::read(found)?;
    let present = document.way(keys)?.get(keys.len() - 1).map(|found| plain(found.node));
    Ok(present.is_some_and(|present| change.is_in(&present)))
}

/// The text of the present value, if there is one.
pub(super) fn value(found: Option<&[u8]>, keys: &[TomlKey]) -> Result<Option<String>, String> {
    let document = Document::read(found)?;
    let way = document.way(keys)?;
    let span = way.get(keys.len() - 1).and_then(|found| found.node.span());
    Ok(span.map(|span| document.text[span].to_owned()))
}

pub(super) fn undo(
    found: Option<&[u8]>,
    before: Option<&[u8]>,
    keys: &[TomlKey],
    change: &TomlChange,
) -> Undone {
    let (Ok(now), Ok(then)) = (Document::read(found), Document::read(before)) else { return Undone::Foreign };
    let (Ok(way), Ok(old_way)) = (now.way(keys), then.way(keys)) else { return Undone::Foreign };
    let last = keys.len() - 1;
    let (present, old) = (way.get(last).map(|found| found.node), old_way.get(last).map(|found| found.node));
    let (is, was) = (present.map(plain), old.map(plain));
    let is_ours = |value: &Value| change.is_in(value);
    if is == was || (matches!(change, TomlChange::Include(_)) && !is.as_ref().is_some_and(is_ours)) {
        return Undone::Already;
    }
    let (Some(present), Some(is)) = (present, is) else { return Undone::Foreign };
    if !is_ours(&is) || was.as_ref().is_some_and(is_ours) {
        return Undone::Foreign;
    }
    match change.without(&is, was.as_ref()) {
        // As before: the old text is put back.
        Rest::Old => replaced(&now, keys, present, &then, old),
        Rest::Nothing => removed(&now, &way, keys, &old_way, before.is_none()),
        Rest::Items(items) => {
            let mut expected = now.value();
            set(&mut expected, keys, Some(Value::Array(items)));
            let splices = change.item().and_then(|item| list::without(present, item));
            let text = splices.and_then(|splices| now.spliced(&splices, &expected));
            text.map_or(Undone::Foreign, Undone::Bytes)
        }
    }
}

/// `now` with the value `old` of `then` in the place of `present`.
fn replaced(
    now: &Document<'_>,
    keys: &[TomlKey],
    present: Node<'_>,
    then: &Document<'_>,
    old: Option<Node<'_>>,
) -> Undone {
    let mut expected = now.value();
    set(&mut expected, keys, old.map(plain));
    let spans = present.span().zip(old.and_then(Node::span));
    let text = spans.and_then(|(span, old)| now.spliced(&[(span, then.text[old].to_owned())], &expected));
    text.map_or(Undone::Foreign, Undone::Bytes)
}

/// `now` without the value at the end of `way`, and without the tables that were made for it: `then` is the way to it before.
fn removed(
    now: &Document<'_>,
    way: &[Found<'_>],
    keys: &[TomlKey],
    then: &[Found<'_>],
    was_missing: bool,
) -> Undone {
    let (splice, gone) = now.remove(way, then);
    let mut expected = now.value();
    set(&mut expected, &keys[..=gone], None);
    match now.spliced(&[splice], &expected) {
        Some(text) if text.is_empty() && was_missing => Undone::Gone,
        Some(text) => Undone::Bytes(text),
        None => Undone::Foreign,
    }
}

/// What remains of a value without our part of it.
enum Rest {
    /// The value of before.
    Old,
    /// Nothing, and there was nothing before.
    Nothing,
    /// These items of the list.
    Items(Vec<Value>),
}

impl TomlChange {
    /// The value where there was none.
    fn alone(&self) -> Value {
        match self {
            Self::Set(value) => value.clone(),
            Self::Include(item) => Value::Array(vec![item.clone()]),
        }
    }

    fn item(&self) -> Option<&Value> {
        match self {
            Self::Set(_) => None,
            Self::Include(item) => Some(item),
        }
    }

    /// Whether the value `present` has the change.
    fn is_in(&self, present: &Value) -> bool {
        match (self, present) {
            (Self::Include(item), Value::Array(items)) => items.contains(item),
            (Self::Set(value) | Self::Include(value), present) => value == present,
        }
    }

    /// What remains of `present` without this change, where `was` stood before.
    fn without(&self, present: &Value, was: Option<&Value>) -> Rest {
        let Self::Include(item) = self else { return was.map_or(Rest::Nothing, |_| Rest::Old) };
        let rest: Vec<Value> = as_list(present.clone()).into_iter().filter(|known| known != item).collect();
        match was {
            Some(was) if as_list(was.clone()) == rest => Rest::Old,
            // A list of our files alone, of which another of our edits has removed the others meanwhile.
            was if rest.is_empty() && was.is_none_or(is_ours_alone) => Rest::Nothing,
            _ => Rest::Items(rest),
        }
    }

    /// The value, for people.
    pub(super) fn value(&self) -> &Value {
        let (Self::Set(value) | Self::Include(value)) = self;
        value
    }
}

/// The values of a list, or a single value as a list.
fn as_list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        single => vec![single],
    }
}

/// Whether `value` names our files and nothing else.
fn is_ours_alone(value: &Value) -> bool {
    let is_ours = |item: &Value| item.as_str().is_some_and(|name| Anchor::is_our_file(Path::new(name)));
    as_list(value.clone()).iter().all(is_ours)
}

/// The span of a value that is no table.
fn span(node: Node<'_>, keys: &[TomlKey]) -> Result<Range<usize>, String> {
    node.span().ok_or_else(|| format!("has a table at {}", title(keys)))
}

/// The values of a TOML text, as JSON; dates as text. The error is the rest of a sentence that begins with the file's name.
pub fn toml_values(text: &str) -> Result<Value, String> {
    Ok(Document::read(Some(text.as_bytes()))?.value())
}

#[cfg(test)]
mod tests;
