//! Assigned values: literals, and hashes with literal keys such as `{ 'listen_port' => 8443, enable: true }`.

use super::statement::end_of_string;

/// An assigned value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A literal string.
    Text(String),
    /// A literal whole number.
    Number(i64),
    /// `true` or `false`.
    Switch(bool),
    /// `nil`: as if it were not set.
    Nil,
    /// A hash with literal keys, in order: `{ 'listen_port' => 8443 }`.
    Table(Vec<(String, Self)>),
    /// Any value that only Ruby can compute.
    Computed,
}

impl Value {
    /// The part at `keys`; none if a hash that is merged leaves that part unchanged.
    pub(super) fn at(&self, keys: &[&str], merges: bool) -> Option<Self> {
        let Some((key, rest)) = keys.split_first() else { return Some(self.clone()) };
        let Self::Table(entries) = self else { return Some(Self::Computed) };
        match entries.iter().rev().find(|(name, _)| name == key) {
            Some((_, value)) => value.at(rest, false),
            None if merges => None,
            // A hash that is assigned as a whole has no other keys.
            None => Some(Self::Nil),
        }
    }

    /// The value if the statement may not run: each key that a merged hash may add is then computed.
    pub(in crate::gitlab) fn in_doubt(self, merges: bool) -> Self {
        match self {
            Self::Table(entries) if merges => {
                Self::Table(entries.into_iter().map(|(key, _)| (key, Self::Computed)).collect())
            }
            _ => Self::Computed,
        }
    }
}

/// The hash in a method's arguments, with or without brackets: `('a' => 1)`, `({ a: 1 })`, ` a: 1`.
pub(super) fn of_arguments(text: &str) -> Value {
    let text = text.trim();
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text).trim();
    let braces = inner.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
    of_entries(braces.unwrap_or(inner))
}

/// The hash in braces.
fn of_braces(text: &str) -> Value {
    text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).map_or(Value::Computed, of_entries)
}

fn of_entries(text: &str) -> Value {
    /// The longest hash that is read; hashes may be nested.
    const LONGEST: usize = 4096;
    if text.len() > LONGEST {
        return Value::Computed;
    }
    let entries = parts(text, ',').and_then(|parts| parts.into_iter().map(entry).collect());
    entries.map_or(Value::Computed, Value::Table)
}

/// The parts of `text` between `separator`s, outside strings and brackets; none if the brackets do not match.
pub(super) fn parts(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut depth, mut begin, mut at) = (Vec::new(), 0_usize, 0, 0);
    while let Some(next) = text[at..].chars().next() {
        match next {
            '\'' | '"' | '`' => {
                at += end_of_string(&text[at..], next)?;
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ if next == separator && depth == 0 => {
                parts.push(&text[begin..at]);
                begin = at + next.len_utf8();
            }
            _ => {}
        }
        at += next.len_utf8();
    }
    parts.push(&text[begin..]);
    // Nothing may follow the last one.
    parts.pop_if(|last| last.trim().is_empty());
    (depth == 0).then_some(parts)
}

/// `'key' => value`, `:key => value` or `key: value`.
fn entry(text: &str) -> Option<(String, Value)> {
    let text = text.trim();
    let quote = text.chars().next().filter(|next| ['\'', '"'].contains(next));
    let (key, rest) = if let Some(quote) = quote {
        let end = end_of_string(text, quote)?;
        let Value::Text(key) = literal(&text[..end]) else { return None };
        (key, &text[end..])
    } else {
        let name = text.strip_prefix(':').unwrap_or(text);
        let end = name.find(|next: char| !next.is_ascii_alphanumeric() && next != '_')?;
        let (name, rest) = name.split_at(end);
        (name.to_owned(), rest)
    };
    let rest = rest.trim_start();
    let is_symbol = text.starts_with(':');
    let value = rest.strip_prefix("=>").or_else(|| rest.strip_prefix(':').filter(|_| !is_symbol))?;
    (!key.is_empty()).then(|| (key, literal(value.trim())))
}

/// The value of `text`, if it is a single literal.
pub(super) fn literal(text: &str) -> Value {
    match text {
        "true" => return Value::Switch(true),
        "false" => return Value::Switch(false),
        "nil" => return Value::Nil,
        _ => {}
    }
    if let Ok(number) = text.parse() {
        return Value::Number(number);
    }
    let quote = text.chars().next().filter(|next| ['\'', '"'].contains(next));
    match quote {
        Some(quote) if end_of_string(text, quote) == Some(text.len()) => {
            unescaped(&text[1..text.len() - 1], quote).map_or(Value::Computed, Value::Text)
        }
        _ if text.starts_with('{') => of_braces(text),
        _ => Value::Computed,
    }
}

/// The string of `inner` between two of `quote`; none if Ruby would interpolate a value.
fn unescaped(inner: &str, quote: char) -> Option<String> {
    let mut text = String::new();
    let mut rest = inner.chars().peekable();
    while let Some(next) = rest.next() {
        match (next, rest.peek()) {
            ('\\', Some(escaped)) if [quote, '\\'].contains(escaped) => text.extend(rest.next()),
            ('\\', _) | ('#', Some('{' | '@' | '$')) if quote == '"' => return None,
            _ => text.push(next),
        }
    }
    Some(text)
}
