//! A folder that stands for `/etc/gitlab` in tests, and Ruby, which evaluates a gitlab.rb there as Omnibus does.

#![allow(clippy::disallowed_methods, reason = "tests set the stage, and run Ruby")]

use std::{ffi::OsString, fs, path::PathBuf, process::Command};

use serde_json::Value as Json;

use super::{evaluate, role, ruby::Evaluation};

const INSIDE: &str = "/etc/gitlab";

/// The folder of the cases.
pub(crate) fn folder() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gitlab_rb").into()
}

/// Not set, or created by reading it.
pub(crate) fn is_unset(json: &Json) -> bool {
    json.is_null() || json.as_object().is_some_and(serde_json::Map::is_empty)
}

/// The folder, with the files that the cases make Ruby read.
pub(crate) struct Stage(tempfile::TempDir);

impl Stage {
    pub(crate) fn new() -> Self {
        let stage = Self(tempfile::tempdir().expect("a folder"));
        let mut folders = vec![(folder().join("etc"), stage.0.path().to_owned())];
        while let Some((from, to)) = folders.pop() {
            fs::create_dir_all(&to).expect("a folder");
            for entry in fs::read_dir(from).expect("the files of the cases") {
                let path = entry.expect("a file").path();
                let to = to.join(path.file_name().expect("a name"));
                if path.is_dir() {
                    folders.push((path, to));
                } else {
                    fs::write(to, stage.named(&fs::read(path).expect("a file"))).expect("a file");
                }
            }
        }
        stage
    }

    /// The settings that Omnibus's stand-in computes from the gitlab.rb `text`.
    pub(crate) fn settings(&self, text: &[u8]) -> Json {
        self.settings_or_error(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same, or why GitLab would stop.
    pub(crate) fn settings_or_error(&self, text: &[u8]) -> Result<Json, String> {
        let path = self.write(text);
        let json =
            ruby(&[folder().join("omnibus.rb").into(), path.into()]).map_err(|error| self.inside(&error))?;
        Ok(serde_json::from_str(&self.inside(&json)).expect("JSON"))
    }

    /// What GitLab's own Ruby would make of the gitlab.rb `text`.
    pub(crate) fn evaluation(&self, text: &[u8]) -> Result<Evaluation, String> {
        self.evaluation_with(text, &[])
    }

    /// The same with more `options` of the script.
    pub(crate) fn evaluation_with(&self, text: &[u8], options: &[&str]) -> Result<Evaluation, String> {
        self.write(text);
        let script = String::from_utf8(self.named(evaluate::SCRIPT.as_bytes()));
        let paths = serde_json::to_string(&role::setting_paths()).expect("JSON");
        let words = ["-e".into(), script.expect("a script").into(), "--".into(), paths.into()];
        let json = ruby(&words.into_iter().chain(options.iter().map(Into::into)).collect::<Vec<_>>());
        let json = json.unwrap_or_else(|error| panic!("{error}"));
        Evaluation::read(self.inside(&json).as_bytes())
    }

    fn write(&self, text: &[u8]) -> PathBuf {
        let path = self.0.path().join("gitlab.rb");
        fs::write(&path, self.named(text)).expect("a file");
        path
    }

    /// `bytes` with the stage's name in place of `/etc/gitlab`.
    fn named(&self, bytes: &[u8]) -> Vec<u8> {
        let (from, to) = (format!("{INSIDE}/"), format!("{}/", self.0.path().display()));
        let (mut text, mut rest) = (Vec::new(), bytes);
        while let Some(at) = rest.windows(from.len()).position(|part| part == from.as_bytes()) {
            text.extend([&rest[..at], to.as_bytes()].concat());
            rest = &rest[at + from.len()..];
        }
        [&text[..], rest].concat()
    }

    fn inside(&self, text: &str) -> String {
        text.replace(&self.0.path().display().to_string(), INSIDE)
    }
}

fn ruby(arguments: &[OsString]) -> Result<String, String> {
    let output = Command::new("ruby")
        .arg("--disable=gems")
        .args(arguments)
        .output()
        .expect("Ruby: run scripts/install-lab");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}
