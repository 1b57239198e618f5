//! How the last run went, for the next one and for `status`: whoever is to renew by itself must be
//! seen to.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::{World, world::Access};
use labtrust_plan::Contents;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, serde::rfc3339};

use super::{Damage, Home, read_note};

const FILE: &str = "renewal.json";

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RenewalRecord {
    /// The form of this file.
    pub schema: u32,
    /// When it ran.
    #[serde(with = "rfc3339")]
    pub ran: OffsetDateTime,
    /// Whether that went as it should.
    pub well: bool,
    /// What came of it, in a sentence.
    pub outcome: String,
    /// When the certificate ends that is in place now, where that is known.
    #[serde(with = "rfc3339::option", default)]
    pub not_after: Option<OffsetDateTime>,
}

impl RenewalRecord {
    /// The record of the last run, if there was one.
    pub(crate) fn read(home: &Home) -> Result<Option<Self>, Damage> {
        read_note(&home.files(), Path::new(FILE))
    }

    /// Writes it down in the place of the last.
    pub(crate) fn write(&self, home: &Home) -> Result<()> {
        let contents = Contents::Public(serde_json::to_vec_pretty(self)?);
        Ok(World::here().put(&path(home), &contents, Access { mode: 0o600, owner: None })?)
    }

    /// Forgets it.
    pub(crate) fn forget(home: &Home) -> Result<()> {
        let path = path(home);
        World::here().tidy(&path)?;
        Ok(World::here().remove(&path)?)
    }
}

fn path(home: &Home) -> PathBuf {
    home.state.join(FILE)
}
