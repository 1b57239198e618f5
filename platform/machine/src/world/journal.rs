//! A file of ours that grows: put in one instant, and appended to from then on.

use std::{
    fs::{self, File, Metadata},
    io::Write,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{file, flush::Flushes, node::Access};
use crate::{Error, Result};

/// In seconds: no file system's clock is coarser.
const TICK: u64 = 2;

/// What tells one state of a file from every other: the file itself, its size, and when it last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    file: (u64, u64),
    size: u64,
    changed: (i64, i64),
}

impl Stamp {
    /// That of the file to which `path` leads, links followed; none if it cannot be looked at, or was changed so lately
    /// that a further change might not show in it.
    pub(crate) fn behind(path: &Path) -> Option<Self> {
        let stamp = Self::from(&fs::metadata(path).ok()?);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        u64::try_from(stamp.changed.0).is_ok_and(|changed| changed + TICK < now).then_some(stamp)
    }

    /// That of the file at `path`; none if it cannot be looked at.
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

/// A file that this process has put, held open to be appended to.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Puts a file of `contents` at `path`, as [`super::World::put`] does.
    pub(crate) fn put(path: &Path, contents: &[u8], access: Access) -> Result<Self> {
        let file = file::put(path, contents, access, &mut Flushes::default())?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Puts a file of `contents` in place of one at `path` that would do after a power cut too: which of the two it is
    /// then, nothing depends on.
    pub(crate) fn replace(path: &Path, contents: &[u8], access: Access) -> Result<()> {
        file::put(path, contents, access, &mut Flushes::never()).map(drop)
    }

    /// How the file stands now.
    pub(crate) fn stamp(&self) -> Result<Stamp> {
        self.file.metadata().map(|found| Stamp::from(&found)).map_err(Error::file("look at", &self.path))
    }

    /// Appends `bytes`; they survive a power cut if `is_flushed`. The caller has made sure that the file still
    /// bears its name.
    pub(crate) fn append(&mut self, bytes: &[u8], is_flushed: bool) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::file("write", &self.path))?;
        if is_flushed { self.flush() } else { Ok(()) }
    }

    fn flush(&self) -> Result<()> {
        self.file.sync_data().map_err(Error::file("flush", &self.path))
    }
}
