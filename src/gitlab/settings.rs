//! The settings that gitlab.rb needs for HTTPS, and the smallest edits that set them. Pure: its text in, edits out. A
//! correct setting stays unchanged. A line of the template is uncommented. A line with another value is changed in place.
//! A setting without a line goes into one marked block at the end.

mod block;
mod conflict;
mod current_setting;
mod setting_state;
mod wanted;
mod written;

use labtrust_plan::Edit;

use self::{block::Block, current_setting::CurrentSetting, setting_state::SettingState, written::Lines};
use super::{
    line::{self, Line},
    ruby::{Script, Value},
    sources::Sources,
};

pub(crate) use self::conflict::{Conflict, Keep};
pub(crate) use self::wanted::{GITLAB, GITLAB_PORT, REDIRECT, REGISTRY, REGISTRY_PORT, SSH_PORT, Wanted};

/// The planned settings of a gitlab.rb.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The edits, in order.
    pub edits: Vec<Edit>,
    /// The settings that somebody chose and that the edits overwrite; this needs `--replace`.
    pub conflicts: Vec<Conflict>,
    /// The lines that Ruby computes and that stay unchanged.
    pub left: Vec<Line>,
    /// The file after the edits.
    pub after: Vec<u8>,
}

impl Settings {
    /// Plans the edits that give `file` the `wanted` settings. `sources` are the other texts that GitLab reads. The error
    /// is the end of a sentence that begins with the file's name.
    pub(crate) fn plan(file: Option<&[u8]>, sources: &Sources, wanted: &[Wanted]) -> Result<Self, String> {
        let bytes = file.unwrap_or_default();
        let read = |bytes: &[u8]| sources.settings(&String::from_utf8_lossy(bytes));
        let script = read(bytes);
        let lines = Lines::of(bytes);
        let (mut settings, mut block) = (Self::default(), Block::of(&lines));
        for setting in wanted {
            let found = CurrentSetting::of(&script, setting.row);
            let inert = || setting.row.paths.iter().find_map(|path| script.last_inert(path));
            let (value, chosen) = match SettingState::of_current(setting, &found) {
                SettingState::Right => continue,
                SettingState::Left => {
                    let computed = found.setting().filter(|found| found.value == Value::Computed);
                    settings.left.extend(computed.map(Line::of));
                    continue;
                }
                // A local variable sets nothing, and still shows what somebody meant.
                SettingState::Due(value) => {
                    (value, inert().filter(|meant| SettingState::of(setting, Some(meant)).is_conflict()))
                }
                SettingState::Conflict(value) => (value, found.setting().cloned()),
            };
            let line = found.editable_line(&script, setting.row).filter(|line| !block.holds(line.line));
            let mut becomes = setting.row.line(&value, &script.locals);
            let edit = line.and_then(|line| lines.rewritten(&line, &value));
            let conflict =
                chosen.map(|chosen| Conflict::of(&chosen, found.evaluated.as_ref(), setting.row, &becomes));
            if let Some((old, new)) = edit {
                // Without a comment behind it, which may hold anything.
                let written = Script::read(&new).settings.into_iter().next();
                becomes = written.map_or(becomes, |written| line::shown(&written.text));
                settings.edits.push(Edit::Line { old, new });
            } else {
                block.set(setting.row, &value, &script.locals);
            }
            settings.conflicts.extend(conflict.map(|conflict| Conflict { becomes, ..conflict }));
        }
        settings.edits.extend(block.into_edit());
        settings.after =
            settings.edits.iter().try_fold(bytes.to_vec(), |text, edit| edit.apply(Some(&text)))?;
        let after = read(&settings.after);
        let is_read = |one: &&Wanted| {
            matches!(
                SettingState::of_current(one, &CurrentSetting::of(&after, one.row)),
                SettingState::Right | SettingState::Left
            )
        };
        match wanted.iter().find(|one| !is_read(one)) {
            None => Ok(settings),
            Some(_) if lines.end_early() => {
                Err("has a line `__END__`, after which Ruby reads nothing: remove it, and all lines after it"
                    .into())
            }
            Some(one) => {
                let name = one.row.left_side();
                Err(format!(
                    "cannot be edited so that Ruby reads `{}`: set it by hand",
                    name.trim_end_matches([' ', '='])
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests;
