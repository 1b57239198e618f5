//! A value in a JSON text. Only the text of the value is changed.
//!
//! The parser gives the positions. The new text is parsed again: if it differs from the old one in more than the value, the
//! edit fails.

use std::ops::Range;

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{Object, ObjectProp, Value as Node},
    common::Ranged,
    parse_to_ast,
    tokens::Token,
};
use serde_json::{Map, Value};

use super::undone::{Undone, check_size, title};

/// The text that a missing or empty file counts as.
const NEW: &str = "{\n}\n";
const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A JSON object as text, and the positions of its parts.
struct Document<'a> {
    /// A byte order mark before the text, which JSON parsers reject; or empty.
    mark: &'static str,
    text: &'a str,
    /// Whether there was no text.
    is_new: bool,
    root: Object<'a>,
    /// The positions of the commas.
    commas: Vec<usize>,
}

/// The text with the value set.
pub(super) fn apply(before: Option<&[u8]>, keys: &[String], value: &Value) -> Result<Vec<u8>, String> {
    let document = Document::read(before)?;
    let way = document.way(keys)?;
    let splices = match &way[..] {
        [.., last] if way.len() == keys.len() => {
            let around = document.object(&way[..way.len() - 1]).unwrap_or(&document.root);
            let is_lined = around.text(document.text).contains('\n');
            let indent = is_lined.then(|| line_indent(document.text, last.start()));
            vec![(last.value.start()..last.value.end(), document.written(value, indent))]
        }
        _ => document.insert(&way, &keys[way.len()..], value),
    };
    let mut expected = document.value();
    set(&mut expected, keys, Some(value.clone()));
    document
        .spliced(splices, &expected)
        .ok_or_else(|| "cannot be edited without changing other parts of it".into())
}

/// The present value at `keys` in the JSON object `found`, if there is one. Errors are those of
/// [`super::Edit::apply`].
pub fn current(found: Option<&[u8]>, keys: &[String]) -> Result<Option<Value>, String> {
    check_size(found)?;
    Ok(Document::read(found)?.found(keys)?.map(|value| value.clone().into()))
}

/// The text of the present value, if there is one.
pub(super) fn value(found: Option<&[u8]>, keys: &[String]) -> Result<Option<String>, String> {
    let document = Document::read(found)?;
    Ok(document.found(keys)?.map(|value| value.text(document.text).to_owned()))
}

pub(super) fn undo(found: Option<&[u8]>, before: Option<&[u8]>, keys: &[String], ours: &Value) -> Undone {
    let (Ok(now), Ok(then)) = (Document::read(found), Document::read(before)) else { return Undone::Foreign };
    let (Ok(way), Ok(old_way)) = (now.way(keys), then.way(keys)) else { return Undone::Foreign };
    let value =
        |way: &[&ObjectProp<'_>]| way.get(keys.len() - 1).map(|property| Value::from(property.value.clone()));
    let (present, old) = (value(&way), value(&old_way));
    if present == old {
        return Undone::Already;
    }
    if present.as_ref() != Some(ours) {
        return Undone::Foreign;
    }
    let mut expected = now.value();
    let splices = if let Some(old) = old {
        set(&mut expected, keys, Some(old));
        let (present, old) = (&way[keys.len() - 1].value, &old_way[keys.len() - 1].value);
        vec![(present.start()..present.end(), old.text(then.text).to_owned())]
    } else {
        let mut last = keys.len() - 1;
        // Objects that were created for the value, and hold nothing else, are removed with it.
        while last > old_way.len() && now.holds_only(&way[..last], way[last]) {
            last -= 1;
        }
        if last == 0 && then.is_new && now.is_nothing_but(way[0]) {
            return before.map_or(Undone::Gone, |before| Undone::Bytes(before.to_vec()));
        }
        set(&mut expected, &keys[..=last], None);
        let old_room = (old_way.len() == last).then(|| then.room(&old_way)).flatten();
        now.remove(&way[..last], way[last], old_room)
    };
    now.spliced(splices, &expected).map_or(Undone::Foreign, Undone::Bytes)
}

impl<'a> Document<'a> {
    fn read(bytes: Option<&'a [u8]>) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes.unwrap_or_default()).map_err(|_| "is not UTF-8 text")?;
        let (mark, text) = match text.strip_prefix(BYTE_ORDER_MARK) {
            Some(text) => (BYTE_ORDER_MARK, text),
            None => ("", text),
        };
        let is_new = text.trim_matches(BLANK).is_empty();
        let text = if is_new { NEW } else { text };
        let collect = CollectOptions { tokens: true, ..CollectOptions::default() };
        let parsed =
            parse_to_ast(text, &collect, &options()).map_err(|error| format!("is not JSON: {error}"))?;
        let Some(Node::Object(root)) = parsed.value else { return Err("is not a JSON object".into()) };
        let is_comma = |token: &Token<'_>| *token == Token::Comma;
        let tokens = parsed.tokens.unwrap_or_default();
        let commas = tokens.iter().filter(|token| is_comma(&token.token)).map(Ranged::start).collect();
        Ok(Self { mark, text, is_new, root, commas })
    }

    fn value(&self) -> Value {
        Node::Object(self.root.clone()).into()
    }

    /// The properties that `keys` name, each within the one before it, as far as they exist.
    fn way(&self, keys: &[String]) -> Result<Vec<&ObjectProp<'a>>, String> {
        if keys.is_empty() {
            return Err("has a value only at a key".into());
        }
        let (mut object, mut way) = (&self.root, Vec::new());
        for (index, key) in keys.iter().enumerate() {
            let mut named = object.properties.iter().filter(|property| property.name.as_str() == key);
            let Some(property) = named.next() else { break };
            let shown = title(&keys[..=index]);
            if named.next().is_some() {
                return Err(format!("contains {shown} twice"));
            }
            way.push(property);
            if index + 1 < keys.len() {
                object = property.value.as_object().ok_or_else(|| format!("has no object at {shown}"))?;
            }
        }
        Ok(way)
    }

    fn found(&self, keys: &[String]) -> Result<Option<&Node<'a>>, String> {
        Ok(self.way(keys)?.get(keys.len() - 1).map(|property| &property.value))
    }

    /// The object at the end of `way`.
    fn object<'b>(&'b self, way: &[&'b ObjectProp<'a>]) -> Option<&'b Object<'a>> {
        way.last().map_or(Some(&self.root), |last| last.value.as_object())
    }

    /// Adds `value` at `keys` as the last property of the object at the end of `way`.
    fn insert(&self, way: &[&ObjectProp<'a>], keys: &[String], value: &Value) -> Vec<(Range<usize>, String)> {
        let (Some(object), [key, inner @ ..]) = (self.object(way), keys) else { return Vec::new() };
        let nest = |value, key: &String| Value::Object(Map::from_iter([(key.clone(), value)]));
        let value = inner.iter().rev().fold(value.clone(), nest);
        let close = object.end() - 1;
        let last = object.properties.last().map(Ranged::end);
        let from = last.unwrap_or(object.start() + 1);
        // After the comments that follow the last property.
        let at = from + self.text[from..close].trim_end_matches(BLANK).len();
        let room = &self.text[at..close];

        let is_lined = object.text(self.text).contains('\n')
            || (last.is_none() && (way.is_empty() || self.root.text(self.text).contains('\n')));
        let outer = line_indent(self.text, object.start());
        let own = object.properties.last().and_then(|last| begins_line(self.text, last.start()));
        let indent = own.map_or_else(|| format!("{outer}{}", self.unit()), str::to_owned);
        let written = self.written(&value, is_lined.then_some(&*indent));
        let name = Value::String(key.clone());

        let mut splices = Vec::new();
        let comma = last.and_then(|last| self.comma(last..close));
        if let (Some(last), None) = (last, comma) {
            splices.push((last..last, ",".to_owned()));
        }
        // If the last property has a trailing comma, the new last property gets one too.
        let tail = if comma.is_some() { "," } else { "" };
        let end = self.line_end();
        splices.push(match (is_lined, last) {
            (true, None) if !room.contains('\n') => {
                (at..close, format!("{end}{indent}{name}: {written}{end}{outer}"))
            }
            (true, _) => (at..at, format!("{end}{indent}{name}: {written}{tail}")),
            (false, None) => (at..at, format!("{name}: {written}")),
            (false, Some(_)) => (at..at, format!(" {name}: {written}{tail}")),
        });
        splices
    }

    /// Removes `property` from the object at the end of `way`. `old_room` is the space before the closing bracket that the
    /// object had when it had no properties.
    fn remove(
        &self,
        way: &[&ObjectProp<'a>],
        property: &ObjectProp<'a>,
        old_room: Option<&str>,
    ) -> Vec<(Range<usize>, String)> {
        let Some(object) = self.object(way) else { return Vec::new() };
        let close = object.end() - 1;
        let index = object.properties.iter().position(|known| std::ptr::eq(known, property)).unwrap_or(0);
        let above = index.checked_sub(1).map(|above| object.properties[above].end());
        let below = object.properties.get(index + 1).map(Ranged::start);
        let from = above.unwrap_or(object.start() + 1);
        let start = from + self.text[from..property.start()].trim_end_matches(BLANK).len();
        let after = self.comma(property.end()..below.unwrap_or(close));
        let end = after.map_or(property.end(), |comma| comma + 1);
        match (above, below, old_room) {
            (None, None, Some(room)) if self.text[end..close].trim_matches(BLANK).is_empty() => {
                vec![(start..close, room.to_owned())]
            }
            (Some(above), None, _) if after.is_none() => {
                let comma = self.comma(above..property.start());
                let comma = comma.map(|comma| (comma..comma + 1, String::new()));
                comma.into_iter().chain([(start..end, String::new())]).collect()
            }
            _ => vec![(start..end, String::new())],
        }
    }

    /// Whether the object at the end of `way` holds only `property`: no other property and no comment.
    fn holds_only(&self, way: &[&ObjectProp<'a>], property: &ObjectProp<'a>) -> bool {
        let is_blank =
            |range: Range<usize>| self.text[range].trim_matches([',', ' ', '\t', '\r', '\n']).is_empty();
        self.object(way).is_some_and(|object| {
            is_blank(object.start() + 1..property.start()) && is_blank(property.end()..object.end() - 1)
        })
    }

    fn is_nothing_but(&self, property: &ObjectProp<'a>) -> bool {
        let outside = [&self.text[..self.root.start()], &self.text[self.root.end()..]];
        self.holds_only(&[], property) && outside.concat().trim_matches(BLANK).is_empty()
    }

    /// The space before the closing bracket of the object at the end of `way`, if it has no properties.
    fn room(&self, way: &[&ObjectProp<'a>]) -> Option<&'a str> {
        let object = self.object(way).filter(|object| object.properties.is_empty())?;
        let inside = &self.text[object.start() + 1..object.end() - 1];
        Some(&inside[inside.trim_end_matches(BLANK).len()..])
    }

    fn comma(&self, within: Range<usize>) -> Option<usize> {
        let next = self.commas.partition_point(|comma| *comma < within.start);
        self.commas.get(next).copied().filter(|comma| *comma < within.end)
    }

    /// The indentation of one level.
    fn unit(&self) -> &str {
        let first = self.root.properties.iter().find_map(|property| begins_line(self.text, property.start()));
        let outer = line_indent(self.text, self.root.start());
        first.and_then(|first| first.strip_prefix(outer)).unwrap_or("  ")
    }

    fn line_end(&self) -> &'static str {
        let first = self.text.split_inclusive('\n').next().unwrap_or_default();
        if first.ends_with("\r\n") { "\r\n" } else { "\n" }
    }

    /// `value` as text: on lines that begin with `indent`, or on one line without `indent`.
    fn written(&self, value: &Value, indent: Option<&str>) -> String {
        let Some(indent) = indent else { return value.to_string() };
        let lines = format!("{value:#}");
        let mut written = String::new();
        for (index, line) in lines.lines().enumerate() {
            if index > 0 {
                written.push_str(self.line_end());
                written.push_str(indent);
            }
            let inner = line.trim_start_matches(' ');
            written.push_str(&self.unit().repeat((line.len() - inner.len()) / 2));
            written.push_str(inner);
        }
        written
    }

    /// The text with each range replaced, if it parses as `expected`.
    fn spliced(&self, splices: Vec<(Range<usize>, String)>, expected: &Value) -> Option<Vec<u8>> {
        let (mut text, mut at) = (self.mark.to_owned(), 0);
        for (range, new) in splices {
            text.push_str(self.text.get(at..range.start)?);
            text.push_str(&new);
            at = range.end;
        }
        text.push_str(self.text.get(at..)?);
        let is_expected = Document::read(Some(text.as_bytes())).is_ok_and(|after| after.value() == *expected);
        is_expected.then(|| text.into_bytes())
    }
}

/// Sets the value at `keys`, or removes it.
fn set(value: &mut Value, keys: &[String], new: Option<Value>) {
    let [key, inner @ ..] = keys else { return };
    let Some(object) = value.as_object_mut() else { return };
    match (inner, new) {
        ([], None) => drop(object.remove(key)),
        ([], Some(new)) => drop(object.insert(key.clone(), new)),
        (inner, new) => {
            let empty = || Value::Object(Map::new());
            set(object.entry(key.clone()).or_insert_with(empty), inner, new);
        }
    }
}

/// The indentation of the line that contains `at`.
fn line_indent(text: &str, at: usize) -> &str {
    let line = &text[text[..at].rfind('\n').map_or(0, |end| end + 1)..at];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The indentation before `at`, if `at` is the first text of its line, and not on the first line.
fn begins_line(text: &str, at: usize) -> Option<&str> {
    let start = text[..at].rfind('\n')? + 1;
    let line = &text[start..at];
    line.trim_start_matches([' ', '\t']).is_empty().then_some(line)
}

/// JSON with comments and trailing commas, which people leave in such files.
fn options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}
