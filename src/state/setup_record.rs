//! The options of `setup`, which later runs use again.

use std::path::PathBuf;

use anyhow::Result;
use labtrust_plan::{Endpoint, ShellLine};
use serde::{Deserialize, Serialize};

use crate::{certificate::profile::LEAF_DAYS, hint::shell_line};

/// The options of `setup`, stored with the CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetupRecord {
    /// The version of the file format.
    pub schema: u32,
    /// The server's endpoints: GitLab's own first, then its registry's.
    pub endpoints: Vec<Endpoint>,
    /// The folder options. Empty in records of older versions, which found GitLab without them.
    #[serde(default)]
    pub site: SiteRecord,
    /// Validity of a certificate in days.
    #[serde(default = "usual_days")]
    pub days: u32,
}

fn usual_days() -> u32 {
    LEAF_DAYS
}

/// The options that name a site; all empty for the GitLab of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRecord {
    /// `--gitlab`, as an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gitlab: Option<PathBuf>,
    /// `--prepare`, as an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepare: Option<PathBuf>,
    /// `--out`, as an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out: Option<PathBuf>,
    /// `--reload`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reload: Option<String>,
}

impl SiteRecord {
    /// The same options with absolute paths.
    pub fn absolute(&self) -> Result<Self> {
        let absolute = |path: &Option<PathBuf>| path.as_ref().map(std::path::absolute).transpose();
        Ok(Self {
            gitlab: absolute(&self.gitlab)?,
            prepare: absolute(&self.prepare)?,
            out: absolute(&self.out)?,
            reload: self.reload.clone(),
        })
    }

    /// The options, as on a command line.
    pub fn options(&self) -> Vec<ShellLine> {
        let folders = [("--gitlab", &self.gitlab), ("--prepare", &self.prepare), ("--out", &self.out)];
        let folders = folders.into_iter().filter_map(|(option, folder)| Some((option, folder.as_ref()?)));
        folders
            .map(|(option, folder)| shell_line!("{} {}", option, folder))
            .chain(self.reload.iter().map(|command| shell_line!("--reload {}", command)))
            .collect()
    }
}
