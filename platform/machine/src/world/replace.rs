//! Replaces a file that several runs may replace at once, with different rights and state folders, so that they share no other lock:
//! each holds a lock on the file that it replaces.

#![allow(clippy::disallowed_methods, reason = "a file that is locked is not written")]

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{FlockOperation, OFlags, flock},
    io::Errno,
};

use super::{file::look, node::Node};
use crate::{Error, Result};

/// How long to wait for another run. Anybody who may read the file can hold its lock.
const LIMIT: Duration = Duration::from_secs(10);

/// Calls `replace` if the file at `path` is `before`, while no other run replaces it. None if it is not.
pub(super) fn replace<T>(
    path: &Path,
    before: &Node,
    replace: impl FnOnce() -> Result<T>,
) -> Result<Option<T>> {
    let open = OpenOptions::new().read(true).custom_flags(OFlags::NOFOLLOW.bits().cast_signed()).open(path);
    let Ok(file) = open else { return Ok(None) };
    let started = Instant::now();
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) if started.elapsed() < LIMIT => thread::sleep(Duration::from_millis(5)),
            Err(Errno::WOULDBLOCK) => return Err(Error::file("lock", path)(Errno::WOULDBLOCK.into())),
            // Some file systems have no locks.
            Ok(()) | Err(_) => break,
        }
    }
    // The run that held the lock has put another file there.
    if !is_at(&file, path) || look(path)? != *before {
        return Ok(None);
    }
    replace().map(Some)
}

fn is_at(file: &File, path: &Path) -> bool {
    let here = fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()));
    let held = file.metadata().map(|found| (found.dev(), found.ino()));
    matches!((here, held), (Ok(here), Ok(held)) if here == held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_who_replace_a_file_none_is_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, "").expect("a file");
        thread::scope(|scope| {
            for number in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    loop {
                        let before = look(path).expect("a file");
                        let text = fs::read_to_string(path).expect("text");
                        let draft = path.with_extension(number.to_string());
                        let replaced = replace(path, &before, || {
                            fs::write(&draft, format!("{text}{number}\n")).expect("a draft");
                            fs::rename(&draft, path).expect("a file");
                            Ok(())
                        });
                        if replaced.expect("a lock").is_some() {
                            break;
                        }
                    }
                });
            }
        });
        let mut lines: Vec<_> = fs::read_to_string(&path).expect("text").lines().map(str::to_owned).collect();
        lines.sort();
        assert_eq!(lines, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    }
}
