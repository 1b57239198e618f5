//! The present value of a setting, and the line that can be edited to change it.

use super::{conflict::Conflict, wanted::SettingRow};
use crate::gitlab::{
    line::Line,
    ruby::{Script, Setting, Value},
};

/// The setting that decides now.
pub(super) enum CurrentSetting {
    /// None.
    Unset,
    /// One in a container's environment, which gitlab.rb does not set.
    Environment(Setting),
    /// One in gitlab.rb.
    File(Setting),
}

impl CurrentSetting {
    /// The setting that decides `row`: GitLab evaluates the environment first, then the file.
    pub(super) fn of([environment, file]: &[Script; 2], row: &SettingRow) -> Self {
        let mut found = Self::Unset;
        for path in row.paths {
            let next = match (file.last(path), environment.last(path)) {
                (Some(setting), _) => Self::File(setting),
                (None, Some(setting)) => Self::Environment(setting),
                (None, None) => continue,
            };
            // A whole hash that Ruby computes for a service tells nothing about this setting.
            let is_set = next.setting().is_some_and(|setting| {
                setting.value != Value::Nil && (setting.path.len() > 1 || row.paths.len() == 1)
            });
            if is_set {
                return next;
            }
            found = next;
        }
        found
    }

    pub(super) fn setting(&self) -> Option<&Setting> {
        match self {
            Self::Unset => None,
            Self::Environment(setting) | Self::File(setting) => Some(setting),
        }
    }

    /// The conflict with the line `becomes`.
    pub(super) fn conflict(&self, becomes: String) -> Option<Conflict> {
        let setting = self.setting()?;
        // It is in a condition, or has one.
        let is_conditional = setting.text.starts_with(&becomes);
        Some(Conflict { line: Line::of(setting), is_conditional, becomes })
    }

    /// The line of `file` that can be edited so that `row` takes effect: the line that decides it, else the template's
    /// commented line.
    pub(super) fn editable_line(&self, file: &Script, row: &SettingRow) -> Option<Setting> {
        let is_whole = |setting: &&Setting| row.paths.iter().any(|path| setting.path == *path);
        if let Self::File(setting) = self {
            // A file that Ruby reads later may set it again.
            let is_final = file.includes.iter().all(|include| include.line < setting.line);
            let can_hold =
                setting.alone && setting.value != Value::Computed && is_whole(&setting) && is_final;
            return can_hold.then(|| setting.clone());
        }
        let is_template = |setting: &&Setting| {
            let value = match &setting.value {
                Value::Text(text) => text.clone(),
                _ => setting.text.get(setting.literal.clone()).unwrap_or_default().to_owned(),
            };
            is_whole(setting) && row.templates.contains(&value.as_str())
        };
        if !file.includes.is_empty() {
            return None;
        }
        let mut templates = file.comments.iter().filter(is_template);
        templates.next().filter(|_| templates.next().is_none()).cloned()
    }
}
