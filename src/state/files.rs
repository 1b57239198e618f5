//! Where the files of a state are read from: the state folder, whose every file must be its owner's alone, or a
//! backup, which is judged as a whole.

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
    /// What is in the file at `path`; none if it is not there.
    fn read(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>>;

    /// Where the file at `path` is, as people know it.
    fn full(&self, path: &Path) -> PathBuf;
}

/// A state folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OnDisk {
    /// Its path.
    pub folder: PathBuf,
    /// The number of the user whom it belongs to.
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

/// What is written down in the file at `path`, if it is there; the next run replaces one that cannot be read.
pub(crate) fn read_note<T: DeserializeOwned>(files: &dyn Files, path: &Path) -> Result<Option<T>, Damage> {
    let damage = |error: anyhow::Error| Damage::new(&files.full(path), &error, Way::Note);
    let Some(bytes) = files.read(path).map_err(damage)? else { return Ok(None) };
    parse_json(&bytes).map(Some).map_err(damage)
}

/// What a JSON file of the state says. An error shows nothing of what is in it.
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
