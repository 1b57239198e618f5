//! GitLab on this machine: which installation it is, what its configuration says, where its
//! certificate belongs, and what shows that it is served. Everything that it changes is planned with
//! the platform's types, so that it is proven and taken back like any other change.

pub(crate) mod behind;
mod compose;
pub(crate) mod config;
pub(crate) mod configure;
pub(crate) mod container;
pub(crate) mod control;
pub(crate) mod expected;
mod extra_host;
mod extra_site;
mod find;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
pub(crate) mod guard;
pub(crate) mod installation;
pub(crate) mod layout;
mod line;
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
pub(crate) mod settings;
pub(crate) mod synology;

pub(crate) use config::{Address, Config, Known};
pub(crate) use configure::Configured;
pub(crate) use installation::{Installation, Kind};
pub(crate) use layout::{Layout, PairFiles};
pub(crate) use pair::Pair;
pub(crate) use prepare::Prepared;
pub(crate) use published_ports::PortAdvice;
pub(crate) use role::Role;

/// The store that everything placed in GitLab belongs to in receipts.
pub(crate) const STORE: &str = "gitlab";
