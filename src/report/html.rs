//! HTML from templates: names and details come from other machines, and here they become text that cannot break out of a page.

use base64ct::{Base64, Encoding as _};
use labtrust_plan::text;
use ring::digest;
use serde_json::Value;

/// `text` for an element or a quoted attribute. Hidden characters are shown as escapes.
pub(crate) fn text(text: &str) -> String {
    quoted(&text::shown(text))
}

/// `value` for a quoted attribute that the script reads back unchanged.
pub(crate) fn quoted(value: &str) -> String {
    let mut safe = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// `value` for a `<script type="application/json">`: JSON in which nothing ends the element or begins a comment.
pub(crate) fn script_data(value: &Value) -> String {
    let mut safe = String::new();
    for character in value.to_string().chars() {
        match character {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            other => safe.push(other),
        }
    }
    safe
}

/// The source of a Content Security Policy (CSP3 §2.3.1) that allows the inline element with `contents`.
pub(crate) fn source(contents: &str) -> String {
    let hash = digest::digest(&digest::SHA256, contents.as_bytes());
    format!("'sha256-{}'", Base64::encode_string(hash.as_ref()))
}

/// `template` with `parts` in place of their names. A part is not searched for names.
pub(crate) fn fill(template: &str, parts: &[(&str, String)]) -> String {
    let mut pieces = template.split("{{");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or((piece, ""));
        if let Some((_, part)) = parts.iter().find(|(known, _)| *known == name) {
            page.push_str(part);
        }
        page.push_str(rest);
    }
    page
}
