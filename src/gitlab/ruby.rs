//! gitlab.rb is a Ruby program, and only Ruby can run it. Nearly all of it is assignments of literals,
//! though: those are read here, and whatever is computed is reported as such, never guessed.

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

/// One statement's text. `is_cut` if a string in it never ended.
struct Statement {
    text: String,
    is_cut: bool,
}

/// Splits `text` at line ends and semicolons that lie outside strings, brackets, comments and
/// here-documents.
fn statements(text: &str) -> Vec<Statement> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut found = Vec::new();
    let mut current = String::new();
    let mut brackets = 0_usize;
    let mut here: Vec<String> = Vec::new();
    let mut lines = text.split_inclusive('\n');
    let mut rest = "";
    loop {
        if rest.is_empty() {
            let Some(line) = lines.next() else { break };
            if line.trim_end() == "__END__" {
                break;
            }
            if line.starts_with("=begin") {
                let _ = lines.find(|line| line.starts_with("=end"));
                continue;
            }
            rest = line;
        }
        let Some(next) = rest.chars().next() else { break };
        match next {
            '\'' | '"' | '`' => {
                if let Some(end) = end_of_string(rest, next) {
                    current.push_str(&rest[..end]);
                    rest = &rest[end..];
                    continue;
                }
                // It goes on in the lines below; one that never ends is cut at its own line's end.
                let mut whole = rest.to_owned();
                let mut ahead = lines.clone();
                let ended = loop {
                    let Some(line) = ahead.next() else { break None };
                    whole.push_str(line);
                    if let Some(end) = end_of_string(&whole, next) {
                        break Some((end, line.len()));
                    }
                };
                if let Some((end, last)) = ended {
                    let left = whole.len() - end;
                    current.push_str(&whole[..end]);
                    // The rest of the last line is what is read next.
                    let mut line = "";
                    let mut length = rest.len();
                    while length < whole.len() {
                        line = lines.next().unwrap_or_default();
                        length += line.len();
                    }
                    debug_assert_eq!(line.len(), last);
                    rest = &line[line.len() - left..];
                } else {
                    current.push_str(rest);
                    rest = "";
                    push(&mut found, &mut current, true);
                    brackets = 0;
                }
                continue;
            }
            '#' => {
                rest = if rest.ends_with('\n') { "\n" } else { "" };
                continue;
            }
            '<' => {
                here.extend(here_document(rest));
                current.push(next);
            }
            '(' | '[' | '{' => {
                brackets += 1;
                current.push(next);
            }
            ')' | ']' | '}' => {
                brackets = brackets.saturating_sub(1);
                current.push(next);
            }
            '\n' => {
                // The documents that were announced on this line begin on the next.
                for name in here.drain(..) {
                    let mut ahead = lines.clone();
                    // Without its end it was none.
                    if ahead.any(|line| line.trim() == name) {
                        lines = ahead;
                    }
                }
                if current.ends_with('\\') {
                    current.pop();
                    current.push(' ');
                } else if brackets == 0 {
                    push(&mut found, &mut current, false);
                } else {
                    current.push(' ');
                }
            }
            ';' if brackets == 0 => push(&mut found, &mut current, false),
            _ => current.push(next),
        }
        rest = &rest[next.len_utf8()..];
    }
    push(&mut found, &mut current, false);
    found
}

fn push(found: &mut Vec<Statement>, current: &mut String, is_cut: bool) {
    let text = std::mem::take(current).trim().to_owned();
    if !text.is_empty() {
        found.push(Statement { text, is_cut });
    }
}

/// The length of the string that `text` begins with, its quotes included.
fn end_of_string(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(index, next)| {
        let ends = next == quote && !escaped;
        escaped = next == '\\' && !escaped;
        ends.then_some(index + 1)
    })
}

/// The word that ends the here-document that `text` announces.
fn here_document(text: &str) -> Option<String> {
    let rest = text.strip_prefix("<<")?;
    let rest = rest.strip_prefix(['-', '~']).unwrap_or(rest);
    let rest = rest.strip_prefix(['\'', '"']).unwrap_or(rest);
    let name: String = rest.chars().take_while(|next| next.is_ascii_alphanumeric() || *next == '_').collect();
    name.starts_with(|first: char| first.is_ascii_uppercase()).then_some(name)
}

/// How many blocks `statement` opens and closes.
fn nesting(statement: &str) -> (usize, usize) {
    const OPENING: [&str; 10] =
        ["if", "unless", "case", "while", "until", "for", "begin", "def", "class", "module"];
    let word = |text: &str| {
        text.split(|next: char| !next.is_alphanumeric() && next != '_').next().map(str::to_owned)
    };
    let first = word(statement).unwrap_or_default();
    if first == "end" {
        return (0, 1);
    }
    let assigned = statement.split_once('=').and_then(|(_, value)| word(value.trim_start()));
    let is_opening = |word: &str| OPENING.contains(&word);
    let opens = is_opening(&first)
        || assigned.is_some_and(|word| is_opening(&word))
        || statement.ends_with(" do")
        || (statement.ends_with('|') && statement.contains(" do "));
    // All of it may stand on one line.
    let closes_itself = statement.ends_with(" end");
    (usize::from(opens && !closes_itself), 0)
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
            ('\\', _) if quote == '"' => return None,
            ('#', Some('{' | '@' | '$')) if quote == '"' => return None,
            _ => text.push(next),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests;
