//! The present value of a setting, and the line that can be edited to change it.

use super::wanted::SettingRow;
use crate::gitlab::ruby::{Evaluated, Origin, Script, Setting, Value};

/// The setting that decides now.
#[derive(Default)]
pub(super) struct CurrentSetting {
    setting: Option<Setting>,
    /// The value that GitLab's own Ruby computes, if only Ruby can.
    pub(super) evaluated: Option<Value>,
}

impl CurrentSetting {
    /// The setting in `script` that decides `row`.
    pub(super) fn of(script: &Script, row: &SettingRow) -> Self {
        let mut found = Self::default();
        for path in row.paths {
            let written = script.written(path);
            let evaluated = script.evaluated(path, written.as_ref());
            let next = match (written, evaluated) {
                (Some(setting), Some(evaluated)) if setting.value == Value::Computed => {
                    let value = evaluated.setting().map_or(Value::Nil, |evaluated| evaluated.value.clone());
                    Self { setting: Some(setting), evaluated: Some(value) }
                }
                (_, Some(Evaluated::Set(evaluated))) => {
                    Self { setting: Some(evaluated.as_ref().clone()), evaluated: None }
                }
                (Some(setting), _) => Self { setting: Some(setting), evaluated: None },
                (None, _) => continue,
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
        self.setting.as_ref()
    }

    /// The line of gitlab.rb that can be edited so that `row` takes effect: the line that decides it, else the template's
    /// commented line.
    pub(super) fn editable_line(&self, script: &Script, row: &SettingRow) -> Option<Setting> {
        let is_whole = |setting: &&Setting| row.paths.iter().any(|path| setting.path == *path);
        if let Some(setting) = self.setting().filter(|setting| setting.origin == Origin::File) {
            // A file that Ruby reads later may set it again.
            let can_hold = setting.alone
                && setting.value != Value::Computed
                && is_whole(&setting)
                && script.is_final(setting);
            return can_hold.then(|| setting.clone());
        }
        let is_template = |setting: &&Setting| {
            let value = match &setting.value {
                Value::Text(text) => text.clone(),
                _ => setting.text.get(setting.literal.clone()).unwrap_or_default().to_owned(),
            };
            // A local variable hides the setting of its name.
            let is_hidden = setting.path.len() > 1 && script.locals.contains(&setting.path[0]);
            is_whole(setting) && !is_hidden && row.templates.contains(&value.as_str())
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
