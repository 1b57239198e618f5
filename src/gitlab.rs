//! GitLab on this machine: its installation, its configuration, the files of its certificate and key, and the proof
//! that GitLab serves them. Changes are planned with the platform's types, so they are proven and undone like any other
//! change.

pub(crate) mod behind;
mod compose;
pub(crate) mod config;
pub(crate) mod configure;
pub(crate) mod container;
pub(crate) mod control;
mod evaluate;
pub(crate) mod expected;
mod extra_host;
mod extra_site;
mod find;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
pub(crate) mod guard;
mod inside;
pub(crate) mod installation;
pub(crate) mod layout;
mod line;
pub(crate) mod moved;
mod nginx;
pub(crate) mod pair;
pub(crate) mod pair_plan;
mod ports;
pub(crate) mod prepare;
pub(crate) mod promise;
pub(crate) mod published_ports;
mod quick_find;
pub(crate) mod ready;
mod recipe;
pub(crate) mod role;
mod ruby;
mod sameersbn;
pub(crate) mod settings;
mod settings_reader;
mod sources;
#[cfg(test)]
pub(crate) mod stage;
pub(crate) mod synology;
mod typed_command;

pub(crate) use config::{Address, Config, Known};
pub(crate) use configure::Configured;
pub(crate) use installation::{Installation, Kind};
pub(crate) use layout::{Layout, PairFiles};
pub(crate) use pair::Pair;
pub(crate) use prepare::Prepared;
pub(crate) use published_ports::PortAdvice;
pub(crate) use role::Role;
pub(crate) use typed_command::TypedCommand;

/// The name of the store, in receipts, of all files installed in GitLab.
pub(crate) const STORE: &str = "gitlab";
