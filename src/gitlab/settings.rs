//! What gitlab.rb must say for HTTPS, and the smallest edits that make it say so. Pure: its text in, edits
//! out. What is set right stays as it is; a line of the template that is commented out is put to use; a line that
//! says something else is changed where it stands; whatever has no such line comes last, in one marked block.

mod block;
mod conflict;
mod found;
mod standing;
mod wanted;
mod written;

use labtrust_plan::Edit;

use self::{
    block::Block,
    found::Found,
    standing::{Standing, standing},
    written::Lines,
};
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
        for one in wanted {
            let found = Found::of(&scripts, one.row);
            let value = match standing(one, found.setting()) {
                Standing::Right => continue,
                Standing::Left => {
                    let computed = found.setting().filter(|found| found.value == Value::Computed);
                    settings.left.extend(computed.map(Line::of));
                    continue;
                }
                Standing::Due(value) => value,
                Standing::Conflict(value) => {
                    settings.conflicts.extend(found.conflict(one.row.line(&value)));
                    value
                }
            };
            let place = found.place(&scripts[1], one.row).filter(|place| !block.holds(place.line));
            match place.and_then(|place| lines.rewritten(&place, &value)) {
                Some((old, new)) => settings.edits.push(Edit::Line { old, new }),
                None => block.set(one.row, &value),
            }
        }
        settings.edits.extend(block.into_edit());
        settings.after =
            settings.edits.iter().try_fold(bytes.to_vec(), |text, edit| edit.apply(Some(&text)))?;
        let [environment, _] = scripts;
        let after = [environment, read(&settings.after)];
        let is_read = |one: &&Wanted| {
            matches!(standing(one, Found::of(&after, one.row).setting()), Standing::Right | Standing::Left)
        };
        match wanted.iter().find(|one| !is_read(one)) {
            None => Ok(settings),
            Some(_) if lines.end_early() => Err(
                "has a line `__END__`, after which Ruby reads nothing: take it out, with all that follows"
                    .into(),
            ),
            Some(one) => {
                let name = one.row.left_side();
                Err(format!(
                    "cannot be given `{}` so that Ruby reads it: set it by hand",
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
