//! Evidence about proxies: the settings that name them, and their answers.

use std::path::PathBuf;

use labtrust_plan::Certificate;
use serde::{Deserialize, Serialize};

use super::{Asked, Flaw, Redacted};

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
    /// Why the value does not mean what was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flaw: Option<Flaw>,
}

impl Setting {
    /// The setting of `name` to `value` on `line`.
    pub fn new(name: &str, value: &str, line: usize) -> Self {
        let is_url = !name.eq_ignore_ascii_case("NO_PROXY");
        let flaw = Flaw::of_url(value).filter(|_| is_url);
        Self { name: name.to_owned(), value: Redacted::setting(name, value), line, flaw }
    }

    /// Whether systemd ignores it.
    pub fn is_dropped(&self) -> bool {
        self.flaw == Some(Flaw::Dropped)
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

    /// Whether it has connected to the server: HTTP's status 200, or SOCKS's reply 0.
    pub fn is_connected(&self) -> bool {
        self.answer.answer().is_some_and(|line| matches!(line.split(' ').nth(1), Some("200" | "0")))
    }

    /// Whether it connects to the server, perhaps with a password.
    pub fn lets_through(&self) -> bool {
        matches!(self.status(), Some(200..=299 | 407)) || self.socks_reply() == Some(0)
    }

    /// Whether it reports that it cannot reach the server.
    pub fn cannot_reach_server(&self) -> bool {
        matches!(self.status(), Some(500..=599)) || matches!(self.socks_reply(), Some(3..=6))
    }

    /// The number of its answer, if it is a SOCKS proxy (RFC 1928 §6).
    fn socks_reply(&self) -> Option<u8> {
        self.answer.answer()?.strip_prefix(SOCKS)?.split_whitespace().next()?.parse().ok()
    }
}

/// The beginning of a SOCKS proxy's answer in the evidence, before its number.
pub const SOCKS: &str = "SOCKS5 ";
