//! The settings in effect: gitlab.rb, a container's environment, and the files that both make Ruby read, in the order in
//! which GitLab evaluates them. Each setting has its file and its line.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use super::ruby::{ENVIRONMENT, Evaluation, Include, Origin, Script, Target};

/// The most files that are read for one gitlab.rb: GitLab's own are a handful.
pub(super) const MOST: usize = 200;

/// Why more files than that are not read.
pub(super) const TOO_MANY: &str = "there are too many of them";

/// The texts that GitLab evaluates for its settings, without gitlab.rb itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sources {
    environment: String,
    files: BTreeMap<Target, Fetched>,
    evaluation: Option<Evaluation>,
}

/// The files that a statement reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// These, in order.
    Files(Vec<SourceFile>),
    /// labtrust cannot read them, for this reason.
    Not(String),
}

/// One file that gitlab.rb makes Ruby read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceFile {
    /// Its path inside GitLab.
    pub inside: String,
    /// Its path for messages: the one on this machine, if it has one.
    pub shown: Arc<Path>,
    /// Its text.
    pub text: String,
}

impl Sources {
    /// The sources of a GitLab with this `environment` and this gitlab.rb, and its settings. `fetch` reads files.
    pub(crate) fn gather(
        environment: &str,
        gitlab_rb: &str,
        fetch: &dyn Fn(&Target) -> Fetched,
    ) -> (Self, Script) {
        let mut files = BTreeMap::new();
        let mut look = |target: &Target| files.entry(target.clone()).or_insert_with(|| fetch(target)).clone();
        let script = splice_all(environment, gitlab_rb, &mut look);
        (Self { environment: environment.into(), files, evaluation: None }, script)
    }

    /// The settings with `gitlab_rb` in place of the present one.
    pub(crate) fn settings(&self, gitlab_rb: &str) -> Script {
        let unread = || Fetched::Not("labtrust has not read it".into());
        let mut look = |target: &Target| self.files.get(target).cloned().unwrap_or_else(unread);
        let script = splice_all(&self.environment, gitlab_rb, &mut look);
        Script { evaluation: self.evaluation.clone(), ..script }
    }

    /// The same sources, with what GitLab's own Ruby makes of them.
    pub(crate) fn evaluated(&self, evaluation: Evaluation) -> Self {
        Self { evaluation: Some(evaluation), ..self.clone() }
    }
}

fn splice_all(environment: &str, gitlab_rb: &str, look: &mut dyn FnMut(&Target) -> Fetched) -> Script {
    let mut splicer = Splicer { environment, look, trail: Vec::new(), count: 0 };
    let mut script = splicer.spliced(Script::of_environment(environment));
    let Script { settings, comments, includes, locals, .. } = splicer.spliced(Script::read(gitlab_rb));
    script.settings.extend(settings);
    script.includes.extend(includes);
    // labtrust edits only gitlab.rb itself.
    Script { comments, locals, ..script }
}

/// Puts the settings of other files where a statement reads them.
struct Splicer<'a> {
    environment: &'a str,
    look: &'a mut dyn FnMut(&Target) -> Fetched,
    /// The files that are being read, each by the one before it.
    trail: Vec<String>,
    count: usize,
}

impl Splicer<'_> {
    fn spliced(&mut self, script: Script) -> Script {
        let mut whole = Script { comments: script.comments, locals: script.locals, ..Script::default() };
        let mut rest = script.settings.into_iter();
        let mut taken = 0;
        for include in script.includes {
            whole.settings.extend(rest.by_ref().take(include.after - taken));
            taken = include.after;
            self.follow(include, &mut whole);
        }
        whole.settings.extend(rest);
        whole
    }

    fn follow(&mut self, include: Include, whole: &mut Script) {
        let files = match &include.target {
            Target::Computed => Err("only Ruby can tell which file".into()),
            Target::Sent => Err("only Ruby can tell which setting".into()),
            Target::Environment => Ok(None),
            target => match (self.look)(target) {
                Fetched::Files(files) => Ok(Some(files)),
                Fetched::Not(why) => Err(why),
            },
        };
        let result = files.and_then(|files| match files {
            None => {
                let origin = Origin::Other(Path::new(ENVIRONMENT).into());
                self.read(ENVIRONMENT, &origin, self.environment, &include, whole)
            }
            Some(files) => files.iter().try_for_each(|file| {
                self.read(&file.inside, &Origin::Other(file.shown.clone()), &file.text, &include, whole)
            }),
        });
        if let Err(why) = result {
            whole.includes.push(Include { why: Some(why), ..include });
        }
    }

    fn read(
        &mut self,
        name: &str,
        origin: &Origin,
        text: &str,
        include: &Include,
        whole: &mut Script,
    ) -> Result<(), String> {
        self.count += 1;
        if self.trail.iter().any(|known| known == name) {
            return Err(format!("{name} reads itself"));
        }
        if self.count > MOST {
            return Err(TOO_MANY.into());
        }
        self.trail.push(name.to_owned());
        let path = if name.starts_with('/') { name } else { "" };
        let script = self.spliced(Script::read_from(text, origin, path));
        self.trail.pop();
        whole.settings.extend(script.settings.into_iter().map(|mut setting| {
            if !include.is_certain {
                setting.value = setting.value.in_doubt(setting.merges);
            }
            setting
        }));
        let outermost = &include.outermost;
        whole.includes.extend(
            script.includes.into_iter().map(|inner| Include { outermost: outermost.clone(), ..inner }),
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests;
