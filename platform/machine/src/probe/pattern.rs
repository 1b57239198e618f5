//! Paths with `*` in their parts: the existing paths that match.

use std::{
    ffi::OsStr,
    fs,
    path::{Component, Path, PathBuf},
};

/// The most paths that one pattern gives: a folder may be full of files of somebody else.
const MOST: usize = 500;

/// The paths that exist and match `pattern`. In it, a part `*` stands for any name, and a part `*.json` or `x*` for any name
/// with that end or beginning. Names with a dot in front match only a pattern with one.
pub(super) fn found(pattern: &Path) -> Vec<PathBuf> {
    let mut paths = vec![PathBuf::new()];
    for part in pattern.components() {
        paths = match part {
            Component::Normal(name) if name.as_encoded_bytes().contains(&b'*') => {
                let name = name.to_string_lossy();
                let (start, end) = name.split_once('*').unwrap_or_default();
                paths.iter().flat_map(|folder| entries(folder, start, end)).take(MOST).collect()
            }
            part => paths.iter().map(|path| path.join(part)).collect(),
        };
    }
    // A name that was found in its folder counts, even if it is a link to nothing.
    if !pattern.file_name().is_some_and(|name| name.as_encoded_bytes().contains(&b'*')) {
        paths.retain(|path| path.exists());
    }
    paths
}

/// The entries of `folder` whose names begin with `start` and end with `end`, sorted.
fn entries(folder: &Path, start: &str, end: &str) -> Vec<PathBuf> {
    let is_wanted = |name: &OsStr| {
        let name = name.as_encoded_bytes();
        let rest = name.strip_prefix(start.as_bytes());
        let is_hidden = start.is_empty() && name.first() == Some(&b'.');
        rest.is_some_and(|rest| rest.ends_with(end.as_bytes())) && !is_hidden
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        entries.filter(|entry| is_wanted(&entry.file_name())).map(|entry| entry.path()).take(MOST).collect();
    found.sort();
    found
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a folder of the test's own")]
mod tests {
    use super::*;

    #[test]
    fn parts_with_a_star_stand_for_names() {
        let folder = tempfile::tempdir().expect("a folder");
        for path in ["a/1/cert9.db", "a/2/key4.db", "a/.3/cert9.db", "b.json", "c.json.old", "x-1/y", "x-2/y"]
        {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, "").expect("written");
        }
        for (pattern, expected) in [
            ("a/*/cert9.db", &["a/1/cert9.db"][..]),
            ("a/*", &["a/1", "a/2"]),
            ("*.json", &["b.json"]),
            ("x-*/y", &["x-1/y", "x-2/y"]),
            ("*/.*/cert9.db", &["a/.3/cert9.db"]),
            ("b.json", &["b.json"]),
            ("nowhere/*/x", &[]),
            ("nowhere", &[]),
        ] {
            let names = found(&folder.path().join(pattern));
            let names: Vec<_> =
                names.iter().map(|path| path.strip_prefix(folder.path()).expect("below")).collect();
            assert_eq!(names, expected.iter().map(Path::new).collect::<Vec<_>>(), "{pattern}");
        }
    }
}
