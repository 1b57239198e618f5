//! What gitlab.rb must say for HTTPS, and the smallest edits that make it say so. Pure: its text in, edits
//! out. What is set right stays as it is; a line of the template that is commented out is put to use; a line that
//! says something else is changed where it stands; whatever has no such line comes last, in one marked block.

mod block;
mod conflict;
mod current_setting;
mod setting_state;
mod wanted;
mod written;

use labtrust_plan::Edit;

use self::{block::Block, current_setting::CurrentSetting, setting_state::SettingState, written::Lines};
use super::{
    line::Line,
    ruby::{Script, Value},
};

pub(crate) use self::conflict::Conflict;
pub(crate) use self::wanted::{GITLAB, GITLAB_PORT, REDIRECT, REGISTRY, REGISTRY_PORT, SSH_PORT, Wanted};

/// What becomes of a gitlab.rb.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// What is edited, in this order.
    pub edits: Vec<Edit>,
    /// What is overwritten although somebody meant it: not without being asked for.
    pub conflicts: Vec<Conflict>,
    /// What Ruby computes and is left as it is.
    pub left: Vec<Line>,
    /// The file once it is edited.
    pub after: Vec<u8>,
}

impl Settings {
    /// What makes `file` say what is `wanted`. `environment` is what GitLab evaluates before it, and so
    /// loses. An error says why that cannot be, as the rest of a sentence that begins with the file's name.
    pub(crate) fn plan(file: Option<&[u8]>, environment: &str, wanted: &[Wanted]) -> Result<Self, String> {
        let bytes = file.unwrap_or_default();
        let scripts = [Script::of_environment(environment), read(bytes)];
        let lines = Lines::of(bytes);
        let (mut settings, mut block) = (Self::default(), Block::of(&lines));
        for setting in wanted {
            let found = CurrentSetting::of(&scripts, setting.row);
            let value = match SettingState::of(setting, found.setting()) {
                SettingState::Right => continue,
                SettingState::Left => {
                    let computed = found.setting().filter(|found| found.value == Value::Computed);
                    settings.left.extend(computed.map(Line::of));
                    continue;
                }
                SettingState::Due(value) => value,
                SettingState::Conflict(value) => {
                    settings.conflicts.extend(found.conflict(setting.row.line(&value)));
                    value
                }
            };
            let line = found.editable_line(&scripts[1], setting.row).filter(|line| !block.holds(line.line));
            match line.and_then(|line| lines.rewritten(&line, &value)) {
                Some((old, new)) => settings.edits.push(Edit::Line { old, new }),
                None => block.set(setting.row, &value),
            }
        }
        settings.edits.extend(block.into_edit());
        settings.after =
            settings.edits.iter().try_fold(bytes.to_vec(), |text, edit| edit.apply(Some(&text)))?;
        let [environment, _] = scripts;
        let after = [environment, read(&settings.after)];
        let is_read = |one: &&Wanted| {
            matches!(
                SettingState::of(one, CurrentSetting::of(&after, one.row).setting()),
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

/// Others may have written in any encoding; what matters here is ASCII.
fn read(bytes: &[u8]) -> Script {
    Script::read(&String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests;
