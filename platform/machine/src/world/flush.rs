//! When the names in a folder are flushed to the disk: at once, or once for all that one change does there.

use std::{collections::BTreeMap, fs::File, os::unix::fs::MetadataExt, path::PathBuf};

use super::folder::Folder;
use crate::{Error, Result};

/// Folders whose names are not flushed yet.
///
/// A new folder's own name is not flushed in the folder above. Flushing the first file in the new folder is enough: Linux
/// file systems then also write the names of all new folders above it (ext4, XFS, Btrfs, f2fs and ZFS keep a log in the
/// order of the changes; ext4 without a log has `ext4_sync_parent`, Btrfs `log_new_ancestors`).
#[derive(Debug, Default)]
pub(super) struct Flushes {
    /// The number of open holds. Without one, each folder is flushed at once.
    holds: usize,
    /// The folders that were held back, by device and inode number.
    held: BTreeMap<(u64, u64), (PathBuf, File)>,
}

impl Flushes {
    /// Holds flushes back until [`Self::release`]. Holds nest.
    pub(super) fn hold(&mut self) {
        self.holds += 1;
    }

    /// Flushes nothing, ever: for a file that may be lost in a power cut.
    pub(super) fn never() -> Self {
        Self { holds: 1, ..Self::default() }
    }

    /// Flushes the names in `folder`, now or when they are released.
    pub(super) fn flush(&mut self, folder: &Folder) -> Result<()> {
        let fault = Error::file("flush the folder", &folder.path);
        let opened = folder.listable().and_then(|file| Ok((file.metadata()?, file)));
        let (found, file) = match opened {
            Ok(opened) => opened,
            Err(error) => return Err(fault(error)),
        };
        if self.holds == 0 {
            return file.sync_all().map_err(fault);
        }
        self.held.insert((found.dev(), found.ino()), (folder.path.clone(), file));
        Ok(())
    }

    /// Ends the latest hold: flushes each folder that was held back so far, once. An outer hold goes on.
    pub(super) fn release(&mut self) -> Result<()> {
        self.holds = self.holds.saturating_sub(1);
        std::mem::take(&mut self.held)
            .into_values()
            .map(|(path, file)| file.sync_all().map_err(Error::file("flush the folder", &path)))
            .fold(Ok(()), Result::and)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::folder, *};

    fn open(path: &std::path::Path) -> Folder {
        folder::open(path).expect("no fault").expect("a folder")
    }

    #[test]
    fn a_hold_within_a_hold_loses_no_flush_and_ends_only_itself() {
        let [outer, inner, later] = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
        let mut flushes = Flushes::default();
        flushes.hold();
        flushes.flush(&open(outer.path())).expect("held");
        flushes.hold();
        flushes.flush(&open(inner.path())).expect("held");
        assert_eq!(flushes.held.len(), 2, "the inner hold drops what the outer one holds");
        flushes.release().expect("flushed");
        assert_eq!(flushes.held.len(), 0, "a released hold has flushed everything");
        flushes.flush(&open(later.path())).expect("held");
        assert_eq!(flushes.held.len(), 1, "the outer hold ended with the inner one");
        flushes.release().expect("flushed");
        flushes.flush(&open(later.path())).expect("flushed at once");
        assert_eq!(flushes.held.len(), 0);
    }
}
