//! The marked block at the end of the file, for settings without a line of their own.

use std::collections::BTreeSet;

use labtrust_plan::Edit;

use super::{
    wanted::SettingRow,
    written::{Lines, NAME},
};
use crate::gitlab::ruby::{Script, Value};

/// The block, with the lines of earlier runs.
pub(super) struct Block {
    begin: usize,
    lines: Vec<String>,
    known: usize,
    is_changed: bool,
}

impl Block {
    pub(super) fn of(lines: &Lines<'_>) -> Self {
        let (begin, lines) = lines.block().unwrap_or_default();
        Self { begin, known: lines.len(), lines, is_changed: false }
    }

    /// Whether the line `line` of the file is in it.
    pub(super) fn holds(&self, line: usize) -> bool {
        (self.begin..self.begin + self.known).contains(&line)
    }

    /// Sets `row` in it.
    pub(super) fn set(&mut self, row: &SettingRow, value: &Value, locals: &BTreeSet<String>) {
        let is_of = |line: &String| {
            let script = Script::read(line);
            script.settings.iter().any(|setting| row.paths.iter().any(|path| setting.path == *path))
        };
        self.lines.retain(|line| !is_of(line));
        self.lines.push(row.line(value, locals));
        self.is_changed = true;
    }

    pub(super) fn into_edit(self) -> Option<Edit> {
        self.is_changed.then(|| Edit::Block { name: NAME.into(), lines: self.lines })
    }
}
