//! A file that is written atomically once, and then appended to.

use std::{
    fs::{self, File, Metadata},
    io::Write,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{file, flush::Flushes, node::Access};
use crate::{Error, Result};

/// Seconds; no file system's clock is coarser.
const TICK: u64 = 2;

/// Identifies one state of a file: device and inode, size, and the time of the last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    file: (u64, u64),
    size: u64,
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of the file at `path`, links followed; none if it cannot be read, or if the file changed so recently that
    /// another change might not show in the stamp.
    pub(crate) fn behind(path: &Path) -> Option<Self> {
        let stamp = Self::from(&fs::metadata(path).ok()?);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        u64::try_from(stamp.changed.0).is_ok_and(|changed| changed + TICK < now).then_some(stamp)
    }

    /// The stamp of the file at `path`; none if it cannot be read.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        fs::symlink_metadata(path).ok().as_ref().map(Self::from)
    }
}

impl From<&Metadata> for Stamp {
    fn from(found: &Metadata) -> Self {
        Self {
            file: (found.dev(), found.ino()),
            size: found.size(),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }
}

/// A file that this process wrote, and keeps open to append to it.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Writes a file with `contents` at `path`, as [`super::World::put`] does.
    pub(crate) fn put(path: &Path, contents: &[u8], access: Access) -> Result<Self> {
        let file = file::put(path, contents, access, &mut Flushes::default())?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Replaces the file at `path`, without flushing its folder: after a power cut, the old or the new file may be there, and
    /// both are good.
    pub(crate) fn replace(path: &Path, contents: &[u8], access: Access) -> Result<()> {
        file::put(path, contents, access, &mut Flushes::never()).map(drop)
    }

    /// The present stamp of the file.
    pub(crate) fn stamp(&self) -> Result<Stamp> {
        self.file.metadata().map(|found| Stamp::from(&found)).map_err(Error::file("look at", &self.path))
    }

    /// Appends `bytes`. If `is_flushed`, they survive a power cut. The caller makes sure that the file is still at its path.
    pub(crate) fn append(&mut self, bytes: &[u8], is_flushed: bool) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::file("write", &self.path))?;
        if is_flushed { self.flush() } else { Ok(()) }
    }

    fn flush(&self) -> Result<()> {
        self.file.sync_data().map_err(Error::file("flush", &self.path))
    }
}
