//! Reads gitlab.rb without running it. It is a Ruby program, but nearly all of it assigns literals. This module reads
//! those, and reports any other value as computed.

mod evaluation;
mod expression;
mod include;
mod leaving;
mod origin;
mod scan;
mod setting;
mod statement;
mod value;

use std::collections::BTreeSet;

use self::{
    include::Scope,
    leaving::left_out,
    scan::{first_line, passed_on, reads_another_file, receiver, within},
    statement::{Comment, nesting, statements},
    value::literal,
};

#[cfg(test)]
pub(super) use self::scan::HASHES;
pub(super) use self::{
    evaluation::{Evaluated, Evaluation},
    include::{Include, Target},
    origin::{ENVIRONMENT, GITLAB_RB, Origin},
    scan::is_setting,
    setting::Setting,
    statement::{end_of_list, end_of_string},
    value::Value,
};

/// The readable parts of a gitlab.rb.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Script {
    /// All settings, in order.
    pub settings: Vec<Setting>,
    /// The settings that are commented out, each on a line of its own where a setting could be.
    pub comments: Vec<Setting>,
    /// The statements that make Ruby read another file, which may set anything.
    pub includes: Vec<Include>,
    /// The local variables: settings of their names are only reached with `self.`.
    pub locals: BTreeSet<String>,
    /// What GitLab's own Ruby makes of it, if that was asked.
    pub evaluation: Option<Evaluation>,
}

impl Script {
    /// Reads `text` of gitlab.rb.
    pub(crate) fn read(text: &str) -> Self {
        Self::read_from(text, &Origin::File, GITLAB_RB)
    }

    /// Reads the `text` of a container's environment.
    pub(crate) fn of_environment(text: &str) -> Self {
        Self::read_from(text, &Origin::Environment, "")
    }

    /// Reads `text`, which Ruby reads from `origin`: from the file that GitLab names `path`, if it is a file.
    pub(crate) fn read_from(text: &str, origin: &Origin, path: &str) -> Self {
        let (statements, comments) = statements(text);
        let mut settings = Vec::new();
        // The depth of conditions and loops before each statement, and at the end.
        let mut depths = vec![0_usize];
        let mut scope = Scope::of(path);
        let left_out = left_out(&statements);
        let (mut includes, mut locals) = (Vec::new(), BTreeSet::new());
        for (index, statement) in statements.iter().enumerate() {
            let (opens, closes) = nesting(&statement.text);
            let depth = depths[index].saturating_sub(closes);
            scope.close(closes);
            let is_run = !statement.is_cut && !left_out[index];
            if reads_another_file(&statement.text) {
                let (target, is_certain) = scope.target(&statement.text);
                includes.push(Include {
                    text: first_line(&statement.text),
                    line: *statement.lines.start(),
                    origin: origin.clone(),
                    outermost: (origin.clone(), *statement.lines.start()),
                    after: settings.len(),
                    is_certain: is_certain && is_run,
                    target,
                    why: None,
                });
            }
            scope.note(&statement.text, opens);
            let (found, is_whole) = settings_in(&statement.text, &locals);
            for mut setting in found {
                let (first, last) = (*statement.lines.start(), *statement.lines.end());
                // A statement in a condition or a loop may not run at all.
                let is_certain = is_whole && depth == 0 && is_run;
                if !is_certain {
                    setting.value = setting.value.in_doubt(setting.merges);
                }
                let is_apart =
                    |other: usize| statements.get(other).is_none_or(|other| !other.lines.contains(&first));
                if let [name] = setting.path.as_slice()
                    && setting.inert
                {
                    locals.insert(name.clone());
                }
                setting.line = first;
                setting.origin = origin.clone();
                setting.alone =
                    is_certain && first == last && is_apart(index.wrapping_sub(1)) && is_apart(index + 1);
                settings.push(setting);
            }
            depths.push(depth + opens);
        }
        let is_outside = |comment: &&Comment| depths.get(comment.after) == Some(&0);
        let comments = comments.iter().filter(is_outside).filter_map(commented).collect();
        Self { settings, comments, includes, locals, evaluation: None }
    }

    /// The setting that decides `path`.
    pub(crate) fn last(&self, path: &[&str]) -> Option<Setting> {
        let written = self.written(path);
        match self.evaluated(path, written.as_ref()) {
            Some(evaluated) => evaluated.setting().cloned(),
            None => written,
        }
    }

    /// The last setting for `path` that is written, or for a hash that contains it.
    pub(crate) fn written(&self, path: &[&str]) -> Option<Setting> {
        self.find_last(path, false)
    }

    /// What GitLab's own Ruby makes of `path`, if that was asked and `written` does not tell.
    pub(crate) fn evaluated(&self, path: &[&str], written: Option<&Setting>) -> Option<&Evaluated> {
        let tells = |written: &Setting| written.value != Value::Computed && self.is_final(written);
        if written.is_some_and(tells) { None } else { self.evaluation.as_ref()?.at(path) }
    }

    /// Whether no file that labtrust could not follow may set `setting` again.
    pub(crate) fn is_final(&self, setting: &Setting) -> bool {
        self.includes.iter().all(|include| match &include.outermost {
            (Origin::Environment, _) => setting.origin == Origin::File,
            (Origin::File, line) => setting.origin == Origin::File && *line < setting.line,
            (Origin::Other(_), _) => false,
        })
    }

    /// The last assignment that was meant for `path` and that only sets a local variable.
    pub(crate) fn last_inert(&self, path: &[&str]) -> Option<Setting> {
        self.find_last(path, true)
    }

    fn find_last(&self, path: &[&str], inert: bool) -> Option<Setting> {
        let found = |setting: &Setting| {
            if setting.inert != inert || !is_part(&setting.path, path) {
                return None;
            }
            let keys = &path[setting.path.len()..];
            let value = setting.value.at(keys, setting.merges)?;
            Some(Setting { value, ..setting.clone() })
        };
        self.settings.iter().rev().find_map(found)
    }
}

/// The settings in `statement`, behind these local variables, and whether it is one itself.
fn settings_in(statement: &str, locals: &BTreeSet<String>) -> (Vec<Setting>, bool) {
    let outer = setting(statement, locals);
    let is_whole = outer.is_some();
    let inner = || within(statement, |part| setting(part, locals));
    let mut found = outer.map_or_else(inner, |outer| vec![outer]);
    // A hash that gets another name may be changed under that.
    let passed = passed_on(statement).filter_map(|name| setting(&format!("{name} << 0"), locals));
    let text = first_line(statement);
    found.extend(passed.map(|passed| Setting { text: text.clone(), ..passed }));
    if !is_whole {
        for setting in &mut found {
            setting.text.clone_from(&text);
        }
    }
    (found, is_whole)
}

/// Whether `path` is `whole` or a part of it.
fn is_part(whole: &[String], path: &[&str]) -> bool {
    whole.len() <= path.len() && whole.iter().zip(path).all(|(a, b)| a == b)
}

/// The setting that a comment would be without its `#`.
fn commented(comment: &Comment) -> Option<Setting> {
    let (statements, _) = statements(&comment.text);
    let [statement] = statements.as_slice() else { return None };
    let setting = setting(&statement.text, &BTreeSet::new()).filter(|setting| !setting.inert)?;
    Some(Setting { line: comment.line, alone: true, ..setting })
}

/// The setting that `statement` is, behind these local variables.
fn setting(statement: &str, locals: &BTreeSet<String>) -> Option<Setting> {
    let receiver = receiver(statement);
    let inner = receiver.unwrap_or(statement);
    let (name, inner) = if let Some(rest) = inner.strip_prefix("Gitlab") {
        key(rest)?
    } else {
        let end = inner.find(|next: char| !next.is_ascii_alphanumeric() && next != '_');
        let (name, rest) = inner.split_at(end.unwrap_or(inner.len()));
        (name.to_owned(), rest)
    };
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return None;
    }
    let mut rest = inner.trim_start();
    let is_call = name.ends_with("external_url");
    let is_hidden = receiver.is_none() && locals.contains(&name);
    let mut path = vec![name];
    while let Some((key, after)) = key(rest) {
        path.push(key);
        rest = after.trim_start();
    }
    let text = first_line(statement);
    let setting = |written: &str, inert| {
        // `written` is a part of the statement.
        let begin = statement.rfind(written).unwrap_or_default();
        let (path, text, value) = (path.clone(), text.clone(), literal(written));
        let literal = begin..begin + written.len();
        let (merges, origin) = (false, Origin::File);
        // A name with an argument is a call, whatever local variables there are.
        let inert = inert || (is_hidden && !(is_call && path.len() == 1));
        Some(Setting { path, value, text, literal, line: 0, alone: false, inert, merges, origin })
    };
    if let Some(value) = rest.strip_prefix('=').filter(|value| !value.starts_with(['=', '~', '>'])) {
        // Ruby takes an assignment to a bare name as a local variable.
        return setting(value.trim(), path.len() == 1 && receiver.is_none());
    }
    if is_call && path.len() == 1 {
        // A bare name only reads the value.
        let argument = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest).trim();
        return if argument.is_empty() { None } else { setting(argument, false) };
    }
    if let Some(table) = [".merge!", ".update"].iter().find_map(|name| rest.strip_prefix(name)) {
        let value = value::of_arguments(table);
        return setting(rest, false).map(|found| Setting { value, merges: true, ..found });
    }
    let is_local = path.len() == 1 && receiver.is_none();
    if let Some(value) = ["||=", "&&=", "+="].iter().find_map(|sign| rest.strip_prefix(sign)) {
        let found = setting(value.trim(), is_local)?;
        return Some(Setting { value: Value::Computed, ..found });
    }
    // `<<`, `.store(…)` change the value.
    let changes = ["<<", ".store", ".push", "["];
    if changes.iter().any(|change| rest.starts_with(change)) { setting(rest, false) } else { None }
}

/// The key in brackets at the start of `text`, and the rest.
fn key(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('[')?.trim_start();
    let (key, rest) = if let Some(symbol) = inner.strip_prefix(':') {
        let end = symbol.find(|next: char| !next.is_ascii_alphanumeric() && next != '_')?;
        (symbol[..end].to_owned(), &symbol[end..])
    } else {
        let quote = inner.chars().next().filter(|next| ['\'', '"'].contains(next))?;
        let end = end_of_string(inner, quote)?;
        match literal(&inner[..end]) {
            Value::Text(key) => (key, &inner[end..]),
            _ => return None,
        }
    };
    Some((key, rest.trim_start().strip_prefix(']')?))
}

#[cfg(test)]
mod tests;
