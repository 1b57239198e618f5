//! The present value of a setting, and the line that can be edited to change it.

use super::{conflict::Conflict, wanted::SettingRow};
use crate::gitlab::{
    line::Line,
    ruby::{Include, Origin, Script, Setting, Value},
};

/// The setting that decides now.
pub(super) enum CurrentSetting {
    /// None.
    Unset,
    /// One in a container's environment, or in another file that GitLab reads.
    Elsewhere(Setting),
    /// One in gitlab.rb.
    File(Setting),
}

impl CurrentSetting {
    /// The setting in `script` that decides `row`.
    pub(super) fn of(script: &Script, row: &SettingRow) -> Self {
        let mut found = Self::Unset;
        for path in row.paths {
            let Some(setting) = script.last(path) else { continue };
            let is_in_file = setting.origin == Origin::File;
            let next = if is_in_file { Self::File(setting) } else { Self::Elsewhere(setting) };
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
            Self::Elsewhere(setting) | Self::File(setting) => Some(setting),
        }
    }

    /// The conflict with the line `becomes`.
    pub(super) fn conflict(&self, becomes: String) -> Option<Conflict> {
        let setting = self.setting()?;
        // It is in a condition, or has one.
        let is_conditional = setting.text.starts_with(&becomes);
        Some(Conflict { line: Line::of(setting), is_conditional, becomes })
    }

    /// The line of gitlab.rb that can be edited so that `row` takes effect: the line that decides it, else the template's
    /// commented line.
    pub(super) fn editable_line(&self, script: &Script, row: &SettingRow) -> Option<Setting> {
        let is_whole = |setting: &&Setting| row.paths.iter().any(|path| setting.path == *path);
        if let Self::File(setting) = self {
            // A file that Ruby reads later may set it again.
            let is_before = |include: &Include| match include.origin {
                Origin::Environment => true,
                Origin::File => include.line < setting.line,
                Origin::Other(_) => false,
            };
            let is_final = script.includes.iter().all(is_before);
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
        // A file that Ruby reads below the commented line would set it again.
        let is_in_other = |setting: &Setting| matches!(setting.origin, Origin::Other(_));
        if !script.includes.is_empty() || self.setting().is_some_and(is_in_other) {
            return None;
        }
        let mut templates = script.comments.iter().filter(is_template);
        templates.next().filter(|_| templates.next().is_none()).cloned()
    }
}
