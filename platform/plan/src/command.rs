//! The commands that plans run.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    absolute,
    shell_line::ShellLine,
    word::{shell_path, shell_word},
};

/// A program, its arguments, and its time limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Absolute path.
    #[serde(deserialize_with = "absolute::path")]
    pub program: PathBuf,
    /// Arguments; never a secret.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Seconds after which it is stopped.
    #[serde(default = "Command::default_seconds")]
    pub seconds: u64,
    /// The home folder in which it finds its user's settings; none if it reads only the machine's settings.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "absolute::optional")]
    pub home: Option<PathBuf>,
    /// The variables of this process's environment that it gets, by name: it gets no other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<String>,
}

impl Command {
    /// `program arguments…` with a time limit of two minutes.
    pub fn new<A: Into<String>>(program: impl Into<PathBuf>, arguments: impl IntoIterator<Item = A>) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            seconds: Self::default_seconds(),
            home: None,
            variables: Vec::new(),
        }
    }

    /// This command with the settings in the home folder `home`.
    #[must_use]
    pub fn at_home(mut self, home: impl Into<PathBuf>) -> Self {
        self.home = Some(home.into());
        self
    }

    /// This command with these variables of this process's environment.
    #[must_use]
    pub fn with_variables(mut self, names: &[&str]) -> Self {
        self.variables = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// This command with another time limit.
    #[must_use]
    pub fn within(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }

    fn default_seconds() -> u64 {
        120
    }
}

impl fmt::Display for Command {
    /// The command as it can be pasted into a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shell_path(&self.program))?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {}", shell_word(argument)))
    }
}

impl From<&Command> for ShellLine {
    fn from(command: &Command) -> Self {
        Self::filled("{}", &[&command.program]).with(&command.arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_pasted() {
        let command = Command::new("/usr/bin/x", ["plain-1.2", "two words", "it's", ""]);
        assert_eq!(command.to_string(), r"/usr/bin/x plain-1.2 'two words' 'it'\''s' ''");
    }
}
