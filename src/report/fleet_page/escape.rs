//! Names and details come from the hosts: here they become text that cannot break out of the page.

use labtrust_plan::text;
use serde_json::Value;

/// `text` for an element or a quoted attribute. Hidden characters are shown as escapes.
pub(super) fn text(text: &str) -> String {
    quoted(&text::shown(text))
}

/// `value` for a quoted attribute that the script reads back unchanged.
pub(super) fn quoted(value: &str) -> String {
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
pub(super) fn script_data(value: &Value) -> String {
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
