//! When the last backup was made, for `status` and for the reminder of `setup`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::{World, world::Access};
use labtrust_plan::Contents;
use serde::{Deserialize, Serialize};

use super::{Damage, Home, read_note};
use crate::{backup::Manifest, input};

/// Its file in the state folder, which no backup holds.
pub(crate) const FILE: &str = "backup.json";

/// What is written down of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastBackup {
    /// The form of this file.
    pub schema: u32,
    /// When it was made (RFC 3339).
    pub made: String,
    /// Where it was written.
    pub file: PathBuf,
}

impl LastBackup {
    /// `file` is where the backup with `manifest` is.
    pub(crate) fn of(manifest: &Manifest, file: &Path) -> Self {
        Self { schema: 1, made: manifest.made.clone(), file: file.to_owned() }
    }

    /// The last one, if there was any.
    pub(crate) fn read(home: &Home) -> Result<Option<Self>, Damage> {
        read_note(&home.files(), Path::new(FILE))
    }

    /// Writes it down in the state folder.
    pub(crate) fn write(&self, home: &Home) -> Result<()> {
        let contents = Contents::Public(serde_json::to_vec_pretty(self)?);
        Ok(World::here().put(&home.state.join(FILE), &contents, Access { mode: 0o600, owner: None })?)
    }

    /// Forgets it: what it saved is here no more.
    pub(crate) fn forget(home: &Home) -> Result<()> {
        let path = home.state.join(FILE);
        World::here().tidy(&path)?;
        Ok(World::here().remove(&path)?)
    }

    /// In a few words.
    pub(crate) fn title(&self) -> String {
        let day = self.made.split('T').next().unwrap_or_default();
        match self.file.as_path() {
            stream if stream == Path::new(input::STREAM) => day.to_owned(),
            file => format!("{day}, {}", file.display()),
        }
    }
}
