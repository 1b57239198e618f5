//! What decides a setting now, and the line in which it can be set.

use super::{conflict::Conflict, wanted::SettingRow};
use crate::gitlab::{
    line::Line,
    ruby::{Script, Setting, Value},
};

/// What decides a setting.
pub(super) enum CurrentSetting {
    /// Nothing.
    Unset,
    /// What a container's environment says, and gitlab.rb does not.
    Environment(Setting),
    /// gitlab.rb.
    File(Setting),
}

impl CurrentSetting {
    /// What decides `row` where GitLab evaluates the environment, then the file.
    pub(super) fn of([environment, file]: &[Script; 2], row: &SettingRow) -> Self {
        let mut found = Self::Unset;
        for path in row.paths {
            let next = match (file.last(path), environment.last(path)) {
                (Some(setting), _) => Self::File(setting),
                (None, Some(setting)) => Self::Environment(setting),
                (None, None) => continue,
            };
            // A service's other settings, assigned as a whole, say nothing of this one.
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

    /// That it stands against `becomes`.
    pub(super) fn conflict(&self, becomes: String) -> Option<Conflict> {
        let setting = self.setting()?;
        // Where it stands in a condition, or has one.
        let is_conditional = setting.text.starts_with(&becomes);
        Some(Conflict { line: Line::of(setting), is_conditional, becomes })
    }

    /// The one line of `file` in which `row` can be set so that it holds: the one that decides it, or where
    /// there is none, the template's, commented out.
    pub(super) fn editable_line(&self, file: &Script, row: &SettingRow) -> Option<Setting> {
        let is_whole = |setting: &&Setting| row.paths.iter().any(|path| setting.path == *path);
        if let Self::File(setting) = self {
            // Another file that is read later may set it again.
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
