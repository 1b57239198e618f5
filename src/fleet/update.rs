//! What one run learns of its hosts. It is merged into the record, which another run may have changed meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::Result;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    line::HostResult,
    record::{FleetRecord, HostRecord},
};

/// How much of the record a run may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The hosts that it names; the others are no longer in the inventory, and gone.
    Everything,
    /// The hosts that it names, which are a part of the inventory.
    Part,
    /// The results of the hosts that are recorded already: the run only asks.
    Known,
    /// Nothing: the run only asks what it would change.
    Nothing,
}

/// What a run learned.
pub(crate) struct Update {
    /// The record before the run.
    before: FleetRecord,
    scope: Scope,
    named: BTreeSet<String>,
    results: BTreeMap<String, HostRecord>,
}

impl Update {
    /// Of a run that begins with the record `before`.
    pub(crate) fn new(before: FleetRecord, scope: Scope) -> Self {
        Self { before, scope, named: BTreeSet::new(), results: BTreeMap::new() }
    }

    /// The run serves `hosts`.
    pub(crate) fn name(&mut self, hosts: Vec<String>) {
        self.named.extend(hosts);
    }

    /// `host` has ended. Returns its result as it counts.
    pub(crate) fn end(&mut self, host: String, result: HostResult) -> HostResult {
        let is_asked = matches!(self.scope, Scope::Known | Scope::Nothing);
        let result = self.before.judged(if is_asked { result.asked() } else { result });
        self.results.insert(host, HostRecord { at: now(), result: result.clone() });
        result
    }

    /// How many hosts the run named that have not ended.
    pub(crate) fn missing(&self) -> usize {
        self.named.iter().filter(|host| !self.results.contains_key(*host)).count()
    }

    /// The record with what the run learned.
    pub(crate) fn record(&self) -> FleetRecord {
        self.merged(self.before.clone())
    }

    /// Merges it into the records in the state folder `state`, which the caller has locked.
    pub(crate) fn save(&self, state: &Path) -> Result<()> {
        if self.scope == Scope::Nothing {
            return Ok(());
        }
        let recorded = self.before.recorded(state)?;
        if self.scope == Scope::Known {
            let Some(mut record) = recorded else { return Ok(()) };
            for (name, host) in &mut record.hosts {
                *host = self.results.get(name).cloned().or_else(|| host.take());
            }
            record.at = now();
            return record.save(state);
        }
        let recorded =
            recorded.unwrap_or_else(|| FleetRecord::new(self.before.action, self.before.cas.clone()));
        let record = self.merged(recorded);
        if record.hosts.is_empty() {
            return Ok(());
        }
        record.save(state)?;
        FleetRecord::all(state)?
            .into_iter()
            .filter(|other| other.is_undone_by(&record))
            .try_for_each(|other| self.forget(other, state))
    }

    /// Saves `other`, which says the contrary of the hosts that this run serves, without their results.
    fn forget(&self, mut other: FleetRecord, state: &Path) -> Result<()> {
        let hosts = other.hosts.iter_mut().chain(&mut other.gone);
        let hosts = hosts.filter(|(name, host)| host.is_some() && self.named.contains(*name));
        let forgotten = hosts.map(|(_, host)| *host = None).count();
        if forgotten == 0 { Ok(()) } else { other.save(state) }
    }

    fn merged(&self, mut record: FleetRecord) -> FleetRecord {
        if self.scope == Scope::Everything && !self.named.is_empty() {
            // Another run may have added hosts of its own meanwhile.
            let is_gone = |name: &String| !self.named.contains(name) && self.before.hosts.contains_key(name);
            let (gone, hosts): (BTreeMap<_, _>, _) =
                record.hosts.into_iter().partition(|(name, _)| is_gone(name));
            record.hosts = hosts;
            record.gone.extend(gone);
        }
        for name in &self.named {
            if let Some(host) = record.gone.remove(name) {
                record.hosts.insert(name.clone(), host);
            }
            // A host that is asked again keeps its last result until the new one comes.
            record.hosts.entry(name.clone()).or_default();
        }
        record.hosts.extend(self.results.iter().map(|(name, host)| (name.clone(), Some(host.clone()))));
        record.at = now();
        record
    }
}

fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}
