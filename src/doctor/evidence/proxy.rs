//! Which proxies a program is told to use, where it is told so, and what those answer.

use std::path::PathBuf;

use labtrust_plan::Certificate;
use serde::{Deserialize, Serialize};

use super::{Asked, Redacted};

/// A place where proxies are set: a file, or a daemon's command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file; the program, if it is a command line.
    pub path: PathBuf,
    /// How it is written.
    pub form: Form,
    /// Whether the daemon reads it.
    pub is_read: bool,
    /// What it sets that has to do with proxies.
    pub settings: Vec<Setting>,
    /// Why it could not be read.
    #[serde(default)]
    pub fault: Option<Redacted>,
}

/// How a source is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A unit of systemd's or a drop-in of one.
    Unit,
    /// systemd's own settings, which are for all units.
    Manager,
    /// A file that a unit names as its `EnvironmentFile`.
    EnvironmentFile,
    /// A shell script that an init script reads.
    Shell,
    /// The daemon's own settings: `daemon.json`.
    Settings,
    /// The daemon's command line.
    CommandLine,
    /// The docker command's own settings, `config.json`, which are for containers and builds.
    Client,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The variable that it sets, such as `HTTPS_PROXY`.
    pub name: String,
    /// Its value.
    pub value: Redacted,
    /// The line of the file on which it stands.
    pub line: usize,
}

impl Setting {
    /// On `line`, `name` is set to `value`.
    pub fn new(name: &str, value: &str, line: usize) -> Self {
        Self { name: name.to_owned(), value: Redacted::setting(name, value), line }
    }
}

/// What a proxy answered when it was asked to connect one to the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxySeen {
    /// Its URL.
    pub url: Redacted,
    /// Whether it could be connected to; with its address.
    pub reached: Asked<Redacted>,
    /// The first line of its answer to `CONNECT`.
    pub answer: Asked<Redacted>,
    /// What is presented through it, if it lets one pass; leaf first.
    #[serde(default)]
    pub chain: Vec<Certificate>,
}

impl ProxySeen {
    /// The status of its answer.
    pub fn status(&self) -> Option<u16> {
        self.answer.answer()?.split_whitespace().nth(1)?.parse().ok()
    }
}
