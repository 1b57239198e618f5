//! gitlab.rb is a Ruby program, and only Ruby can run it. Nearly all of it is assignments of literals,
//! though: those are read here, and whatever is computed is reported as such, never guessed.

mod statement;

use self::statement::{end_of_string, nesting, statements};

/// What is assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A literal string.
    Text(String),
    /// A literal whole number.
    Number(i64),
    /// `true` or `false`.
    Switch(bool),
    /// `nil`: as if it were not set.
    Nil,
    /// Anything that takes Ruby to know.
    Computed,
}

/// One assignment, or one call of a setting that is written as a call: `external_url "…"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `nginx['listen_port']` is `["nginx", "listen_port"]`.
    pub path: Vec<String>,
    /// Its value.
    pub value: Value,
    /// The statement, as written.
    pub text: String,
    /// Whether it assigns to a local variable where a call was meant, which does nothing.
    pub inert: bool,
}

/// What could be read of a gitlab.rb.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// All settings, in their order.
    pub settings: Vec<Setting>,
}

impl Script {
    /// Reads `text`.
    pub fn read(text: &str) -> Self {
        let mut settings = Vec::new();
        let mut depth = 0_usize;
        for statement in statements(text) {
            let (opens, closes) = nesting(&statement.text);
            depth = depth.saturating_sub(closes);
            if let Some(mut setting) = setting(&statement.text) {
                // What stands in a condition or a loop may not happen at all.
                if depth > 0 || statement.is_cut {
                    setting.value = Value::Computed;
                }
                settings.push(setting);
            }
            depth += opens;
        }
        Self { settings }
    }

    /// The setting that decides `path`: the last one of it, or of a whole that it is part of.
    pub fn last(&self, path: &[&str]) -> Option<Setting> {
        let decides = |setting: &&Setting| {
            !setting.inert
                && setting.path.len() <= path.len()
                && setting.path.iter().zip(path).all(|(a, b)| a == b)
        };
        let mut found = self.settings.iter().rev().find(decides)?.clone();
        if found.path.len() < path.len() {
            found.value = Value::Computed;
        }
        Some(found)
    }
}

fn setting(statement: &str) -> Option<Setting> {
    let name: String =
        statement.chars().take_while(|next| next.is_ascii_alphanumeric() || *next == '_').collect();
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return None;
    }
    let mut rest = statement[name.len()..].trim_start();
    let is_call = name.ends_with("external_url");
    let mut path = vec![name];
    while let Some((key, after)) = key(rest) {
        path.push(key);
        rest = after.trim_start();
    }
    let text = statement.lines().next().unwrap_or(statement).trim_end().to_owned();
    let setting = |value, inert| Some(Setting { path: path.clone(), value, text: text.clone(), inert });
    if let Some(value) = rest.strip_prefix('=').filter(|value| !value.starts_with(['=', '~', '>'])) {
        return setting(literal(value.trim()), is_call && path.len() == 1);
    }
    if is_call && path.len() == 1 {
        // A bare name asks for the value.
        let argument = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest).trim();
        return if argument.is_empty() { None } else { setting(literal(argument), false) };
    }
    // `||=`, `<<`, `.merge!(…)`: something happens to it.
    let changes = ["||=", "&&=", "+=", "<<", ".merge!", ".update", ".store", ".push", "["];
    if changes.iter().any(|change| rest.starts_with(change)) { setting(Value::Computed, false) } else { None }
}

/// The key that `text` begins with, in brackets, and what follows it.
fn key(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('[')?.trim_start();
    let (key, rest) = if let Some(symbol) = inner.strip_prefix(':') {
        let end = symbol.find(|next: char| !next.is_ascii_alphanumeric() && next != '_')?;
        (symbol[..end].to_owned(), &symbol[end..])
    } else {
        let quote = inner.chars().next().filter(|next| ['\'', '"'].contains(next))?;
        let end = end_of_string(inner, quote)?;
        match literal(&inner[..end]) {
            Value::Text(key) => (key, &inner[end..]),
            _ => return None,
        }
    };
    Some((key, rest.trim_start().strip_prefix(']')?))
}

/// The value that `text` is, if it is a literal and nothing else.
fn literal(text: &str) -> Value {
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

#[cfg(test)]
mod tests;
