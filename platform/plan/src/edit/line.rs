//! One line of a file in place of another. The functions work on bytes: the other lines may have any encoding.

use std::ops::Range;

use super::undone::Undone;

pub(super) fn apply(before: Option<&[u8]>, old: &str, new: &str) -> Result<Vec<u8>, String> {
    check(old, new)?;
    let bytes = before.unwrap_or_default();
    match &find_lines(bytes, old)?[..] {
        [range] => Ok(spliced(bytes, range, new)),
        [] => Err(format!("has no line `{old}`")),
        several => Err(format!("has {} lines `{old}`", several.len())),
    }
}

pub(super) fn is_met(found: Option<&[u8]>, old: &str, new: &str) -> Result<bool, String> {
    check(old, new)?;
    Ok(!find_lines(found.unwrap_or_default(), new)?.is_empty())
}

pub(super) fn undo(found: Option<&[u8]>, before: Option<&[u8]>, old: &str, new: &str) -> Undone {
    let (now, then) = (found.unwrap_or_default(), before.unwrap_or_default());
    let lines = |bytes, line| find_lines(bytes, line).unwrap_or_default();
    let count = |bytes| [old, new].map(|line| lines(bytes, line).len());
    match (count(now), count(then)) {
        (is, was) if is == was => Undone::Already,
        // The edit is only made if there is exactly one such line.
        ([stand, 0], [1, 0]) if stand > 0 => Undone::Already,
        ([_, 1], [1, 0]) => Undone::Bytes(spliced(now, &lines(now, new)[0], old)),
        _ => Undone::Foreign,
    }
}

/// Rejects line breaks: they would make two lines.
fn check(old: &str, new: &str) -> Result<(), String> {
    match [old, new].iter().find(|line| line.contains(['\n', '\r', '\0'])) {
        Some(line) => Err(format!("cannot have a line {line:?}")),
        None => Ok(()),
    }
}

/// The ranges of the lines that are equal to `line`, without their ends.
fn find_lines(bytes: &[u8], line: &str) -> Result<Vec<Range<usize>>, String> {
    if bytes.contains(&0) {
        return Err("is not text: it contains a zero byte".into());
    }
    let (mut found, mut at) = (Vec::new(), 0);
    for whole in bytes.split_inclusive(|byte| *byte == b'\n') {
        let bare = whole.strip_suffix(b"\n").unwrap_or(whole);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        if bare == line.as_bytes() {
            found.push(at..at + bare.len());
        }
        at += whole.len();
    }
    Ok(found)
}

fn spliced(bytes: &[u8], range: &Range<usize>, new: &str) -> Vec<u8> {
    [&bytes[..range.start], new.as_bytes(), &bytes[range.end..]].concat()
}
