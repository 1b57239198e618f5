//! The row of one store in the table.

use std::path::PathBuf;

use crate::{Anchor, Change, Facts, Hint, ShellLine};

/// A kind of trust store.
#[derive(Debug)]
pub struct Store {
    /// Its name on the command line and in JSON.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Plans the changes that make it trust an anchor on the machine with these facts.
    pub plan: fn(&Facts, &Anchor) -> Planned,
    /// The questions of its planner.
    pub looks: fn() -> Vec<Look>,
    /// The servers for which it trusts an anchor.
    pub scope: Scope,
    /// Other stores that the programs of this store also read, on the machine with these facts.
    pub reads_also: fn(&Facts) -> Vec<AlsoRead>,
}

/// A question of a planner about a machine. The code that gathers facts answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Whether a path exists. A path that ends with `/*` stands for all entries of that folder.
    Path(&'static str),
    /// Whether a path exists in the home folder of each user whose own stores are changed, and in root's if root runs
    /// labtrust.
    Home(&'static str),
    /// The path of a program.
    Tool(&'static str),
    /// The Docker engines' own information.
    Engines,
}

/// The servers for which a store trusts an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// For every server.
    Everything,
    /// For one endpoint at a time.
    PerEndpoint,
}

/// A store that the programs of another store also read. They fail for some requests if it does not hold the anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlsoRead {
    /// The store.
    pub store: &'static str,
    /// The consequence if that store does not hold the anchor: a sentence without a full stop.
    pub missed: &'static str,
    /// Advice for that case.
    pub hint: &'static str,
}

impl Store {
    /// Whether its planner needs the Docker engines' own information.
    pub fn asks_engines(&self) -> bool {
        (self.looks)().contains(&Look::Engines)
    }
}

/// A step for a person: an engine reads files that labtrust cannot write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// The engine's socket.
    pub socket: Option<PathBuf>,
    /// The engine, and why labtrust cannot write its files.
    pub why: String,
    /// What to do; the command follows.
    pub advice: &'static str,
    /// The command.
    pub command: ShellLine,
}

impl ByHand {
    /// The advice with the command.
    pub fn hint(&self) -> Hint {
        Hint::from(self.advice).line(self.command.clone())
    }
}

/// The answer of a store's planner.
#[derive(Debug)]
pub enum Planned {
    /// These changes make the store trust the anchor.
    Changes(Vec<Change>),
    /// These changes are a part of what makes the store trust the anchor; a person must do the rest.
    Partly {
        /// The changes.
        changes: Vec<Change>,
        /// The rest.
        rest: Vec<ByHand>,
    },
    /// The store does not exist on this machine; the reason.
    Absent(String),
    /// The store exists, but labtrust cannot change it.
    Manual {
        /// The reason.
        why: String,
        /// The steps for a person.
        todo: Option<Hint>,
    },
}

impl Planned {
    /// The answer of a store that trusts a CA for one endpoint at a time, if no endpoint is known.
    pub(super) fn without_endpoint(why: &str) -> Self {
        Self::Manual { why: why.into(), todo: Some("name one: --for HOST:PORT".into()) }
    }

    /// The changes, if labtrust can change the store.
    pub fn into_changes(self) -> Option<Vec<Change>> {
        match self {
            Self::Changes(changes) | Self::Partly { changes, .. } => Some(changes),
            Self::Absent(_) | Self::Manual { .. } => None,
        }
    }
}
