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
    /// The command that makes GitLab apply its settings. Evidence can come from other people: anything but plain
    /// words in it is replaced by the usual command.
    pub(super) fn reconfigure(&self) -> ShellLine {
        let words: Vec<_> = self.gitlab.reconfigure.split(' ').collect();
        let is_plain = words.iter().all(|word| shell_word(word) == *word) && words.ends_with(&CONTROL);
        if is_plain { ShellLine::of(words) } else { ShellLine::of(CONTROL) }.by_root()
    }
}

/// The usual command.
const CONTROL: [&str; 2] = ["gitlab-ctl", "reconfigure"];
