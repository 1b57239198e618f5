//! What the doctor has found, and what mends it.

use labtrust_plan::{Anchor, Change, Command, Service, ShellLine};
use serde::Serialize;

/// A cause that can be found; its name is a promise to scripts and does not change.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The name, as in JSON, in `labtrust explain` and as a heading of `docs/doctor.md`.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The names of those that merely follow from it where both are found.
    pub explains: &'static [&'static str],
}

impl Code {
    /// `id`: it does not work.
    pub const fn error(id: &'static str) -> Self {
        Self { id, severity: Severity::Error, explains: &[] }
    }

    /// `id`: it works, and will not for long or not for everybody.
    pub const fn warning(id: &'static str) -> Self {
        Self { id, severity: Severity::Warning, explains: &[] }
    }

    /// With the names of those that merely follow from it.
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
    /// It does not work.
    Error,
    /// It works, and will not for long or not for everybody.
    Warning,
}

/// A cause that was found on this machine.
#[derive(Debug)]
pub struct Finding {
    /// Which.
    pub code: &'static Code,
    /// What was seen, with the names and numbers of this machine.
    pub what: String,
    /// Why that fails, in one sentence.
    pub why: String,
    /// What mends it.
    pub fix: Fix,
    /// What merely follows from it.
    pub consequences: Vec<Finding>,
}

/// What mends a finding.
#[derive(Debug, Default)]
pub struct Fix {
    /// What to do, where that is no command.
    pub advice: Option<String>,
    /// Commands that do it, as they can be pasted.
    pub commands: Vec<ShellLine>,
    /// What `--fix` does.
    pub changes: Vec<Change>,
    /// The CA that those changes trust, if they do.
    pub anchor: Option<Anchor>,
    /// What `--fix --restart` restarts though nothing is changed.
    pub restart: Vec<Restart>,
}

/// A service that was started too early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// What makes its manager read its settings, beforehand.
    pub reload: Option<Command>,
    /// The service.
    pub service: Service,
}

impl Finding {
    /// `code` was found: `what` was seen, and that fails because of `why`.
    pub fn new(code: &'static Code, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { code, what: what.into(), why: why.into(), fix: Fix::default(), consequences: Vec::new() }
    }

    /// With what mends it.
    #[must_use]
    pub fn with(mut self, fix: Fix) -> Self {
        self.fix = fix;
        self
    }

    /// With what to do about it, where no command does it.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.fix.advice = Some(advice.into());
        self
    }

    /// With a command that mends it or helps to.
    #[must_use]
    pub fn command(mut self, command: impl Into<ShellLine>) -> Self {
        self.fix.commands.push(command.into());
        self
    }

    /// The same of a command of these words.
    #[must_use]
    pub fn run<W: AsRef<str>>(self, words: impl IntoIterator<Item = W>) -> Self {
        self.command(ShellLine::of(words))
    }
}

impl Fix {
    /// Whether it takes effect only once something is restarted.
    pub fn awaits_restart(&self) -> bool {
        !self.restart.is_empty() || self.changes.iter().any(|change| !change.reload.restart.is_empty())
    }

    /// Whether `--fix` mends it, with `--restart` beside it perhaps.
    pub fn is_automatic(&self) -> bool {
        !self.changes.is_empty() || self.restart.iter().any(|late| late.service.restart.is_some())
    }
}
