//! The record of a rollout: the last result of each host. It is kept in the state folder, so that a later run serves the hosts
//! that are not done, and so that reports can be written without asking the hosts again.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result};
use labtrust_machine::{World, world::Access};
use labtrust_plan::{Contents, Fingerprint};
use serde::{Deserialize, Serialize};

use super::line::HostResult;

/// The version of the file's form.
const SCHEMA: u32 = 1;

/// The record's file in the state folder.
const FILE: &str = "rollout.json";

/// What a rollout does on each host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    /// Trusts the CAs.
    Trust,
    /// Removes them.
    Remove,
}

/// A rolled out CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RolledCa {
    pub sha256: Fingerprint,
    /// The name of its subject.
    pub title: String,
    /// Its end (RFC 3339).
    pub not_after: String,
}

/// The record of a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FleetRecord {
    pub schema: u32,
    pub action: Action,
    /// The CAs, in the order in which they follow each other.
    pub cas: Vec<RolledCa>,
    /// When the last run ended (RFC 3339).
    pub at: String,
    /// The hosts by name. None: the last run named the host, and did not come to it.
    pub hosts: BTreeMap<String, Option<HostRecord>>,
}

/// The last result of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostRecord {
    /// When it came (RFC 3339).
    pub at: String,
    #[serde(flatten)]
    pub result: HostResult,
}

impl FleetRecord {
    /// A record without hosts.
    pub(crate) fn new(action: Action, cas: Vec<RolledCa>) -> Self {
        Self { schema: SCHEMA, action, cas, at: String::new(), hosts: BTreeMap::new() }
    }

    /// The record in the state folder `state`, if there is one.
    pub(crate) fn load(state: &Path) -> Result<Option<Self>> {
        let path = state.join(FILE);
        let Some(bytes) = World::here().read(&path)? else { return Ok(None) };
        let record: Self =
            serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))?;
        anyhow::ensure!(record.schema == SCHEMA, "{} is of a newer version", path.display());
        Ok(Some(record))
    }

    /// Saves it in the state folder `state`.
    pub(crate) fn save(&self, state: &Path) -> Result<()> {
        let world = World::here();
        world.make_folders(state, 0o700)?;
        let json = Contents::Public(serde_json::to_vec_pretty(self)?);
        Ok(world.put(&state.join(FILE), &json, Access { mode: 0o600, owner: None })?)
    }

    /// Whether both do the same with the same CAs.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.action == other.action && self.cas == other.cas
    }

    /// The hosts on which everything is done.
    pub(crate) fn done(&self) -> impl Iterator<Item = &str> {
        let is_done = |host: &Option<HostRecord>| host.as_ref().is_some_and(|host| host.result.is_done());
        self.hosts.iter().filter(move |(_, host)| is_done(host)).map(|(name, _)| name.as_str())
    }
}
