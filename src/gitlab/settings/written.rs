//! The lines of gitlab.rb, and a line with another value.

use crate::gitlab::ruby::{Setting, Value};

/// The name of the block.
pub(super) const NAME: &str = "settings";

/// The lines of a file, without their ends.
pub(super) struct Lines<'f>(Vec<&'f [u8]>);

impl<'f> Lines<'f> {
    pub(super) fn of(bytes: &'f [u8]) -> Self {
        let bare = |line: &'f [u8]| line.strip_suffix(b"\r").unwrap_or(line);
        Self(bytes.split(|byte| *byte == b'\n').map(bare).collect())
    }

    /// The present line of `setting`, and the same line with `value` and without a comment sign; none if that line is not
    /// unique.
    pub(super) fn rewritten(&self, setting: &Setting, value: &Value) -> Option<(String, String)> {
        let old = std::str::from_utf8(self.0.get(setting.line)?).ok()?;
        let new = with_value(old, setting, value)?;
        let count = |wanted: &str| self.0.iter().filter(|line| **line == wanted.as_bytes()).count();
        let is_mark = old.starts_with("# labtrust ");
        (count(old) == 1 && count(&new) == 0 && !is_mark).then(|| (old.to_owned(), new))
    }

    /// The number of the first line of the block that an earlier run wrote, and its lines.
    pub(super) fn block(&self) -> Option<(usize, Vec<String>)> {
        let mark = |what| format!("# labtrust {NAME} {what}");
        let find = |what| self.0.iter().position(|line| line.trim_ascii_end() == mark(what).as_bytes());
        let (begin, end) = (find("begin")? + 1, find("end")?);
        let lines = self.0.get(begin..end)?.iter();
        Some((begin, lines.map(|line| String::from_utf8_lossy(line).into_owned()).collect()))
    }

    /// Whether Ruby stops reading before the end.
    pub(super) fn end_early(&self) -> bool {
        self.0.iter().any(|line| line.trim_ascii_end() == b"__END__")
    }
}

/// `value` in Ruby, in the quotes that `like` has.
pub(super) fn literal(value: &Value, like: &str) -> String {
    let quote = if like.starts_with('"') { '"' } else { '\'' };
    match value {
        Value::Text(text) => format!("{quote}{text}{quote}"),
        Value::Number(number) => number.to_string(),
        Value::Switch(on) => on.to_string(),
        Value::Nil | Value::Table(_) | Value::Computed => "nil".into(),
    }
}

fn with_value(line: &str, setting: &Setting, value: &Value) -> Option<String> {
    let begin = line.find(&setting.text)?;
    let (before, after) = (&line[..begin], &line[begin + setting.text.len()..]);
    let old = setting.text.get(setting.literal.clone())?;
    let (left, right) = (&setting.text[..setting.literal.start], &setting.text[setting.literal.end..]);
    // The text before a comment sign is the indentation.
    let indent = before.split_once('#').map_or(before, |(indent, _)| indent);
    Some(format!("{indent}{left}{}{right}{after}", literal(value, old)))
}
