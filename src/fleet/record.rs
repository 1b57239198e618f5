//! The record of a rollout: the last result of each host. It is kept in the state folder, so that a later run serves the hosts
//! that are not done, and so that reports can be written without asking the hosts again. Each action with its CAs and endpoints
//! has a record of its own.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use labtrust_machine::{World, session::OutcomeState, world::Access};
use labtrust_plan::{Contents, Fingerprint};
use serde::{Deserialize, Serialize};

use super::line::{HostResult, HostState};

/// The version of the file's form.
const SCHEMA: u32 = 1;

/// The folder in the state folder with a file for each action, CAs and endpoints.
const FOLDER: &str = "rollout/records";

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
    /// The servers and registries for which it is trusted.
    #[serde(default)]
    pub endpoints: Vec<String>,
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
    /// The hosts of earlier runs that the inventory of the last whole run no longer named, with their last results. They count
    /// neither as done nor as left.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gone: BTreeMap<String, Option<HostRecord>>,
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
        Self { schema: SCHEMA, action, cas, at: String::new(), hosts: BTreeMap::new(), gone: BTreeMap::new() }
    }

    /// The record that was changed last in the state folder `state`, if there is one.
    pub(crate) fn last(state: &Path) -> Result<Option<Self>> {
        Ok(Self::all(state)?.into_iter().max_by(|one, other| one.at.cmp(&other.at)))
    }

    /// All records in the state folder `state`.
    pub(super) fn all(state: &Path) -> Result<Vec<Self>> {
        let paths = World::here().list(&state.join(FOLDER))?;
        let files = paths.iter().filter(|path| path.extension() == Some(OsStr::new("json")));
        files.filter_map(|path| read(path).transpose()).collect()
    }

    /// The record in the state folder `state` of the same action with the same CAs and endpoints, if there is one.
    pub(crate) fn recorded(&self, state: &Path) -> Result<Option<Self>> {
        read(&self.path(state))
    }

    /// Saves it in the state folder `state`.
    pub(super) fn save(&self, state: &Path) -> Result<()> {
        let world = World::here();
        world.make_folders(&state.join(FOLDER), 0o700)?;
        let json = Contents::Public(serde_json::to_vec_pretty(self)?);
        Ok(world.put(&self.path(state), &json, Access { mode: 0o600, owner: None })?)
    }

    /// Its file. Neither the order of the CAs nor that of their endpoints counts.
    fn path(&self, state: &Path) -> PathBuf {
        let mut cas: Vec<_> =
            self.cas.iter().map(|ca| (ca.sha256.to_string(), sorted(&ca.endpoints))).collect();
        cas.sort();
        let action = match self.action {
            Action::Trust => "trust",
            Action::Remove => "remove",
        };
        let short = Fingerprint::of(format!("{cas:?}").as_bytes()).short();
        state.join(FOLDER).join(format!("{action}-{short}.json"))
    }

    /// Whether a host that `other` served is no longer as this record says.
    pub(super) fn is_undone_by(&self, other: &Self) -> bool {
        self.action != other.action
            && self.cas.iter().any(|ca| other.cas.iter().any(|one| one.sha256 == ca.sha256))
    }

    /// `result` of a host, which counts only if the host reports each CA of this record as it was asked for. The
    /// variables of the command line override those of the playbook.
    pub(crate) fn judged(&self, result: HostResult) -> HostResult {
        let wanted = match self.action {
            Action::Trust => OutcomeState::Trusted,
            Action::Remove => OutcomeState::Untrusted,
        };
        let is_wanted = |state| [wanted, OutcomeState::Skipped, OutcomeState::Pending].contains(&state);
        let is_so = |ca: &RolledCa| {
            let mut reported = result.anchors.iter().filter(|anchor| anchor.sha256 == ca.sha256).peekable();
            reported.peek().is_some()
                && reported.flat_map(|anchor| &anchor.stores).all(|store| is_wanted(store.state))
        };
        match self.cas.iter().find(|ca| result.is_done() && !is_so(ca)) {
            Some(ca) => HostResult {
                state: HostState::Failed,
                why: format!("the host does not report the CA {} as it was asked for", ca.sha256.short()),
                ..result
            },
            None => result,
        }
    }

    /// The hosts on which everything is done.
    pub(crate) fn done(&self) -> impl Iterator<Item = &str> {
        let is_done = |host: &Option<HostRecord>| host.as_ref().is_some_and(|host| host.result.is_done());
        self.hosts.iter().filter(move |(_, host)| is_done(host)).map(|(name, _)| name.as_str())
    }
}

/// The record in the file at `path`, if there is one.
fn read(path: &Path) -> Result<Option<FleetRecord>> {
    let Some(bytes) = World::here().read(path)? else { return Ok(None) };
    let record: FleetRecord =
        serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))?;
    anyhow::ensure!(record.schema == SCHEMA, "{} is of a newer version", path.display());
    Ok(Some(record))
}

fn sorted(texts: &[String]) -> Vec<&str> {
    let mut texts: Vec<_> = texts.iter().map(String::as_str).collect();
    texts.sort_unstable();
    texts
}
