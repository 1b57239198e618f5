//! Evidence about proxies: the settings that name them, and their answers.

use std::path::PathBuf;

use labtrust_plan::Certificate;
use serde::{Deserialize, Serialize};

use super::{Asked, Redacted};

/// A source of proxy settings: a file, or a daemon's command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file; for a command line, the program.
    pub path: PathBuf,
    /// Its format.
    pub form: Form,
    /// Whether the daemon reads it.
    pub is_read: bool,
    /// Its proxy settings.
    pub settings: Vec<Setting>,
    /// Why it could not be read.
    #[serde(default)]
    pub fault: Option<Redacted>,
}

/// The format of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A systemd unit or a drop-in of one.
    Unit,
    /// systemd's own settings, which apply to all units.
    Manager,
    /// A file that a unit names as its `EnvironmentFile`.
    EnvironmentFile,
    /// A shell script that an init script reads.
    Shell,
    /// The daemon's own settings: `daemon.json`.
    Settings,
    /// The daemon's command line.
    CommandLine,
    /// The environment of the daemon's process, which a shell or a container set.
    Process,
    /// The docker command's own settings, `config.json`, which apply to containers and builds.
    Client,
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The variable, such as `HTTPS_PROXY`.
    pub name: String,
    /// Its value.
    pub value: Redacted,
    /// The line of the file; 0 for a command line.
    pub line: usize,
}

impl Setting {
    /// The setting of `name` to `value` on `line`.
    pub fn new(name: &str, value: &str, line: usize) -> Self {
        Self { name: name.to_owned(), value: Redacted::setting(name, value), line }
    }
}

/// The answer of a proxy to `CONNECT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxySeen {
    /// Its URL.
    pub url: Redacted,
    /// The address of a successful connection to it.
    pub reached: Asked<Redacted>,
    /// The first line of its answer.
    pub answer: Asked<Redacted>,
    /// The chain that the server behind it sent, if it connected; leaf first.
    #[serde(default)]
    pub chain: Vec<Certificate>,
}

impl ProxySeen {
    /// The status of its answer.
    pub fn status(&self) -> Option<u16> {
        self.answer.answer()?.split_whitespace().nth(1)?.parse().ok()
    }
}
