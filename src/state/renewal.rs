//! The record of the last renewal, for the next run and for `status`: people have to see a failed automatic renewal.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::{World, world::Access};
use labtrust_plan::Contents;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, serde::rfc3339};

use super::{Damage, Home, read_note};

const FILE: &str = "renewal.json";

/// The record of a run of `renew`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RenewalRecord {
    /// The version of the file format.
    pub schema: u32,
    /// The time of the run.
    #[serde(with = "rfc3339")]
    pub ran: OffsetDateTime,
    /// Whether the run succeeded.
    pub well: bool,
    /// The result, in a sentence.
    pub outcome: String,
    /// The expiry of the installed certificate, if known.
    #[serde(with = "rfc3339::option", default)]
    pub not_after: Option<OffsetDateTime>,
}

impl RenewalRecord {
    /// The record of the last run, if there was one.
    pub(crate) fn read(home: &Home) -> Result<Option<Self>, Damage> {
        read_note(&home.files(), Path::new(FILE))
    }

    /// Writes the record, in place of the last one.
    pub(crate) fn write(&self, home: &Home) -> Result<()> {
        let contents = Contents::Public(serde_json::to_vec_pretty(self)?);
        Ok(World::here().put(&path(home), &contents, Access { mode: 0o600, owner: None })?)
    }

    /// Deletes the record.
    pub(crate) fn forget(home: &Home) -> Result<()> {
        let path = path(home);
        World::here().tidy(&path)?;
        Ok(World::here().remove(&path)?)
    }
}

fn path(home: &Home) -> PathBuf {
    home.state.join(FILE)
}
