//! What `setup` was asked for, which later runs hold to.

use std::path::PathBuf;

use anyhow::Result;
use labtrust_platform::Endpoint;
use serde::{Deserialize, Serialize};

use crate::{certificate::profile::LEAF_DAYS, cli::Place};

/// What `setup` remembers beside the certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupRecord {
    /// The form of this file.
    pub schema: u32,
    /// The server's endpoints: GitLab's own first, then its registry's.
    pub endpoints: Vec<Endpoint>,
    /// Where the pair was placed. Setups before this was written down found it by themselves.
    #[serde(default)]
    pub site: SiteRecord,
    /// For how many days a certificate is made.
    #[serde(default = "usual_days")]
    pub days: u32,
}

fn usual_days() -> u32 {
    LEAF_DAYS
}

/// The options by which the place of a pair was named; none where it was found on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRecord {
    /// `--gitlab`, from the root on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gitlab: Option<PathBuf>,
    /// `--prepare`, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepare: Option<PathBuf>,
    /// `--out`, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out: Option<PathBuf>,
    /// `--reload`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reload: Option<String>,
}

impl SiteRecord {
    /// What `place` says, so that it holds from any folder.
    pub fn of(place: &Place) -> Result<Self> {
        let absolute = |path: &Option<PathBuf>| path.as_ref().map(std::path::absolute).transpose();
        Ok(Self {
            gitlab: absolute(&place.gitlab)?,
            prepare: absolute(&place.prepare)?,
            out: absolute(&place.out)?,
            reload: place.reload.clone(),
        })
    }

    /// The options again.
    pub fn place(&self) -> Place {
        let Self { gitlab, prepare, out, reload } = self.clone();
        Place { gitlab, prepare, out, reload, replace: false }
    }
}
