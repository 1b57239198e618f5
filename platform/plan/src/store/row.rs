//! What the table says of one store.

use crate::{Anchor, Change, Facts, Hint};

/// A kind of trust store.
#[derive(Debug)]
pub struct Store {
    /// Its name on the command line and in JSON.
    pub id: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// What trusting an anchor takes on the machine with these facts.
    pub plan: fn(&Facts, &Anchor) -> Planned,
    /// What its planner asks about.
    pub looks: fn() -> Vec<Look>,
    /// For whom it trusts an anchor.
    pub scope: Scope,
    /// Other stores that programs of this one read as well, on the machine with these facts.
    pub reads_also: fn(&Facts) -> Vec<AlsoRead>,
}

/// What a planner asks about a machine; whoever gathers facts looks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Whether a path exists. One that ends with `/*` stands for all that is in that folder.
    Path(&'static str),
    /// The same below the home folder of each user whose own stores are served, and below root's own where root runs
    /// this.
    Home(&'static str),
    /// Where a program is.
    Tool(&'static str),
    /// What the Docker engines say of themselves.
    Engines,
}

/// For whom a store trusts an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// For every server.
    Everything,
    /// For one endpoint at a time.
    PerEndpoint,
}

/// A store that another one's programs read as well: what it does not hold, they miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlsoRead {
    /// The store.
    pub store: &'static str,
    /// What is missed where that store does not hold the anchor: a sentence without its end.
    pub missed: &'static str,
    /// What to do then.
    pub hint: &'static str,
}

impl Store {
    /// Whether its planner asks about what engines say of themselves.
    pub fn asks_engines(&self) -> bool {
        (self.looks)().contains(&Look::Engines)
    }
}

/// What a store's planner answers.
#[derive(Debug)]
pub enum Planned {
    /// These changes make the store trust the anchor.
    Changes(Vec<Change>),
    /// The store is not on this machine.
    Absent(String),
    /// The store is there, and cannot be changed by us; with what to do instead.
    Manual {
        /// Why.
        why: String,
        /// What a person does, a line each.
        todo: Option<Hint>,
    },
}

impl Planned {
    /// The store trusts a CA for one endpoint at a time, and none is known.
    pub(super) fn without_endpoint(why: &str) -> Self {
        Self::Manual { why: why.into(), todo: Some("name it: --for HOST:PORT".into()) }
    }

    /// The changes, where the store is there and can be changed by a program.
    pub fn into_changes(self) -> Option<Vec<Change>> {
        match self {
            Self::Changes(changes) => Some(changes),
            Self::Absent(_) | Self::Manual { .. } => None,
        }
    }
}
