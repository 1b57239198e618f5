//! What is assigned: literals, and hashes of literal keys such as `{ 'listen_port' => 8443, enable: true }`.

use super::statement::end_of_string;

/// What is assigned.
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
    /// A hash of literal keys, in their order: `{ 'listen_port' => 8443 }`.
    Table(Vec<(String, Self)>),
    /// Anything that takes Ruby to know.
    Computed,
}

impl Value {
    /// The part of it at `keys`; none if a table that `merges` leaves that part as it was.
    pub(super) fn at(&self, keys: &[&str], merges: bool) -> Option<Self> {
        let Some((key, rest)) = keys.split_first() else { return Some(self.clone()) };
        let Self::Table(entries) = self else { return Some(Self::Computed) };
        match entries.iter().rev().find(|(name, _)| name == key) {
            Some((_, value)) => value.at(rest, false),
            None if merges => None,
            // What is assigned as a whole has nothing else in it.
            None => Some(Self::Nil),
        }
    }

    /// What is known of it where it may not be set at all: the keys that a table may add.
    pub(super) fn in_doubt(self, merges: bool) -> Self {
        match self {
            Self::Table(entries) if merges => {
                Self::Table(entries.into_iter().map(|(key, _)| (key, Self::Computed)).collect())
            }
            _ => Self::Computed,
        }
    }
}

/// The table that a method is given in brackets or without: `('a' => 1)`, `({ a: 1 })`, ` a: 1`.
pub(super) fn of_arguments(text: &str) -> Value {
    let text = text.trim();
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text).trim();
    let braces = inner.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
    of_entries(braces.unwrap_or(inner))
}

/// The table that stands in braces.
fn of_braces(text: &str) -> Value {
    text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).map_or(Value::Computed, of_entries)
}

fn of_entries(text: &str) -> Value {
    /// Nobody writes more into one, and tables may stand in tables.
    const LONGEST: usize = 4096;
    if text.len() > LONGEST {
        return Value::Computed;
    }
    let entries = parts(text).and_then(|parts| parts.into_iter().map(entry).collect());
    entries.map_or(Value::Computed, Value::Table)
}

/// What the commas of `text` part, outside its strings and brackets; none if its brackets do not match.
fn parts(text: &str) -> Option<Vec<&str>> {
    let (mut parts, mut depth, mut begin, mut at) = (Vec::new(), 0_usize, 0, 0);
    while let Some(next) = text[at..].chars().next() {
        match next {
            '\'' | '"' | '`' => {
                at += end_of_string(&text[at..], next)?;
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
        at += next.len_utf8();
    }
    parts.push(&text[begin..]);
    // The last comma may have nothing after it.
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

/// The value that `text` is, if it is a literal and nothing else.
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

/// The string that `inner` stands for between two of `quote`; none if Ruby would put something in.
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
