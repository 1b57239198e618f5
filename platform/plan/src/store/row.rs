//! What the table says of one store.

use std::path::PathBuf;

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
    /// The paths whose existence its planner asks about.
    pub paths: fn() -> Vec<PathBuf>,
    /// The programs whose place its planner asks about.
    pub tools: &'static [&'static str],
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
    /// The changes, where the store is there and can be changed by a program.
    pub fn into_changes(self) -> Option<Vec<Change>> {
        match self {
            Self::Changes(changes) => Some(changes),
            Self::Absent(_) | Self::Manual { .. } => None,
        }
    }
}
