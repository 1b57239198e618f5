//! A block of our lines between two marks in a text file. The functions work on bytes, because the file may have any
//! encoding.

use std::ops::Range;

use super::undone::Undone;

/// The file with the block in it.
pub(super) fn apply(before: Option<&[u8]>, name: &str, lines: &[String]) -> Result<Vec<u8>, String> {
    check(name)?;
    let bytes = before.unwrap_or_default();
    let found = find(bytes, name)?;
    let end = line_end(bytes);
    let mut ours = marked(name, lines).join(end).into_bytes();
    ours.extend(end.as_bytes());
    Ok(match found {
        // The last line has no line end, and keeps none.
        Some(range) if bytes[range.clone()].ends_with(b"\n") => spliced(bytes, range, &ours),
        Some(range) => spliced(bytes, range, &ours[..ours.len() - end.len()]),
        None => {
            let mut after = bytes.to_vec();
            if !bytes.is_empty() && !bytes.ends_with(b"\n") {
                after.extend(end.as_bytes());
            }
            after.extend(ours);
            after
        }
    })
}

pub(super) fn is_met(found: Option<&[u8]>, name: &str, lines: &[String]) -> Result<bool, String> {
    check(name)?;
    Ok(self::lines(found, name)? == marked(name, lines))
}

pub(super) fn undo(found: Option<&[u8]>, before: Option<&[u8]>, name: &str, lines: &[String]) -> Undone {
    let (now, then) = (found.unwrap_or_default(), before.unwrap_or_default());
    let (Ok(ours), Ok(theirs)) = (find(now, name), find(then, name)) else { return Undone::Foreign };
    let shown = |bytes: &[u8], range: &Range<usize>| split(&bytes[range.clone()]);
    match (ours, theirs) {
        (None, None) => Undone::Already,
        (Some(ours), Some(theirs)) if shown(now, &ours) == shown(then, &theirs) => Undone::Already,
        (Some(ours), theirs) if shown(now, &ours) == marked(name, lines) => {
            let end = line_end(then).as_bytes();
            let mut old = theirs.clone().map_or(&[][..], |range| &then[range]).to_vec();
            let mut range = ours;
            if theirs.is_some() && now[range.clone()].ends_with(b"\n") && !old.ends_with(b"\n") {
                if range.end < now.len() {
                    old.extend(end);
                }
            } else if theirs.is_none() && range.end == now.len() && !then.is_empty() && !then.ends_with(b"\n")
            {
                // The line end before the block was added with it, and is removed with it.
                let added = now[..range.start].ends_with(end);
                range.start -= if added { end.len() } else { 0 };
            }
            let after = spliced(now, range, &old);
            // Blocks of other changes of ours, which made the file. If one of them has another state folder, somebody may also
            // have made the file before, empty. No receipt says that, so the file is removed with its last block.
            let was_ours = before.is_none_or(|before| !before.is_empty() && are_all(before));
            if was_ours && after.is_empty() { Undone::Gone } else { Undone::Bytes(after) }
        }
        _ => Undone::Foreign,
    }
}

/// The present lines of the block, with its marks; empty if there is no block.
pub(super) fn lines(found: Option<&[u8]>, name: &str) -> Result<Vec<String>, String> {
    let bytes = found.unwrap_or_default();
    Ok(find(bytes, name)?.map(|range| split(&bytes[range])).unwrap_or_default())
}

/// Whether a file holds nothing but blocks of ours.
pub(super) fn are_all(bytes: &[u8]) -> bool {
    let mut is_inside = false;
    bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end).all(|line| {
        let is_ours = is_inside || line.is_empty() || is_mark(line);
        if is_mark(line) {
            is_inside = line.ends_with(b" begin");
        }
        is_ours
    })
}

/// `lines` with their marks.
pub(super) fn marked(name: &str, lines: &[String]) -> Vec<String> {
    let [begin, end] = marks(name);
    let inner = lines.iter().flat_map(|line| line.split('\n')).map(str::to_owned);
    std::iter::once(begin).chain(inner).chain([end]).collect()
}

pub(super) fn marks(name: &str) -> [String; 2] {
    ["begin", "end"].map(|what| format!("# labtrust {name} {what}"))
}

/// Rejects names that are not one word: a line break in a name would add a line to the file.
fn check(name: &str) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_plain) {
        return Err(format!("cannot have a block with the name {name:?}"));
    }
    Ok(())
}

/// The range of the block, from its first mark to the end of its last line.
fn find(bytes: &[u8], name: &str) -> Result<Option<Range<usize>>, String> {
    if bytes.contains(&0) {
        return Err("is not text: it contains a zero byte".into());
    }
    let [begin, end] = marks(name);
    let (mut begins, mut ends, mut others, mut at) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let range = at..at + line.len();
        at = range.end;
        match line.trim_ascii_end() {
            line if line == begin.as_bytes() => begins.push(range),
            line if line == end.as_bytes() => ends.push(range),
            line if is_mark(line) => others.push(range),
            _ => {}
        }
    }
    match (&begins[..], &ends[..]) {
        ([], []) => Ok(None),
        ([begin], [end])
            if begin.start < end.start
                && !others.iter().any(|mark| (begin.end..end.start).contains(&mark.start)) =>
        {
            Ok(Some(begin.start..end.end))
        }
        _ => Err(format!("must contain `{begin}` and `{end}` once each, in this order")),
    }
}

/// Whether `line` begins or ends any block of ours.
fn is_mark(line: &[u8]) -> bool {
    line.starts_with(b"# labtrust ") && (line.ends_with(b" begin") || line.ends_with(b" end"))
}

/// The lines without their ends.
fn split(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(|line| line.trim_end_matches('\r').to_owned()).collect()
}

/// The line ending of the file.
fn line_end(bytes: &[u8]) -> &'static str {
    let first = bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    if first.ends_with(b"\r\n") { "\r\n" } else { "\n" }
}

fn spliced(bytes: &[u8], range: Range<usize>, new: &[u8]) -> Vec<u8> {
    [&bytes[..range.start], new, &bytes[range.end..]].concat()
}
