//! A TOML text with the positions of its parts, and the ways to add a value to it and to remove one.

use std::ops::Range;

use serde_json::{Map, Value};
use toml_edit::{ArrayOfTables, InlineTable, Item, Table, TableLike, Value as TomlValue};

use super::key::{TomlKey, title, written_key};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// One replacement of a part of the text.
pub(super) type Splice = (Range<usize>, String);

/// A TOML text and its parts.
pub(super) struct Document<'a> {
    /// A byte order mark before the text, or empty.
    mark: &'static str,
    pub text: &'a str,
    root: toml_edit::Document<&'a str>,
}

/// A part of a TOML text.
#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
    Table(&'a Table),
    /// An array of tables: `[[name]]`.
    Tables(&'a ArrayOfTables),
    Value(&'a TomlValue),
}

/// A part at the end of a path.
pub(super) struct Found<'a> {
    /// The position of its key; none in a list.
    key: Option<usize>,
    pub node: Node<'a>,
}

impl Found<'_> {
    fn has_header(&self) -> bool {
        matches!(self.node, Node::Table(table) if is_header(table))
    }

    /// Whether the table holds one part, so that it ends with it: a table without a header, or one whose header goes too.
    fn is_alone(&self, has_lost_header: bool) -> bool {
        matches!(self.node, Node::Table(table) if table.len() == 1 && (has_lost_header || table.is_implicit()))
    }
}

impl<'a> Node<'a> {
    fn of(item: &'a Item) -> Option<Self> {
        match item {
            Item::None => None,
            Item::Value(value) => Some(Self::Value(value)),
            Item::Table(table) => Some(Self::Table(table)),
            Item::ArrayOfTables(tables) => Some(Self::Tables(tables)),
        }
    }

    /// The position of a value; none for what consists of several lines with headers.
    pub(super) fn span(self) -> Option<Range<usize>> {
        match self {
            Self::Value(value) => value.span(),
            Self::Table(_) | Self::Tables(_) => None,
        }
    }

    fn inline(self) -> Option<&'a InlineTable> {
        match self {
            Self::Value(TomlValue::InlineTable(table)) => Some(table),
            _ => None,
        }
    }

    /// The part at `key`. The error names the kind of part that has no keys.
    fn child(self, key: &TomlKey) -> Result<Option<Found<'a>>, &'static str> {
        let named = |entry: Option<(&'a toml_edit::Key, &'a Item)>| {
            let (key, item) = entry?;
            Some(Found { key: key.span().map(|span| span.start), node: Node::of(item)? })
        };
        let numbered = |node: Option<Self>| node.map(|node| Found { key: None, node });
        match (self, key) {
            (Self::Table(table), TomlKey::Name(name)) => Ok(named(table.get_key_value(name))),
            (Self::Value(TomlValue::InlineTable(table)), TomlKey::Name(name)) => {
                Ok(named(table.get_key_value(name)))
            }
            (Self::Tables(tables), TomlKey::Index(index)) => {
                Ok(numbered(tables.get(*index).map(Self::Table)))
            }
            (Self::Value(TomlValue::Array(list)), TomlKey::Index(index)) => {
                Ok(numbered(list.get(*index).map(Self::Value)))
            }
            (_, TomlKey::Name(_)) => Err("table"),
            (_, TomlKey::Index(_)) => Err("list"),
        }
    }

    /// The end of the part's text.
    fn end(self) -> usize {
        match self {
            Self::Value(value) => value.span().map_or(0, |span| span.end),
            Self::Tables(tables) => tables.iter().map(|table| Self::Table(table).end()).max().unwrap_or(0),
            Self::Table(table) => {
                let own = table.span().map_or(0, |span| span.end);
                let inner = table.iter().filter_map(|(_, item)| Self::of(item)).map(Self::end);
                inner.chain([own]).max().unwrap_or(0)
            }
        }
    }
}

impl<'a> Document<'a> {
    pub(super) fn read(bytes: Option<&'a [u8]>) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes.unwrap_or_default()).map_err(|_| "is not UTF-8 text")?;
        let (mark, text) = match text.strip_prefix(BYTE_ORDER_MARK) {
            Some(text) => (BYTE_ORDER_MARK, text),
            None => ("", text),
        };
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let root = toml_edit::Document::parse(text).map_err(|error| {
            let at = error.span().map_or_else(String::new, |span| format!(" in line {}", line(span.start)));
            // The message alone: a whole error repeats the line, which may hold a password.
            format!("is not TOML{at}: {}", error.message())
        })?;
        Ok(Self { mark, text, root })
    }

    pub(super) fn value(&self) -> Value {
        plain(Node::Table(self.root.as_table()))
    }

    /// The parts that `keys` name, each within the one before it, as far as they exist.
    pub(super) fn way(&self, keys: &[TomlKey]) -> Result<Vec<Found<'_>>, String> {
        if keys.is_empty() {
            return Err("has a value only at a key".into());
        }
        let (mut node, mut way) = (Node::Table(self.root.as_table()), Vec::new());
        for (index, key) in keys.iter().enumerate() {
            let found =
                node.child(key).map_err(|kind| format!("has no {kind} at {}", title(&keys[..index])))?;
            let Some(found) = found else { break };
            node = found.node;
            way.push(found);
        }
        Ok(way)
    }

    /// Adds `value` at `keys`, of which the parts of `way` exist.
    pub(super) fn insert(
        &self,
        way: &[Found<'_>],
        keys: &[TomlKey],
        value: &Value,
    ) -> Result<Vec<Splice>, String> {
        let names = |keys: &[TomlKey]| -> Result<Vec<String>, String> {
            keys.iter()
                .map(|key| match key {
                    TomlKey::Name(name) => Ok(written_key(name)),
                    TomlKey::Index(_) => Err(format!("has nothing at {}", title(keys))),
                })
                .collect()
        };
        let rest = names(&keys[way.len()..])?;
        let around = way.last().map_or(Node::Table(self.root.as_table()), |found| found.node);
        if let Some(table) = around.inline() {
            return Ok(vec![insert_inline(table, &format!("{} = {value}", rest.join(".")))]);
        }
        let Node::Table(table) = around else { return Err(format!("has no table at {}", title(keys))) };
        let line = format!("{} = {value}", rest.last().map_or("", |last| last));
        if rest.len() == 1 && has_body(table) {
            let (at, indent) = self.body_end(table);
            return Ok(vec![self.insert_lines(at, &[format!("{indent}{line}")])]);
        }
        // The element of an array of tables is not named in the headers of its own tables.
        let outer: Vec<_> =
            keys[..keys.len() - 1].iter().filter(|key| matches!(key, TomlKey::Name(_))).cloned().collect();
        let header = format!("[{}]", names(&outer)?.join("."));
        let at =
            if outer.len() + 1 == keys.len() { self.text.len() } else { self.line_end_after(around.end()) };
        let blank = if at == 0 { Vec::new() } else { vec![String::new()] };
        Ok(vec![self.insert_lines(at, &[blank, vec![header, line]].concat())])
    }

    /// Removes the value at the end of `way`, and the header of its table if that was added for it: `then` is the way to the
    /// value before. The number is that of the outermost part of `way` that is gone.
    pub(super) fn remove(&self, way: &[Found<'_>], then: &[Found<'_>]) -> (Splice, usize) {
        let last = way.len() - 1;
        let key = way[last].key.unwrap_or(0);
        let end = way[last].node.end();
        let around = last.checked_sub(1).map(|above| way[above].node);
        if around.and_then(Node::inline).is_some() {
            return self.remove_inline(way, end);
        }
        let end = self.line_end_after(end);
        let is_unended = end == self.text.len() && !self.text.ends_with('\n');
        let (mut start, mut gone) = (self.line_start(key), last);
        let had_header = last.checked_sub(1).and_then(|above| then.get(above)).is_some_and(Found::has_header);
        let header = around.filter(|_| !had_header).and_then(|around| self.added_header(around, start));
        if let Some(header) = header {
            start = header;
            while gone > 0 && way[gone - 1].is_alone(gone == last) {
                gone -= 1;
            }
        }
        if is_unended {
            start -= last_line_end(&self.text[..start]);
        }
        // The blank line that was added before the header.
        let above = last_line_end(&self.text[..start]);
        let is_blank = is_unended || start == above || self.text[..start - above].ends_with('\n');
        if header.is_some() && is_blank {
            start -= above;
        }
        ((start..end, String::new()), gone)
    }

    /// The beginning of the header of `around`, if that table has no value but the one at `start`, and no comment between.
    fn added_header(&self, around: Node<'_>, start: usize) -> Option<usize> {
        let Node::Table(table) = around else { return None };
        let header = table.span().filter(|_| is_header(table))?;
        let between = self.text.get(self.line_end_after(header.end)..start)?;
        let is_only = table.iter().filter(is_in_body).count() == 1;
        (is_only && between.trim().is_empty()).then(|| self.line_start(header.start))
    }

    /// Removes the value at the end of `way`, which ends at `end`, from an inline table.
    fn remove_inline(&self, way: &[Found<'_>], end: usize) -> (Splice, usize) {
        let table = |above: usize| way.get(above).and_then(|found| found.node.inline());
        let mut gone = way.len() - 1;
        // `a.b = 1` is one entry.
        while gone > 0 && table(gone - 1).is_some_and(|table| table.is_dotted() && table.len() == 1) {
            gone -= 1;
        }
        let key = way[gone].key.unwrap_or(0);
        let around = gone.checked_sub(1).and_then(table);
        let range = around.map_or(key..end, |table| self.inline_range(table, key, end));
        ((range, String::new()), gone)
    }

    /// The range of the entry that begins at `key` and ends at `end` in an inline table, with one comma.
    fn inline_range(&self, table: &InlineTable, key: usize, end: usize) -> Range<usize> {
        let before =
            table.iter().filter_map(|(_, value)| value.span()).map(|span| span.end).filter(|end| *end <= key);
        let after = self.text[end..].trim_start_matches([' ', '\t']);
        match before.max() {
            Some(before) => before..end,
            None if after.starts_with(',') => {
                let next = after[1..].trim_start_matches([' ', '\t']);
                key..self.text.len() - next.len()
            }
            None => key..end,
        }
    }

    /// The position after the last line of the table's own values, and the indentation of such lines.
    fn body_end(&self, table: &Table) -> (usize, &'a str) {
        let ends = table.iter().filter(is_in_body).filter_map(|(_, item)| Node::of(item)).map(Node::end);
        let key = table.iter().filter(is_in_body).last().and_then(|(name, _)| table.get_key_value(name));
        let key = key.and_then(|(key, _)| key.span()).map(|span| span.start);
        let header = table.span().filter(|_| is_header(table));
        let indent = key.or(header.as_ref().map(|header| header.start)).map_or("", |at| self.indent(at));
        let at = match (ends.max(), header) {
            (Some(end), _) => self.line_end_after(end),
            (None, Some(header)) => self.line_end_after(header.end),
            (None, None) => 0,
        };
        (at, indent)
    }

    /// Adds whole lines at `at`, the beginning of a line or the end of the text.
    fn insert_lines(&self, at: usize, lines: &[String]) -> Splice {
        let end = self.line_end();
        let is_after_text = at > 0 && !self.text[..at].ends_with('\n');
        let joined = lines.join(end);
        (at..at, if is_after_text { format!("{end}{joined}") } else { format!("{joined}{end}") })
    }

    fn line_end(&self) -> &'static str {
        let first = self.text.split_inclusive('\n').next().unwrap_or_default();
        if first.ends_with("\r\n") { "\r\n" } else { "\n" }
    }

    /// The position after the line that contains `at`.
    fn line_end_after(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |end| at + end + 1)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    fn indent(&self, at: usize) -> &'a str {
        let line = &self.text[self.line_start(at)..at];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// The text with each range replaced, if it parses as `expected`.
    pub(super) fn spliced(&self, splices: &[Splice], expected: &Value) -> Option<Vec<u8>> {
        let (mut text, mut at) = (self.mark.to_owned(), 0);
        for (range, new) in splices {
            text.push_str(self.text.get(at..range.start)?);
            text.push_str(new);
            at = range.end;
        }
        text.push_str(self.text.get(at..)?);
        let is_expected = Document::read(Some(text.as_bytes())).is_ok_and(|after| after.value() == *expected);
        is_expected.then(|| text.into_bytes())
    }
}

/// Adds `entry` to an inline table.
fn insert_inline(table: &InlineTable, entry: &str) -> Splice {
    let span = table.span().unwrap_or_default();
    let ends = table.iter().filter_map(|(_, value)| value.span()).map(|span| span.end);
    match ends.max() {
        Some(last) => (last..last, format!(", {entry}")),
        None => (span.start + 1..span.start + 1, entry.to_owned()),
    }
}

/// Whether the item stands among the lines of its table, and has no header of its own.
fn is_in_body((_, item): &(&str, &Item)) -> bool {
    match item {
        Item::Value(_) => true,
        Item::Table(table) => table.is_dotted(),
        Item::None | Item::ArrayOfTables(_) => false,
    }
}

/// Whether lines of the table follow the root's beginning or its own header.
fn has_body(table: &Table) -> bool {
    !table.is_implicit() && !table.is_dotted()
}

/// Whether the table has a header of its own. The root has none.
fn is_header(table: &Table) -> bool {
    has_body(table) && table.span().is_some_and(|span| !span.is_empty())
}

/// The length of the line end at the end of `text`.
fn last_line_end(text: &str) -> usize {
    ["\r\n", "\n"].into_iter().find(|end| text.ends_with(end)).map_or(0, str::len)
}

/// The values of `node` as JSON. TOML's dates and special numbers become text.
pub(super) fn plain(node: Node<'_>) -> Value {
    let table = |table: &dyn TableLike| {
        let items = table.iter().filter_map(|(key, item)| Some((key.to_owned(), plain(Node::of(item)?))));
        Value::Object(items.collect::<Map<_, _>>())
    };
    match node {
        Node::Table(inner) => table(inner),
        Node::Tables(tables) => Value::Array(tables.iter().map(|inner| table(inner)).collect()),
        Node::Value(value) => match value {
            TomlValue::String(text) => Value::String(text.value().clone()),
            TomlValue::Integer(number) => (*number.value()).into(),
            TomlValue::Float(number) => serde_json::Number::from_f64(*number.value())
                .map_or_else(|| number.value().to_string().into(), Value::Number),
            TomlValue::Boolean(truth) => (*truth.value()).into(),
            TomlValue::Datetime(date) => date.value().to_string().into(),
            TomlValue::Array(list) => {
                Value::Array(list.iter().map(|value| plain(Node::Value(value))).collect())
            }
            TomlValue::InlineTable(inner) => table(inner),
        },
    }
}

/// Sets the value at `keys`, or removes it.
pub(super) fn set(value: &mut Value, keys: &[TomlKey], new: Option<Value>) {
    let [key, inner @ ..] = keys else {
        if let Some(new) = new {
            *value = new;
        }
        return;
    };
    match (key, value) {
        (TomlKey::Name(name), Value::Object(table)) => {
            if inner.is_empty() && new.is_none() {
                table.remove(name);
            } else {
                set(table.entry(name.clone()).or_insert_with(|| Value::Object(Map::new())), inner, new);
            }
        }
        (TomlKey::Index(index), Value::Array(list)) => {
            if let Some(element) = list.get_mut(*index) {
                set(element, inner, new);
            }
        }
        _ => {}
    }
}
