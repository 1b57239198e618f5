//! What is judged: a GitLab on this machine.

use labtrust_plan::{ShellLine, shell_word};

use crate::doctor::{
    Case,
    evidence::{GitlabSeen, SettingsSeen},
};

/// A GitLab on this machine, and what its settings say.
#[derive(Clone, Copy)]
pub(super) struct Server<'c> {
    pub case: &'c Case<'c>,
    pub gitlab: &'c GitlabSeen,
    pub settings: &'c SettingsSeen,
}

impl Server<'_> {
    /// What makes GitLab read its settings. Evidence is a file that others may have written: what is more than words
    /// in it is not passed on.
    pub(super) fn reconfigure(&self) -> ShellLine {
        let words: Vec<_> = self.gitlab.reconfigure.split(' ').collect();
        let is_plain = words.iter().all(|word| shell_word(word) == *word) && words.ends_with(&CONTROL);
        if is_plain { ShellLine::of(words) } else { ShellLine::of(CONTROL) }.by_root()
    }
}

/// What GitLab's own tool is told.
const CONTROL: [&str; 2] = ["gitlab-ctl", "reconfigure"];
