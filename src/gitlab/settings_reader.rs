//! Reads the settings in effect of an installation: its gitlab.rb, its container's environment, and the files that both
//! make Ruby read, through the container's mounts. All of labtrust asks this reader.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::World;
use labtrust_plan::text;

use super::{
    config::Config,
    container::{self, Container},
    inside,
    installation::{GitlabRb, Installation, Kind},
    ruby::Target,
    sources::{Fetched, MOST, SourceFile, TOO_MANY},
    typed_command::TypedCommand,
};
use crate::hint::{fail, hint};

/// The place of a file that GitLab reads.
enum Place<'i> {
    /// On this machine.
    Here(PathBuf),
    /// Only inside the container.
    Inside(&'i Container),
}

impl Installation {
    /// Its settings in effect.
    pub(crate) fn settings(&self, world: &World) -> Result<Config> {
        if matches!(self.kind, Kind::Out) {
            return Ok(Config::default());
        }
        let text = self.gitlab_rb_bytes(world)?.unwrap_or_default();
        let fetch = |target: &Target| self.followed(world, target);
        Ok(Config::gather(self.environment(), &String::from_utf8_lossy(&text), &fetch))
    }

    /// The bytes of its gitlab.rb, as GitLab reads it; none if it does not exist.
    pub(super) fn gitlab_rb_bytes(&self, world: &World) -> Result<Option<Vec<u8>>> {
        match (&self.kind, &self.gitlab_rb) {
            (Kind::Container(container), GitlabRb::Inside) => {
                inside::read(world, container, container::GITLAB_RB).map_err(anyhow::Error::msg)
            }
            _ => Ok(world.read(&self.gitlab_rb())?.map(|bytes| bytes.to_vec())),
        }
    }

    /// Refuses a gitlab.rb that makes Ruby read a file which labtrust cannot follow: it may set anything.
    pub(crate) fn refuse_unread_files(&self, config: &Config, typed: &TypedCommand) -> Result<()> {
        let mut unread: Vec<_> = config.unread_files().collect();
        if unread.is_empty() || !self.is_gitlab() {
            return Ok(());
        }
        unread.extend(config.ruby_stopped());
        // The files inside a container, and its Ruby, are there only while it runs.
        if let (Kind::Container(container), Some(start)) = (&self.kind, self.start())
            && !container.running
        {
            let hint = hint!("start GitLab, and try again while it runs: {}", start);
            return Err(fail(unread.join("; "), hint));
        }
        Err(fail(
            unread.join("; "),
            hint!(
                "write there the path of a file that exists and that this machine can read, and try again; or install only \
                 the certificate and key: {}",
                typed.out()
            ),
        ))
    }

    /// The files of `target`.
    pub(super) fn followed(&self, world: &World, target: &Target) -> Fetched {
        let files = match target {
            Target::Files { paths, is_optional } => paths
                .iter()
                .filter_map(|path| match self.source_file(world, path) {
                    Ok(None) if *is_optional => None,
                    Ok(None) => Some(Err(format!("{} does not exist", text::in_line(path)))),
                    Ok(Some(file)) => Some(Ok(file)),
                    Err(why) => Some(Err(why)),
                })
                .collect(),
            Target::Glob(pattern) => self.matching(world, pattern),
            Target::Environment | Target::Computed | Target::Sent => Ok(Vec::new()),
        };
        match files {
            Ok(files) => Fetched::Files(files),
            Err(why) => Fetched::Not(why),
        }
    }

    /// The file at GitLab's path `inside`; none if it does not exist.
    fn source_file(&self, world: &World, inside: &str) -> Result<Option<SourceFile>, String> {
        let shown = text::in_line(inside);
        if !inside.starts_with('/') {
            return Err(format!("{shown} is a relative path"));
        }
        let inside = lexical(inside);
        let (shown, bytes) = match self.place(&inside, &shown)? {
            Place::Inside(container) => (PathBuf::from(&inside), inside::read(world, container, &inside)?),
            Place::Here(path) => {
                let bytes = world.read(&path).map_err(|error| error.to_string())?;
                (path, bytes.map(|bytes| bytes.to_vec()))
            }
        };
        Ok(bytes.map(|bytes| SourceFile {
            inside,
            shown: shown.into(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }))
    }

    /// The place of GitLab's path `inside`, which a message shows as `shown`.
    fn place(&self, inside: &str, shown: &str) -> Result<Place<'_>, String> {
        match (self.outside(Path::new(inside)), &self.kind) {
            (path, Kind::Container(container)) if path.is_none() || container.hides_files() => {
                Ok(Place::Inside(container))
            }
            (Some(path), _) => Ok(Place::Here(path)),
            (None, _) => Err(format!("{shown} cannot be reached from this machine")),
        }
    }

    /// The files at GitLab's paths that match `pattern`, whose last part may hold `*` and `?`.
    fn matching(&self, world: &World, pattern: &str) -> Result<Vec<SourceFile>, String> {
        let (folder, last) = pattern.rsplit_once('/').unwrap_or_default();
        if folder.is_empty()
            || folder.contains(['*', '?', '[', '{'])
            || last.contains(['[', '{', '\\'])
            || last.matches('*').count() > 3
        {
            return Err(format!("labtrust does not read the pattern {}", text::in_line(pattern)));
        }
        let folder = &lexical(folder);
        let mut names: Vec<String> = match self.place(folder, &text::in_line(folder))? {
            Place::Inside(container) => inside::list(world, container, folder)?,
            Place::Here(path) => {
                let listed = world.list(&path).map_err(|error| error.to_string())?;
                listed.iter().filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect()
            }
        };
        names.retain(|name| !name.starts_with('.') && is_match(last, name));
        if names.len() > MOST {
            return Err(TOO_MANY.into());
        }
        names.sort();
        let files = names.iter().map(|name| self.source_file(world, &format!("{folder}/{name}")));
        files.filter_map(Result::transpose).collect()
    }
}

/// The path without `.` and `..`: those inside a container do not lead out of its mounts.
fn lexical(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Whether `name` matches the shell's `pattern`.
fn is_match(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = rest.as_str().trim_start_matches('*');
            name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| is_match(rest, &name[at..]))
        }
        Some(first) => {
            let mut others = name.chars();
            others.next().is_some_and(|next| first == '?' || first == next)
                && is_match(rest.as_str(), others.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use labtrust_plan::Command;

    use super::*;
    use crate::{
        gitlab::container::{Container, tests::inspected},
        hint::hint_of,
    };

    #[test]
    fn files_inside_a_container_that_does_not_run_are_read_once_it_is_started() {
        let docker = Command::new("/usr/bin/docker", [""; 0]);
        for (is_running, expected) in [(false, "docker start web"), (true, "--out DIR --reload CMD")] {
            let json = inspected("web", "gitlab/gitlab-ce", &[], is_running);
            let container = Container::read(&json, &docker, None).expect("a container");
            let mut installation = Installation::prepared(Path::new("/srv/config"));
            installation.kind = Kind::Container(Box::new(container));
            let config = Config::read("", "from_file '/opt/site.rb'");
            let typed = TypedCommand { host: "git".into(), ..TypedCommand::default() };
            let error = installation.refuse_unread_files(&config, &typed).expect_err("a refusal");
            let hint = hint_of(&error).expect("a hint");
            assert!(hint.as_str().ends_with(expected), "{hint:?}");
        }
    }

    #[test]
    fn a_path_stays_below_its_root() {
        for (path, expected) in [
            ("/etc/gitlab/./d/../site.rb", "/etc/gitlab/site.rb"),
            ("/etc/gitlab/../../../etc/shadow", "/etc/shadow"),
            ("//x//", "/x"),
        ] {
            assert_eq!(lexical(path), expected);
        }
    }

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, name, expected) in [
            ("*.rb", "10-urls.rb", true),
            ("*.rb", "urls.rb.bak", false),
            ("??-*.rb", "10-urls.rb", true),
            ("*", "", true),
            ("", "x", false),
            ("a*b*c", "a-b-b-c", true),
        ] {
            assert_eq!(is_match(pattern, name), expected, "{pattern} {name}");
        }
    }
}
