//! Steps for a person, as data. Text and commands stay apart, because people paste commands, and an interactive zsh
//! would run a comment among them.

use labtrust_plan::{ShellLine, text};
use serde::Serialize;

use crate::printer::Printer;

/// A step for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ByHand {
    /// The purpose; empty if the commands need no explanation.
    pub what: String,
    /// The lines to write, or the settings to click.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// The commands, in order.
    pub commands: Vec<ShellLine>,
    /// Whether it is an alternative to another step.
    pub is_choice: bool,
}

impl ByHand {
    /// A command without explanation.
    pub(crate) fn command(command: impl Into<ShellLine>) -> Self {
        Self { commands: vec![command.into()], ..Self::default() }
    }

    /// A step that no command does.
    pub(crate) fn remark(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    /// Adds lines to write.
    #[must_use]
    pub(crate) fn lines(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.lines.extend(lines);
        self
    }

    /// Adds commands.
    #[must_use]
    pub(crate) fn run<L: Into<ShellLine>>(mut self, commands: impl IntoIterator<Item = L>) -> Self {
        self.commands.extend(commands.into_iter().map(Into::into));
        self
    }

    /// The same step as an alternative.
    #[must_use]
    pub(crate) fn or_else(mut self) -> Self {
        self.is_choice = true;
        self
    }

    /// The commands of `all` without the alternatives, for scripts.
    pub(crate) fn commands_of(all: &[Self]) -> impl Iterator<Item = ShellLine> {
        all.iter().filter(|step| !step.is_choice).flat_map(|step| step.commands.iter().cloned())
    }

    /// Prints `all` under `heading`.
    pub(crate) fn print_all(all: &[Self], printer: &Printer, heading: &str) {
        if !all.is_empty() {
            printer.heading(heading);
        }
        for step in all {
            step.print(printer);
        }
    }

    /// Prints the step: the purpose, the lines, the commands.
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
