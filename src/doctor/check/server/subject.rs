//! The subject of the server check: a GitLab on this machine.

use labtrust_plan::{ShellLine, shell_word};

use crate::doctor::{
    Case,
    evidence::{GitlabSeen, SettingsSeen},
};

/// A GitLab on this machine, with its settings.
#[derive(Clone, Copy)]
pub(super) struct Server<'c> {
    pub case: &'c Case<'c>,
    pub gitlab: &'c GitlabSeen,
    pub settings: &'c SettingsSeen,
}

impl Server<'_> {
    /// The command that makes GitLab apply its settings.
    pub(super) fn reconfigure(&self) -> ShellLine {
        self.control(&["reconfigure"])
    }

    /// The command `gitlab-ctl` with these arguments. Evidence can come from other people: if anything but plain words
    /// is before the arguments there, the usual command is used.
    pub(super) fn control(&self, arguments: &[&str]) -> ShellLine {
        let words: Vec<_> = self.gitlab.reconfigure.split(' ').collect();
        let is_plain = words.iter().all(|word| shell_word(word) == *word) && words.ends_with(&CONTROL);
        let before = if is_plain { &words[..words.len() - 1] } else { &CONTROL[..1] };
        ShellLine::of(before.iter().chain(arguments)).by_root()
    }
}

/// The usual command.
const CONTROL: [&str; 2] = ["gitlab-ctl", "reconfigure"];
