//! One run at a time: two updaters at once corrupt a bundle, and two receipts of one change would
//! each restore the other's.

#![allow(clippy::disallowed_methods, reason = "a lock is a file that is held, not one that is written")]

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::fs::{FlockOperation, flock};

use crate::{Error, Result, plan::LockId, progress::Progress};

/// How long another run is waited for: longer than the slowest updater was ever seen to take.
const LONGEST_WAIT: Duration = Duration::from_secs(180);

/// An advisory lock on a file. Released, and its file removed, when this is dropped; the kernel
/// releases it when the process dies.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// The machine's lock `id`, whatever state folder is used.
    pub fn machine(id: LockId, progress: &dyn Progress) -> Result<Self> {
        let name = match id {
            LockId::SystemStore => "labtrust-system-store.lock",
        };
        let folder = ["/run", "/var/run"].map(Path::new).into_iter().find(|folder| folder.is_dir());
        Self::acquire(&folder.unwrap_or(Path::new("/tmp")).join(name), progress)
    }

    /// Waits for the lock at `path`, saying so after a second, for three minutes at most.
    pub fn acquire(path: &Path, progress: &dyn Progress) -> Result<Self> {
        let started = Instant::now();
        let mut said = false;
        loop {
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
                .open(path)
                .map_err(Error::file("open the lock", path))?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                // Whoever held it before may have removed the file: then ours has no name.
                Ok(()) if is_same(&file, path) => return Ok(Self { path: path.to_owned(), _file: file }),
                Ok(()) => continue,
                Err(error) if error == rustix::io::Errno::WOULDBLOCK => {}
                Err(error) => return Err(Error::file("lock", path)(error.into())),
            }
            if started.elapsed() > LONGEST_WAIT {
                return Err(Error::Locked { path: path.to_owned(), limit: LONGEST_WAIT });
            }
            if started.elapsed() > Duration::from_secs(1) && !said {
                progress
                    .note(&format!("waiting for another run of labtrust, which holds {}", path.display()));
                said = true;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn is_same(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}
