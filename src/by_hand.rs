//! What is left to a person, as data: text to read and commands to paste are never mixed. A remark among commands
//! would be run with them: an interactive zsh knows no comments.

use labtrust_plan::{ShellLine, text};
use serde::Serialize;

use crate::printer::Printer;

/// Something that a person has to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ByHand {
    /// What it is about; empty where the commands say so themselves.
    pub what: String,
    /// What is to be written or clicked, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// What is to be run, in this order.
    pub commands: Vec<ShellLine>,
    /// Whether it is one way among others, or for one outcome among others.
    pub is_choice: bool,
}

impl ByHand {
    /// One command that needs no words.
    pub(crate) fn command(command: impl Into<ShellLine>) -> Self {
        Self { commands: vec![command.into()], ..Self::default() }
    }

    /// Something to know or to do, where no command does it.
    pub(crate) fn remark(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    /// With what is to be written or clicked.
    #[must_use]
    pub(crate) fn lines(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.lines.extend(lines);
        self
    }

    /// With what is to be run.
    #[must_use]
    pub(crate) fn run<L: Into<ShellLine>>(mut self, commands: impl IntoIterator<Item = L>) -> Self {
        self.commands.extend(commands.into_iter().map(Into::into));
        self
    }

    /// The same as one way among others.
    #[must_use]
    pub(crate) fn or_else(mut self) -> Self {
        self.is_choice = true;
        self
    }

    /// The commands of `all` that are to be run one after the other, for scripts.
    pub(crate) fn commands_of(all: &[Self]) -> impl Iterator<Item = ShellLine> {
        all.iter().filter(|one| !one.is_choice).flat_map(|one| one.commands.iter().cloned())
    }

    /// Says `all` under `heading`, for people.
    pub(crate) fn print_all(all: &[Self], printer: &Printer, heading: &str) {
        if !all.is_empty() {
            printer.heading(heading);
        }
        for one in all {
            one.print(printer);
        }
    }

    /// Says it, for people: each part by itself.
    pub(crate) fn print(&self, printer: &Printer) {
        if !self.what.is_empty() {
            printer.heading(&text::in_line(&self.what));
        }
        for line in &self.lines {
            printer.say(format_args!("  {line}"));
        }
        for command in &self.commands {
            printer.command(command);
        }
    }
}
