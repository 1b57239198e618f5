//! One item of a list in a TOML text.

use std::ops::Range;

use serde_json::Value;
use toml_edit::{Array, Value as TomlValue};

use super::document::{Node, Splice, plain};

/// Adds `item` to the list or single value `node`, whose text is at `span`.
pub(super) fn with(
    text: &str,
    span: Range<usize>,
    node: Node<'_>,
    item: &Value,
) -> Result<Vec<Splice>, String> {
    let Node::Value(TomlValue::Array(array)) = node else {
        return Ok(vec![(span.start..span.start, "[".into()), (span.end..span.end, format!(", {item}]"))]);
    };
    let Some(last) = last(array) else { return Ok(vec![(span.start + 1..span.start + 1, item.to_string())]) };
    let line = text[..last.start].rfind('\n').map_or(0, |end| end + 1);
    let indent = &text[line..last.start];
    let is_lined = line > span.start && indent.trim().is_empty();
    let line_end = if text[..line].ends_with("\r\n") { "\r\n" } else { "\n" };
    let rest = &text[last.end..span.end];
    if !rest.contains('#') {
        let room = if is_lined { format!("{line_end}{indent}") } else { " ".into() };
        return Ok(vec![(last.end..last.end, format!(",{room}{item}"))]);
    }
    // The comment stays with the item that it follows.
    let has_comma = rest.trim_start_matches([' ', '\t']).starts_with(',');
    if array.trailing_comma() != has_comma {
        return Err("cannot be edited without changing other parts of it".into());
    }
    let end = last.end + rest.find('\n').unwrap_or(0);
    let end = if text[..end].ends_with('\r') { end - 1 } else { end };
    let tail = if has_comma { "," } else { "" };
    let comma = (last.end..last.end, if has_comma { String::new() } else { ",".into() });
    Ok(vec![comma, (end..end, format!("{line_end}{indent}{item}{tail}"))])
}

/// Removes `item` from the list `node`.
pub(super) fn without(node: Node<'_>, item: &Value) -> Option<Vec<Splice>> {
    let Node::Value(TomlValue::Array(list)) = node else { return None };
    let spans: Vec<Range<usize>> = list.iter().filter_map(TomlValue::span).collect();
    let index = list.iter().position(|value| plain(Node::Value(value)) == *item)?;
    let own = spans.get(index)?;
    let range = match (index.checked_sub(1), spans.get(index + 1)) {
        (Some(before), _) => spans[before].end..own.end,
        (None, Some(after)) => own.start..after.start,
        (None, None) => own.clone(),
    };
    Some(vec![(range, String::new())])
}

fn last(list: &Array) -> Option<Range<usize>> {
    list.iter().last().and_then(TomlValue::span)
}
