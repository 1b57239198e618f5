//! Shells: the file that each reads when a person logs in, and how a line of it sets a variable.

use std::path::Path;

use crate::{Facts, ShellLine, shell_line};

/// A shell.
pub(super) struct Shell {
    name: &'static str,
    /// The files below the home folder of which it reads the first that exists; the last is made if there is none.
    profiles: &'static [&'static str],
    /// The command that reads a file in an open shell.
    pub read: &'static str,
    /// The line that sets a variable.
    pub set: fn(&'static str, &str) -> ShellLine,
}

/// The first is for every other shell.
const SHELLS: [Shell; 6] = [
    Shell { name: "sh", profiles: &[".profile"], read: ".", set: export },
    // bash(1), "INVOCATION".
    Shell { name: "bash", profiles: &[".bash_profile", ".bash_login", ".profile"], read: ".", set: export },
    Shell { name: "zsh", profiles: &[".zprofile"], read: ".", set: export },
    Shell {
        name: "fish",
        profiles: &[".config/fish/config.fish"],
        read: "source",
        set: |name, value| shell_line!("set -gx {} {}", name, value),
    },
    Shell { name: "csh", profiles: &[".cshrc"], read: "source", set: setenv },
    // tcsh(1), "Startup and shutdown".
    Shell { name: "tcsh", profiles: &[".tcshrc", ".cshrc"], read: "source", set: setenv },
];

/// The files of which a planner must know whether they exist.
pub(super) const CHOICES: [&str; 3] = [".bash_profile", ".bash_login", ".tcshrc"];

fn export(name: &'static str, value: &str) -> ShellLine {
    shell_line!("export {}={}", name, value)
}

fn setenv(name: &'static str, value: &str) -> ShellLine {
    shell_line!("setenv {} {}", name, value)
}

impl Shell {
    /// The shell of the user who runs labtrust.
    pub(super) fn of(facts: &Facts) -> &'static Self {
        let name = facts.variables.get("SHELL").and_then(|shell| Path::new(shell).file_name());
        let shell = SHELLS.iter().find(|shell| name.is_some_and(|name| name == shell.name));
        shell.unwrap_or(&SHELLS[0])
    }

    /// The file that it reads, for people.
    pub(super) fn profile(&self, facts: &Facts) -> String {
        let is_there = |profile: &&&str| facts.has(facts.user.home.join(profile));
        let profile = self.profiles.iter().find(is_there).or(self.profiles.last());
        format!("~/{}", profile.copied().unwrap_or_default())
    }
}
