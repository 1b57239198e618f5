//! Strings that are known without running Ruby: literals, local variables with a known value, and paths made of them.

use std::collections::BTreeMap;

use super::{
    statement::{end_of_list, end_of_string},
    value::{Value, literal, parts},
};

/// The known values of local variables.
pub(super) type Names = BTreeMap<String, String>;

/// The string that `expression` is, with these `names`; none if only Ruby can tell.
pub(super) fn text_of(expression: &str, names: &Names) -> Option<String> {
    /// The longest expression that is read: its brackets may be nested.
    const LONGEST: usize = 1024;
    let expression = Some(expression.trim()).filter(|expression| expression.len() <= LONGEST)?;
    let expression = expression.strip_suffix(".to_s").unwrap_or(expression);
    if let Value::Text(text) = literal(expression) {
        return Some(text);
    }
    if expression.starts_with('"') && end_of_string(expression, '"') == Some(expression.len()) {
        return interpolated(&expression[1..expression.len() - 1], names);
    }
    let sum = parts(expression, '+')?;
    if sum.len() > 1 {
        return sum.into_iter().map(|part| text_of(part, names)).collect();
    }
    match call(expression) {
        Some((name, arguments)) => {
            let arguments: Option<Vec<String>> =
                parts(arguments, ',')?.into_iter().map(|part| text_of(part, names)).collect();
            path_call(name, &arguments?)
        }
        None => names.get(expression).cloned(),
    }
}

/// `File.join('/etc', 'x')` is its name and its arguments; none if `expression` is another thing.
pub(super) fn call(expression: &str) -> Option<(&str, &str)> {
    let inner = expression.strip_suffix(')')?;
    let (name, arguments) = inner.split_once('(')?;
    let name = name.strip_prefix("::").unwrap_or(name);
    let is_whole = end_of_list(&expression[expression.find('(')?..]) == Some(arguments.len() + 2);
    let is_name = name.chars().all(|next| next.is_ascii_alphanumeric() || "_.?".contains(next));
    (is_whole && is_name).then_some((name, arguments))
}

/// What Ruby's `File` answers.
fn path_call(name: &str, arguments: &[String]) -> Option<String> {
    match (name, arguments) {
        ("", [text]) => Some(text.clone()),
        ("File.join", [first, rest @ ..]) => Some(rest.iter().fold(first.clone(), |path, part| {
            format!("{}/{}", path.trim_end_matches('/'), part.trim_start_matches('/'))
        })),
        ("File.dirname", [path]) => Some(path.rsplit_once('/')?.0.to_owned()),
        ("File.expand_path", [path]) if path.starts_with('/') => Some(path.clone()),
        ("File.expand_path", [path, folder]) if !path.starts_with(['/', '.', '~']) => {
            Some(format!("{}/{path}", folder.trim_end_matches('/')))
        }
        _ => None,
    }
}

/// The string `inner` between double quotation marks.
fn interpolated(inner: &str, names: &Names) -> Option<String> {
    let (mut text, mut rest) = (String::new(), inner);
    while let Some((before, after)) = rest.split_once("#{") {
        let end = end_of_list(&rest[before.len() + 1..])?;
        text.push_str(before);
        text.push_str(&text_of(&after[..end - 2], names)?);
        rest = &after[end - 1..];
    }
    text.push_str(rest);
    (!text.contains('\\')).then_some(text)
}

/// The parts of `text` before and after the first `word` outside strings and brackets.
pub(super) fn split_at<'t>(text: &'t str, word: &str) -> Option<(&'t str, &'t str)> {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(next) = text[at..].chars().next() {
        if depth == 0 && text[at..].starts_with(word) {
            return Some((&text[..at], &text[at + word.len()..]));
        }
        at += match next {
            '\'' | '"' | '`' => end_of_string(&text[at..], next)?,
            _ => next.len_utf8(),
        };
        depth += usize::from("([{".contains(next));
        depth = depth.saturating_sub(usize::from(")]}".contains(next)));
    }
    None
}
