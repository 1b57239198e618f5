//! Reads gitlab.rb without running it. It is a Ruby program, but nearly all of it assigns literals. This module reads
//! those, and reports any other value as computed.

mod expression;
mod include;
mod origin;
mod statement;
mod value;

use std::ops::Range;

use self::{
    include::Scope,
    statement::{Comment, nesting, statements},
    value::literal,
};

pub(super) use self::{
    include::{Include, Target},
    origin::Origin,
    statement::{end_of_list, end_of_string},
    value::Value,
};

/// The path of gitlab.rb, as GitLab names it.
const GITLAB_RB: &str = "/etc/gitlab/gitlab.rb";

/// One assignment, or one setting that is written as a call: `external_url "…"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// `nginx['listen_port']` is `["nginx", "listen_port"]`.
    pub path: Vec<String>,
    /// Its value.
    pub value: Value,
    /// The statement, as written.
    pub text: String,
    /// The position of the value in the text.
    pub literal: Range<usize>,
    /// The line in which it begins, counted from 0.
    pub line: usize,
    /// Whether it is a whole line, outside any condition or loop.
    pub alone: bool,
    /// Whether it assigns to a local variable where a call was meant, and so has no effect.
    pub inert: bool,
    /// Whether its hash is merged into earlier settings: `nginx.merge!('listen_port' => 8443)`.
    pub merges: bool,
    /// Where it was read.
    pub origin: Origin,
}

/// The readable parts of a gitlab.rb.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Script {
    /// All settings, in order.
    pub settings: Vec<Setting>,
    /// The settings that are commented out, each on a line of its own where a setting could be.
    pub comments: Vec<Setting>,
    /// The statements that make Ruby read another file, which may set anything.
    pub includes: Vec<Include>,
}

impl Script {
    /// Reads `text` of gitlab.rb.
    pub(crate) fn read(text: &str) -> Self {
        Self::read_from(text, &Origin::File, GITLAB_RB)
    }

    /// Reads the `text` of a container's environment.
    pub(crate) fn of_environment(text: &str) -> Self {
        Self::read_from(text, &Origin::Environment, "")
    }

    /// Reads `text`, which Ruby reads from `origin`: from the file that GitLab names `path`, if it is a file.
    pub(crate) fn read_from(text: &str, origin: &Origin, path: &str) -> Self {
        let (statements, comments) = statements(text);
        let mut settings = Vec::new();
        // The depth of conditions and loops before each statement, and at the end.
        let mut depths = vec![0_usize];
        let mut scope = Scope::of(path);
        let mut includes = Vec::new();
        for (index, statement) in statements.iter().enumerate() {
            let (opens, closes) = nesting(&statement.text);
            let depth = depths[index].saturating_sub(closes);
            scope.close(closes);
            if reads_another_file(&statement.text) {
                let (target, is_certain) = scope.target(&statement.text);
                includes.push(Include {
                    text: first_line(&statement.text),
                    line: *statement.lines.start(),
                    origin: origin.clone(),
                    after: settings.len(),
                    is_certain: is_certain && !statement.is_cut,
                    target,
                    why: None,
                });
            }
            scope.note(&statement.text, opens);
            let outer = setting(&statement.text);
            let is_whole = outer.is_some();
            for mut setting in outer.map_or_else(|| within(&statement.text), |setting| vec![setting]) {
                let (first, last) = (*statement.lines.start(), *statement.lines.end());
                // A statement in a condition or a loop may not run at all.
                let is_certain = is_whole && depth == 0 && !statement.is_cut;
                if !is_certain {
                    setting.value = setting.value.in_doubt(setting.merges);
                }
                let is_apart =
                    |other: usize| statements.get(other).is_none_or(|other| !other.lines.contains(&first));
                setting.line = first;
                setting.origin = origin.clone();
                setting.alone =
                    is_certain && first == last && is_apart(index.wrapping_sub(1)) && is_apart(index + 1);
                settings.push(setting);
            }
            depths.push(depth + opens);
        }
        let is_outside = |comment: &&Comment| depths.get(comment.after) == Some(&0);
        let comments = comments.iter().filter(is_outside).filter_map(commented).collect();
        Self { settings, comments, includes }
    }

    /// The setting that decides `path`: the last one for it, or for a hash that contains it.
    pub(crate) fn last(&self, path: &[&str]) -> Option<Setting> {
        let found = |setting: &Setting| {
            if setting.inert || !is_part(&setting.path, path) {
                return None;
            }
            let keys = &path[setting.path.len()..];
            let value = setting.value.at(keys, setting.merges)?;
            Some(Setting { value, ..setting.clone() })
        };
        self.settings.iter().rev().find_map(found)
    }
}

/// The settings inside a statement that is not a setting itself: `when 1 then external_url '…'`.
fn within(statement: &str) -> Vec<Setting> {
    /// The longest statement that is searched.
    const LONGEST: usize = 4096;
    if statement.len() > LONGEST {
        return Vec::new();
    }
    let mut found = Vec::new();
    let (mut at, mut is_in_word) = (0, false);
    while let Some(next) = statement[at..].chars().next() {
        let rest = &statement[at..];
        at += match next {
            '\'' | '"' | '`' => end_of_string(rest, next).unwrap_or(rest.len()),
            _ => {
                // The beginning of the statement was checked already.
                if !is_in_word && at > 0 {
                    found.extend(setting(rest));
                }
                next.len_utf8()
            }
        };
        is_in_word = next.is_alphanumeric() || "_.:@$".contains(next);
    }
    found.into_iter().map(|setting| Setting { text: first_line(statement), ..setting }).collect()
}

/// Whether `path` is `whole` or a part of it.
fn is_part(whole: &[String], path: &[&str]) -> bool {
    whole.len() <= path.len() && whole.iter().zip(path).all(|(a, b)| a == b)
}

/// Whether `statement` makes Ruby read another file as a part of this one (mixlib-config, `from_file`).
fn reads_another_file(statement: &str) -> bool {
    const READERS: [&str; 4] = ["from_file", "eval", "instance_eval", "class_eval"];
    words(statement).any(|word| READERS.contains(&word))
}

/// The words of `statement` outside its strings.
fn words(statement: &str) -> impl Iterator<Item = &str> {
    let mut rest = statement;
    std::iter::from_fn(move || {
        loop {
            let next = rest.chars().next()?;
            let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
            let end = match next {
                '\'' | '"' | '`' => end_of_string(rest, next).unwrap_or(rest.len()),
                _ => rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len()).max(next.len_utf8()),
            };
            let (word, after) = rest.split_at(end);
            rest = after;
            if is_of_word(next) {
                return Some(word);
            }
        }
    })
}

fn first_line(statement: &str) -> String {
    statement.lines().next().unwrap_or(statement).trim_end().to_owned()
}

/// The setting that a comment would be without its `#`.
fn commented(comment: &Comment) -> Option<Setting> {
    let (statements, _) = statements(&comment.text);
    let [statement] = statements.as_slice() else { return None };
    let setting = setting(&statement.text).filter(|setting| !setting.inert)?;
    Some(Setting { line: comment.line, alone: true, ..setting })
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
    let text = first_line(statement);
    let setting = |written: &str, inert| {
        // `written` is a part of the statement.
        let begin = statement.rfind(written).unwrap_or_default();
        let (path, text, value) = (path.clone(), text.clone(), literal(written));
        let literal = begin..begin + written.len();
        let (merges, origin) = (false, Origin::File);
        Some(Setting { path, value, text, literal, line: 0, alone: false, inert, merges, origin })
    };
    if let Some(value) = rest.strip_prefix('=').filter(|value| !value.starts_with(['=', '~', '>'])) {
        let mut found = setting(value.trim(), is_call && path.len() == 1)?;
        // Ruby takes an assignment to a bare name as a local variable.
        if path.len() == 1 && matches!(found.value, Value::Table(_)) {
            found.value = Value::Computed;
        }
        return Some(found);
    }
    if is_call && path.len() == 1 {
        // A bare name only reads the value.
        let argument = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest).trim();
        return if argument.is_empty() { None } else { setting(argument, false) };
    }
    if let Some(table) = [".merge!", ".update"].iter().find_map(|name| rest.strip_prefix(name)) {
        let value = value::of_arguments(table);
        return setting(rest, false).map(|found| Setting { value, merges: true, ..found });
    }
    // `||=`, `<<`, `.store(…)` change the value.
    let changes = ["||=", "&&=", "+=", "<<", ".store", ".push", "["];
    if changes.iter().any(|change| rest.starts_with(change)) { setting(rest, false) } else { None }
}

/// The key in brackets at the start of `text`, and the rest.
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

#[cfg(test)]
mod tests;
