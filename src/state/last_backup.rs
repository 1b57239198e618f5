//! The record of the last backup, for `status` and for the reminder of `setup`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::{World, world::Access};
use labtrust_plan::Contents;
use serde::{Deserialize, Serialize};

use super::{Damage, Home, read_note};
use crate::{backup::Manifest, input};

/// Its file in the state folder. Backups leave it out.
pub(crate) const FILE: &str = "backup.json";

/// The record of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastBackup {
    /// The version of the file format.
    pub schema: u32,
    /// The time of the backup (RFC 3339).
    pub made: String,
    /// The path of the backup.
    pub file: PathBuf,
}

impl LastBackup {
    /// The record of the backup with `manifest` in `file`.
    pub(crate) fn of(manifest: &Manifest, file: &Path) -> Self {
        Self { schema: 1, made: manifest.made.clone(), file: file.to_owned() }
    }

    /// The last one, if there was any.
    pub(crate) fn read(home: &Home) -> Result<Option<Self>, Damage> {
        read_note(&home.files(), Path::new(FILE))
    }

    /// Writes the record into the state folder.
    pub(crate) fn write(&self, home: &Home) -> Result<()> {
        let contents = Contents::Public(serde_json::to_vec_pretty(self)?);
        Ok(World::here().put(&home.state.join(FILE), &contents, Access { mode: 0o600, owner: None })?)
    }

    /// Deletes the record, when the state that was saved is gone.
    pub(crate) fn forget(home: &Home) -> Result<()> {
        let path = home.state.join(FILE);
        World::here().tidy(&path)?;
        Ok(World::here().remove(&path)?)
    }

    /// A short description.
    pub(crate) fn title(&self) -> String {
        let day = self.made.split('T').next().unwrap_or_default();
        match self.file.as_path() {
            stream if stream == Path::new(input::STREAM) => day.to_owned(),
            file => format!("{day}, {}", file.display()),
        }
    }
}
