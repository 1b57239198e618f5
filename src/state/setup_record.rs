//! What `setup` was asked for, which later runs hold to.

use std::path::PathBuf;

use anyhow::Result;
use labtrust_plan::{Endpoint, ShellLine};
use serde::{Deserialize, Serialize};

use crate::{certificate::profile::LEAF_DAYS, hint::shell_line};

/// What `setup` remembers beside the certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetupRecord {
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
    /// The same place from any folder.
    pub fn absolute(&self) -> Result<Self> {
        let absolute = |path: &Option<PathBuf>| path.as_ref().map(std::path::absolute).transpose();
        Ok(Self {
            gitlab: absolute(&self.gitlab)?,
            prepare: absolute(&self.prepare)?,
            out: absolute(&self.out)?,
            reload: self.reload.clone(),
        })
    }

    /// The options that name it, as they can be typed again.
    pub fn options(&self) -> Vec<ShellLine> {
        let folders = [("--gitlab", &self.gitlab), ("--prepare", &self.prepare), ("--out", &self.out)];
        let folders = folders.into_iter().filter_map(|(option, folder)| Some((option, folder.as_ref()?)));
        folders
            .map(|(option, folder)| shell_line!("{} {}", option, folder))
            .chain(self.reload.iter().map(|command| shell_line!("--reload {}", command)))
            .collect()
    }
}
