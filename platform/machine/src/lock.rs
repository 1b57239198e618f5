//! Locks, so that one run acts at a time: two updaters at once damage a bundle, and of two receipts for one file each would
//! restore the other's version.
//!
//! A run that needs both takes the state folder's lock first and the machine's lock second, so that no two runs wait for
//! each other.

#![allow(clippy::disallowed_methods, reason = "a lock is a file that is held, not one that is written")]

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use labtrust_plan::text;
use rustix::fs::{FlockOperation, flock};

use crate::{Error, Result, progress::Progress};

/// How long to wait for one other run: longer than the slowest updater that was measured.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(180);

/// A longer wait is reported.
pub(crate) const SILENT_WAIT: Duration = Duration::from_secs(1);

/// An advisory lock on a file. Dropping it releases the lock and removes the file; the kernel releases the lock when the
/// process dies. Child processes do not inherit it: the file is closed when they are executed.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Takes the machine's lock, which all state folders share.
    pub(crate) fn machine(limit: Duration, progress: &dyn Progress) -> Result<Self> {
        Self::acquire(&folder()?.join("labtrust.lock"), limit, progress)
    }

    /// Waits for the lock at `path`, and reports that after a second. `limit` counts for each run that holds the lock, not
    /// for the whole wait.
    pub(crate) fn acquire(path: &Path, limit: Duration, progress: &dyn Progress) -> Result<Self> {
        let started = Instant::now();
        let mut since = started;
        let mut holder = None;
        let mut is_reported = false;
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
                .open(path)
                .map_err(Error::file("open the lock", path))?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                // The run that held the lock may have removed the file meanwhile: then this lock is on no file.
                Ok(()) if is_same(&file, path) => {
                    note_holder(&file).map_err(Error::file("write the lock", path))?;
                    return Ok(Self { path: path.to_owned(), file });
                }
                Ok(()) => continue,
                Err(error) if error == rustix::io::Errno::WOULDBLOCK => {}
                Err(error) => return Err(Error::file("lock", path)(error.into())),
            }
            let found = holder_of(&file);
            if found != holder {
                (holder, since) = (found, Instant::now());
            }
            let who = || holder.map(describe).unwrap_or_default();
            if since.elapsed() > limit {
                return Err(Error::Locked { path: path.to_owned(), holder: who(), limit });
            }
            if started.elapsed() > SILENT_WAIT && !is_reported {
                let path = path.display();
                progress.note(&format!("waiting for another run of labtrust{}, which holds {path}", who()));
                is_reported = true;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Whether a run holds the lock at `path`. Nothing is created.
pub(crate) fn is_held(path: &Path) -> bool {
    let nofollow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(nofollow).open(path);
    file.is_ok_and(|file| {
        flock(&file, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK)
    })
}

impl Drop for Lock {
    fn drop(&mut self) {
        // If somebody removed the file, another run may have a new lock at this path.
        if is_same(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The folder of the machine's lock: only root can create, lock or remove files there.
fn folder() -> Result<&'static Path> {
    let is_roots = |folder: &&Path| {
        fs::metadata(folder)
            .is_ok_and(|found| found.is_dir() && found.uid() == 0 && found.mode() & 0o022 == 0)
    };
    ["/run", "/var/run", "/etc"].map(Path::new).into_iter().find(is_roots).ok_or_else(|| Error::Unsafe {
        path: "/run".into(),
        why: "users other than root can write to it, so the machine's lock is not safe there".into(),
    })
}

fn is_same(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Writes our process id into the lock file, for runs that wait.
fn note_holder(file: &File) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all_at(format!("{}\n", std::process::id()).as_bytes(), 0)
}

fn holder_of(file: &File) -> Option<u32> {
    let mut bytes = [0; 16];
    let length = file.read_at(&mut bytes, 0).ok()?;
    std::str::from_utf8(&bytes[..length]).ok()?.trim().parse().ok()
}

/// The process `pid` as a part of a sentence, with its command if the system tells it.
fn describe(pid: u32) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).trim_end_matches('\0').replace('\0', " ");
    let line: String = text::in_line(&line).chars().take(120).collect();
    let command = if line.is_empty() { line } else { format!(": {line}") };
    format!(" (process {pid}{command})")
}

#[cfg(test)]
mod tests {
    use std::{
        cell::RefCell,
        sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    };

    use super::*;
    use crate::progress::Silent;

    #[derive(Default)]
    struct Heard(RefCell<Vec<String>>);

    impl Progress for Heard {
        fn begin(&self, _: &str) {}
        fn note(&self, what: &str) {
            self.0.borrow_mut().push(what.to_owned());
        }
    }

    fn place() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        (folder, path)
    }

    #[test]
    fn a_holder_is_waited_for_within_the_bound_and_named_once() -> Result<()> {
        let (_folder, path) = place();
        let _held = Lock::acquire(&path, LONGEST_WAIT, &Silent)?;
        let (started, heard) = (Instant::now(), Heard::default());
        let limit = SILENT_WAIT * 3;
        let error = Lock::acquire(&path, limit, &heard).expect_err("it is held");
        assert!(started.elapsed() >= limit && started.elapsed() < limit * 3, "{:?}", started.elapsed());
        let us = format!("process {}", std::process::id());
        assert!(error.to_string().contains(&us), "{error}");
        let heard = heard.0.into_inner();
        assert!(matches!(&heard[..], [once] if once.contains(&us)), "{heard:?}");
        Ok(())
    }

    #[test]
    fn a_bound_counts_for_one_holder_not_for_the_queue() -> Result<()> {
        let (_folder, path) = place();
        let held = Lock::acquire(&path, LONGEST_WAIT, &Silent)?;
        thread::scope(|scope| {
            scope.spawn(|| {
                for pid in 1..=6 {
                    thread::sleep(Duration::from_millis(500));
                    held.file
                        .set_len(0)
                        .and_then(|()| held.file.write_all_at(format!("{pid}\n").as_bytes(), 0))
                        .expect("written");
                }
                drop(held);
            });
            Lock::acquire(&path, Duration::from_secs(2), &Silent).map(drop)
        })
    }

    #[test]
    fn only_one_holds_it_however_many_ask_and_its_file_goes() {
        let (_folder, path) = place();
        let (inside, entered) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let lock = Lock::acquire(&path, LONGEST_WAIT, &Silent).expect("no fault");
                        assert!(!inside.swap(true, Ordering::SeqCst), "two hold it");
                        entered.fetch_add(1, Ordering::SeqCst);
                        thread::yield_now();
                        inside.store(false, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert_eq!(entered.into_inner(), 400);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_took_the_locks_name_is_not_removed() -> Result<()> {
        let (_folder, path) = place();
        let held = Lock::acquire(&path, LONGEST_WAIT, &Silent)?;
        fs::remove_file(&path).map_err(Error::file("remove", &path))?;
        let _another = Lock::acquire(&path, LONGEST_WAIT, &Silent)?;
        drop(held);
        assert!(path.exists());
        Ok(())
    }
}
