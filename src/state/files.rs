//! The files of a state, from the state folder or from a backup. In the state folder, only the owner may be able to
//! write to a file.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use labtrust_machine::World;
use labtrust_plan::text;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{Damage, Way};
use crate::backup::Archive;

/// The files of a state, by their paths in its folder.
pub(crate) trait Files {
    /// The content of the file at `path`; none if it does not exist.
    fn read(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>>;

    /// The path of the file for messages.
    fn full(&self, path: &Path) -> PathBuf;
}

/// A state folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OnDisk {
    /// Its path.
    pub folder: PathBuf,
    /// The uid of its owner.
    pub owner: u32,
}

impl Files for OnDisk {
    fn read(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
        Ok(World::read_owned_by(self.owner, &self.full(path))?)
    }

    fn full(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }
}

/// The record in the file at `path`, if it exists. The next run replaces an unreadable one.
pub(crate) fn read_note<T: DeserializeOwned>(files: &dyn Files, path: &Path) -> Result<Option<T>, Damage> {
    let damage = |error: anyhow::Error| Damage::new(&files.full(path), &error, Way::Note);
    let Some(bytes) = files.read(path).map_err(damage)? else { return Ok(None) };
    parse_json(&bytes).map(Some).map_err(damage)
}

/// Parses a JSON file of the state. An error shows nothing of its content.
pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| anyhow!(text::json_fault(&error)))
}

impl Files for Archive {
    fn read(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
        Ok(self.get(path).map(|item| item.contents.clone()))
    }

    fn full(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }
}
