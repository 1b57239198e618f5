//! What the doctor found, and how to fix it.

use labtrust_plan::{Anchor, Change, Command, Service, ShellLine};
use serde::Serialize;

/// A cause that the doctor can find. Scripts depend on its name, which never changes.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The name, as in JSON, in `labtrust explain` and as a heading of `docs/doctor.md`.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The codes of its consequences, where both are found.
    pub explains: &'static [&'static str],
}

impl Code {
    /// A code for something that does not work.
    pub const fn error(id: &'static str) -> Self {
        Self { id, severity: Severity::Error, explains: &[] }
    }

    /// A code for something that works, but not for long or not for every client.
    pub const fn warning(id: &'static str) -> Self {
        Self { id, severity: Severity::Warning, explains: &[] }
    }

    /// Sets the codes of its consequences.
    #[must_use]
    pub const fn explaining(mut self, codes: &'static [&'static str]) -> Self {
        self.explains = codes;
        self
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something does not work.
    Error,
    /// Something works, but not for long or not for every client.
    Warning,
}

/// A cause that the doctor found on this machine.
#[derive(Debug)]
pub struct Finding {
    /// Its code.
    pub code: &'static Code,
    /// What was seen, with the names and numbers of this machine.
    pub what: String,
    /// Why that fails, in one sentence.
    pub why: String,
    /// How to fix it.
    pub fix: Fix,
    /// Its consequences.
    pub consequences: Vec<Finding>,
}

/// How to fix a finding.
#[derive(Debug, Default)]
pub struct Fix {
    /// What to do, in words.
    pub advice: Option<String>,
    /// Commands to paste.
    pub commands: Vec<ShellLine>,
    /// The changes that `--fix` makes.
    pub changes: Vec<Change>,
    /// The CA that those changes install, if any.
    pub anchor: Option<Anchor>,
    /// Services that `--fix --restart` restarts although no file changes.
    pub restart: Vec<Restart>,
}

/// A service that must be restarted to read its new settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// The command that makes the service manager reload its units before the restart.
    pub reload: Option<Command>,
    /// The service.
    pub service: Service,
}

impl Finding {
    /// A finding of `code`: `what` was seen, and `why` that fails.
    pub fn new(code: &'static Code, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { code, what: what.into(), why: why.into(), fix: Fix::default(), consequences: Vec::new() }
    }

    /// Sets the fix.
    #[must_use]
    pub fn with(mut self, fix: Fix) -> Self {
        self.fix = fix;
        self
    }

    /// Sets the advice in words.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.fix.advice = Some(advice.into());
        self
    }

    /// Adds a command.
    #[must_use]
    pub fn command(mut self, command: impl Into<ShellLine>) -> Self {
        self.fix.commands.push(command.into());
        self
    }

    /// Adds the command that consists of `words`.
    #[must_use]
    pub fn run<W: AsRef<str>>(self, words: impl IntoIterator<Item = W>) -> Self {
        self.command(ShellLine::of(words))
    }
}

impl Fix {
    /// Whether the fix takes effect only after a restart.
    pub fn awaits_restart(&self) -> bool {
        !self.restart.is_empty() || self.changes.iter().any(|change| !change.reload.restart.is_empty())
    }

    /// Whether `--fix` or `--fix --restart` fixes it.
    pub fn is_automatic(&self) -> bool {
        !self.changes.is_empty() || self.restart.iter().any(|late| late.service.restart.is_some())
    }
}
