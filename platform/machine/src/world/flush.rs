//! When the names in a folder are flushed: at once, or once for all that one change does there.

use std::{collections::BTreeMap, fs::File, os::unix::fs::MetadataExt, path::PathBuf};

use super::folder::Folder;
use crate::{Error, Result};

/// The folders whose names are still to be flushed.
///
/// A new folder is flushed with what is first put into it, and not by its own name above: the file systems of Linux
/// then write the names of all new folders above it too (ext4, XFS, Btrfs, f2fs and ZFS keep a log in the order in which
/// things were done; ext4 without one has `ext4_sync_parent`, Btrfs `log_new_ancestors`).
#[derive(Debug, Default)]
pub(super) struct Flushes {
    /// By device and number; none while each is flushed at once.
    held: Option<BTreeMap<(u64, u64), (PathBuf, File)>>,
}

impl Flushes {
    /// Holds them, from now on.
    pub(super) fn held() -> Self {
        Self { held: Some(BTreeMap::new()) }
    }

    /// Flushes the names in `folder`, now or with the others.
    pub(super) fn flush(&mut self, folder: &Folder) -> Result<()> {
        let fault = Error::file("flush the folder", &folder.path);
        let opened = folder.listable().and_then(|file| Ok((file.metadata()?, file)));
        let (found, file) = match opened {
            Ok(opened) => opened,
            Err(error) => return Err(fault(error)),
        };
        match &mut self.held {
            Some(held) => {
                held.insert((found.dev(), found.ino()), (folder.path.clone(), file));
                Ok(())
            }
            None => file.sync_all().map_err(fault),
        }
    }

    /// Flushes those that were held, each once; from now on each is flushed at once.
    pub(super) fn release(&mut self) -> Result<()> {
        let held = self.held.take().unwrap_or_default();
        held.into_values()
            .map(|(path, file)| file.sync_all().map_err(Error::file("flush the folder", &path)))
            .fold(Ok(()), Result::and)
    }
}
