//! The states in which people see a host, and the results of its stores.

use labtrust_machine::session::OutcomeState;

use crate::{
    exit,
    fleet::{
        line::{HostState, StoreResult},
        record::{Action, FleetRecord, HostRecord},
    },
    printer::Mark,
    report::stores::{self, StoreReport},
};

/// The state of a host, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HostGroup {
    /// A store is not as wanted, or the script did not run to its end.
    Failed,
    /// Ansible did not reach it.
    Unreachable,
    /// The last run did not come to it.
    NeverBegun,
    /// It was only asked, and is not as wanted.
    NotDone,
    /// Done, but a service must restart.
    Restart,
    /// Done.
    Done,
}

impl HostGroup {
    pub(super) const ALL: [Self; 6] =
        [Self::Failed, Self::Unreachable, Self::NeverBegun, Self::NotDone, Self::Restart, Self::Done];

    /// The group of a host with the result `host`.
    pub(super) fn of(host: Option<&HostRecord>) -> Self {
        let Some(HostRecord { result, .. }) = host else { return Self::NeverBegun };
        match result.state {
            HostState::Failed => Self::Failed,
            HostState::Unreachable => Self::Unreachable,
            HostState::Ok if !result.is_done() => Self::NotDone,
            HostState::Ok if result.code == Some(exit::RESTART) => Self::Restart,
            HostState::Ok => Self::Done,
        }
    }

    /// How many hosts of `record` are in each group.
    pub(super) fn counts(record: &FleetRecord) -> [(Self, usize); 6] {
        let groups: Vec<_> = record.hosts.values().map(|host| Self::of(host.as_ref())).collect();
        Self::ALL.map(|group| (group, groups.iter().filter(|one| **one == group).count()))
    }

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::NeverBegun => "never-begun",
            Self::NotDone => "not-done",
            Self::Restart => "restart-left",
            Self::Done => "done",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::NeverBegun => "never begun",
            Self::NotDone => "not done",
            Self::Restart => "restart left",
            Self::Done => "done",
        }
    }

    pub(super) fn mark(self) -> Mark {
        match self {
            Self::Failed | Self::Unreachable => Mark::Bad,
            Self::NeverBegun => Mark::Faint,
            Self::NotDone | Self::Restart => Mark::Open,
            Self::Done => Mark::Good,
        }
    }
}

/// The hosts in the order in which people count: `web-2` before `web-10`.
pub(super) fn ordered(record: &FleetRecord) -> Vec<(&str, Option<&HostRecord>)> {
    let mut hosts: Vec<_> = record.hosts.iter().map(|(name, host)| (name.as_str(), host.as_ref())).collect();
    hosts.sort_by_cached_key(|(name, _)| with_equal_digits(name));
    hosts
}

/// `name` with its numbers filled up with zeros, so that texts compare as numbers do.
fn with_equal_digits(name: &str) -> String {
    let mut filled = String::new();
    let mut digits = String::new();
    for character in name.chars().chain(['\0']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        if !digits.is_empty() {
            filled.extend(std::iter::repeat_n('0', 20_usize.saturating_sub(digits.len())));
            filled.push_str(&std::mem::take(&mut digits));
        }
        filled.push(character);
    }
    filled
}

/// The state of a store after a rollout that succeeded.
pub(super) fn wanted(action: Action) -> OutcomeState {
    match action {
        Action::Trust => OutcomeState::Trusted,
        Action::Remove => OutcomeState::Untrusted,
    }
}

/// The results of all stores of `host`, for all CAs.
pub(super) fn results(host: &HostRecord) -> impl Iterator<Item = &StoreResult> {
    host.result.anchors.iter().flat_map(|anchor| &anchor.stores)
}

/// The store `id` of `host` for all CAs together; none if the host has no such store.
pub(super) fn store(host: &HostRecord, id: &str, action: Action) -> Option<StoreReport> {
    let found: Vec<_> = results(host).filter(|one| one.id == id).collect();
    let states: Vec<_> = found.iter().map(|one| one.state).collect();
    (!found.is_empty()).then(|| StoreReport {
        id: id.to_owned(),
        state: stores::merged_state(&states, wanted(action)),
        changed: found.iter().any(|one| one.changed),
        detail: String::new(),
        hints: Vec::new(),
    })
}

/// Why `host` is in its group, for a person; empty if everything is done.
pub(super) fn reason(host: Option<&HostRecord>, action: Action) -> String {
    let Some(host) = host else { return "The last run did not come to this host".to_owned() };
    let group = HostGroup::of(Some(host));
    if group == HostGroup::Done || !host.result.why.is_empty() {
        return host.result.why.clone();
    }
    let is_open = |state| match group {
        HostGroup::Restart => state == OutcomeState::Pending,
        _ => state != wanted(action) && state != OutcomeState::Skipped,
    };
    let mut lines: Vec<String> = Vec::new();
    for store in results(host).filter(|store| is_open(store.state)) {
        let line = format!("{}: {}", store.id, store.detail);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        return lines.join("\n");
    }
    let words = match group {
        HostGroup::Unreachable => "Ansible did not reach this host",
        HostGroup::NotDone => "This host was only asked: a run would change it",
        HostGroup::Restart => "A service must restart before it sees the change",
        _ => "The script did not say why",
    };
    words.to_owned()
}
