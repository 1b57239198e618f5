//! The table: each row is a deviation from labtrust's profile. A new deviation is a new row.

#![allow(clippy::too_many_lines, reason = "a table is as long as its rows")]

mod constraints;
mod form;
mod keys;
pub(super) mod names;
mod shape;
mod usages;

use super::plan::Change;

/// A chain's name, and its differences from the profile.
pub(super) struct Row {
    /// What is odd about it.
    pub name: String,
    /// How it comes about.
    pub changes: Vec<Change>,
}

type Rows = Vec<(&'static str, Vec<Change>)>;

/// All rows that have one oddity.
pub(super) fn single() -> Vec<Row> {
    let sections =
        [shape::rows(), usages::rows(), names::rows(), constraints::rows(), keys::rows(), form::rows()];
    let rows = sections.into_iter().flatten();
    rows.map(|(name, changes)| Row { name: name.to_owned(), changes }).collect()
}

/// `number` rows that have two, the same in every run: each is a different way through the table.
pub(super) fn pairs(single: &[Row], number: usize) -> Vec<Row> {
    let ways =
        (1..single.len()).flat_map(|apart| (0..single.len() - apart).map(move |one| (one, one + apart)));
    let all: Vec<_> = ways
        .map(|(one, other)| (&single[one], &single[other]))
        .filter(|(one, other)| one.is_apart_from(other))
        .collect();
    // A step that has no divisor in common with their number meets each of them once.
    let step = (all.len() * 5 / 13..all.len()).find(|step| coprime(*step, all.len())).unwrap_or(1);
    let chosen = (0..number.min(all.len())).map(|index| all[index * step % all.len()]);
    let both = |one: &Row, other: &Row| [&one.changes[..], &other.changes].concat();
    chosen
        .map(|(one, other)| Row { name: format!("{} + {}", one.name, other.name), changes: both(one, other) })
        .collect()
}

fn coprime(one: usize, other: usize) -> bool {
    let (mut one, mut other) = (one, other);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one == 1
}

impl Row {
    /// Whether neither undoes what the other has changed.
    fn is_apart_from(&self, other: &Self) -> bool {
        !self.changes.is_empty()
            && !other.changes.is_empty()
            && !self.changes.iter().any(|one| other.changes.iter().any(|other| one.meets(other)))
    }
}
