//! The command that a user typed, for the commands that its refusals offer: they do the same with other options.

use labtrust_plan::{Options, ShellLine, shell_line};

/// A `setup` or an `import`.
#[derive(Clone, Debug, Default)]
pub(crate) struct TypedCommand {
    /// The options with the files of an `import`; none for a `setup`.
    pub import: Option<Vec<ShellLine>>,
    /// GitLab's host, and its port if it was typed.
    pub host: String,
    /// The options that name the site.
    pub options: Vec<ShellLine>,
}

impl TypedCommand {
    /// The same command for `host` with these `options`.
    pub(crate) fn with(&self, host: &str, options: &[ShellLine]) -> ShellLine {
        let options = Options(options);
        match &self.import {
            None => shell_line!("{labtrust setup {}{}}", host, options),
            Some(files) => shell_line!("{labtrust import{} --host {}{}}", Options(files), host, options),
        }
    }

    /// The same command with `option` more.
    pub(crate) fn and(&self, option: &'static str) -> ShellLine {
        let options = self.options.iter().cloned().chain([option.into()]);
        self.with(&self.host, &options.collect::<Vec<_>>())
    }

    /// The same command for a folder that another server reads.
    pub(crate) fn out(&self) -> ShellLine {
        self.with(&self.host, &["--out DIR".into(), "--reload CMD".into()])
    }

    /// Its verb.
    pub(crate) fn verb(&self) -> &'static str {
        if self.import.is_some() { "import" } else { "setup" }
    }
}
