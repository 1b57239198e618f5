//! The environment that systemd gives a unit, read from its files (systemd.unit(5), systemd.exec(5)).

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use labtrust_machine::World;

use super::{
    assignment::{Hash, environment_file, lines, words},
    source::{is_proxy_variable, source, text},
    specifier::resolved,
};
use crate::doctor::evidence::{Form, Setting, Source};

/// The folders of the system's units; an earlier one overrides a later one.
pub(super) const MACHINE: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// systemd's settings for all units.
const MANAGER: &str = "/etc/systemd/system.conf";

/// The most drop-ins of one folder that are read.
const MOST: usize = 200;

/// The sources of the environment of `unit` in `folders`; a later source overrides an earlier one.
pub(super) fn environment(folders: &[impl AsRef<Path>], unit: &str) -> Vec<Source> {
    let mut unset = Vec::new();
    let mut sources = Vec::new();
    let manager = std::iter::once(PathBuf::from(MANAGER)).chain(drop_ins(&["/etc/systemd"], "system.conf"));
    sources.extend(manager.filter_map(|path| {
        let read = text(&path).map(|text| {
            let mut found = Unit::default();
            found.read(&text.unwrap_or_default(), "[Manager]", "DefaultEnvironment");
            found.settings
        });
        (read != Ok(Vec::new())).then(|| source(&path, Form::Manager, true, read))
    }));
    let own = folders.iter().map(|folder| folder.as_ref().join(unit)).find(|path| path.exists());
    let mut files: Vec<String> = Vec::new();
    for path in own.into_iter().chain(drop_ins(folders, unit)) {
        let mut found = Unit::default();
        let read = text(&path).map(|text| found.read(&text.unwrap_or_default(), "[Service]", "Environment"));
        if found.is_reset {
            let is_units = |source: &Source| source.form == Form::Unit;
            sources.iter_mut().filter(|source| is_units(source)).for_each(|source| source.settings.clear());
        }
        if found.are_files_reset {
            files.clear();
        }
        files.append(&mut found.files);
        unset.append(&mut found.unset);
        sources.push(source(&path, Form::Unit, true, read.map(|()| found.settings)));
    }
    sources.extend(files.iter().filter_map(|file| environment_source(file)));
    for source in &mut sources {
        source.settings.retain(|setting| !unset.contains(&setting.name));
    }
    sources
}

/// The file in an `EnvironmentFile=`. A dash before it means that the file is optional.
fn environment_source(file: &str) -> Option<Source> {
    let path = Path::new(file.strip_prefix('-').unwrap_or(file));
    if !path.is_absolute() {
        return None;
    }
    if file.contains(['*', '?', '[']) {
        return Some(source(path, Form::EnvironmentFile, true, Err("it names several files".into())));
    }
    let read = text(path).map(|text| environment_file(&text.unwrap_or_default()));
    Some(source(path, Form::EnvironmentFile, true, read))
}

/// The drop-ins of `unit` in the order of their names. Of several with one name, only that in the first folder
/// counts.
fn drop_ins(folders: &[impl AsRef<Path>], unit: &str) -> impl Iterator<Item = PathBuf> {
    let mut found = BTreeMap::new();
    for folder in folders {
        let paths = World::here().list(&folder.as_ref().join(format!("{unit}.d"))).unwrap_or_default();
        for path in paths
            .into_iter()
            .take(MOST)
            .filter(|path| path.extension().is_some_and(|ending| ending == "conf"))
        {
            found.entry(path.file_name().map(ToOwned::to_owned)).or_insert(path);
        }
    }
    found.into_values()
}

/// The settings of one file.
#[derive(Default)]
struct Unit {
    settings: Vec<Setting>,
    /// Whether it resets the settings of earlier files.
    is_reset: bool,
    files: Vec<String>,
    are_files_reset: bool,
    unset: Vec<String>,
}

impl Unit {
    /// Reads `text`, in which `key` below the heading `section` sets variables.
    fn read(&mut self, text: &str, section: &str, key: &str) {
        let mut is_ours = false;
        for (number, line) in lines(text, true) {
            if line.starts_with('[') {
                is_ours = line == section;
                continue;
            }
            let Some((name, value)) = line.split_once('=').filter(|_| is_ours) else { continue };
            match (name.trim(), value.trim()) {
                (name, "") if name == key => {
                    self.settings.clear();
                    self.is_reset = true;
                }
                (name, value) if name == key => self.settings.extend(assigned(value, number)),
                ("EnvironmentFile", "") => {
                    self.files.clear();
                    self.are_files_reset = true;
                }
                ("EnvironmentFile", file) => self.files.push(resolved(file).0),
                ("UnsetEnvironment", names) => self.unset.extend(words(names, Hash::Letter)),
                _ => {}
            }
        }
    }
}

/// The settings in a unit's `text`, for the fuzz target.
#[cfg(fuzzing)]
pub(super) fn settings(text: &str) -> Vec<Setting> {
    let mut found = Unit::default();
    found.read(text, "[Service]", "Environment");
    found.settings
}

fn assigned(value: &str, line: usize) -> impl Iterator<Item = Setting> {
    words(value, Hash::Letter).into_iter().filter_map(move |word| {
        let (name, value) = word.split_once('=')?;
        let (value, flaw) = resolved(value);
        let setting = is_proxy_variable(name).then(|| Setting::new(name, &value, line))?;
        Some(Setting { flaw: flaw.or(setting.flaw), ..setting })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            let access = labtrust_machine::world::Access { mode: 0o644, owner: None };
            let contents = labtrust_plan::Contents::Public(text.as_bytes().to_vec());
            World::here().make_folders(path.parent().expect("a folder"), 0o755).expect("folders");
            World::here().put(&path, &contents, access).expect("a file");
        }
        folder
    }

    fn found(folder: &tempfile::TempDir) -> Vec<(String, String, String, usize)> {
        let at = |name: &str| folder.path().join(name);
        let sources = environment(&[at("etc"), at("lib")], "docker.service");
        let own = sources.into_iter().filter(|source| source.path.starts_with(folder.path()));
        own.flat_map(|source| {
            let name = source.path.file_name().expect("a name").to_string_lossy().into_owned();
            source.settings.into_iter().map(move |set| (name.clone(), set.name, set.value.into(), set.line))
        })
        .collect()
    }

    fn row(file: &str, name: &str, value: &str, line: usize) -> (String, String, String, usize) {
        (file.into(), name.into(), value.into(), line)
    }

    #[test]
    fn a_number_sign_begins_no_comment_within_a_line() {
        let folder = laid(&[(
            "lib/docker.service",
            "[Service]\nEnvironment=A=b # NO_PROXY=c HTTPS_PROXY=http://u:a#b@h HTTP_PROXY=http://u:p%40@h\n",
        )]);
        let found = found(&folder);
        let expected =
            [("NO_PROXY", "c"), ("HTTPS_PROXY", "http://xxxxx@h"), ("HTTP_PROXY", "http://xxxxx@h")];
        assert_eq!(found, expected.map(|(name, value)| row("docker.service", name, value, 2)));
    }

    #[test]
    fn drop_ins_count_in_the_order_of_their_names_and_the_stronger_folder_hides_the_weaker() {
        let folder = laid(&[
            ("lib/docker.service", "[Unit]\nEnvironment=NO_PROXY=no\n[Service]\nEnvironment=NO_PROXY=a\n"),
            (
                "lib/docker.service.d/b.conf",
                "[Service]\nEnvironment=\"HTTPS_PROXY=http://u:p%%40@h\" 'no_proxy=b, c'\n",
            ),
            ("lib/docker.service.d/a.conf", "[Service]\nEnvironment=NO_PROXY=hidden\n"),
            ("etc/docker.service.d/a.conf", "[Service]\n# x\nEnvironment=A=b \\\n  NO_PROXY=shown\n"),
            ("etc/docker.service.d/c.txt", "[Service]\nEnvironment=NO_PROXY=no\n"),
        ]);
        assert_eq!(
            found(&folder),
            [
                row("docker.service", "NO_PROXY", "a", 4),
                row("a.conf", "NO_PROXY", "shown", 3),
                row("b.conf", "HTTPS_PROXY", "http://xxxxx@h", 2),
                row("b.conf", "no_proxy", "b, c", 2),
            ]
        );
    }

    #[test]
    fn an_empty_assignment_takes_back_and_files_come_last() {
        let folder = laid(&[("file", "NO_PROXY=f\nexport HTTPS_PROXY=g\nHTTP_PROXY=gone\n")]);
        let file = folder.path().join("file").display().to_string();
        let text = format!(
            "[Service]\nEnvironmentFile=/none\nEnvironmentFile=\nEnvironmentFile=-{file}\nEnvironment=NO_PROXY=a\n"
        );
        let more = laid(&[
            ("lib/docker.service", &text),
            (
                "lib/docker.service.d/b.conf",
                "[Service]\nEnvironment=\nEnvironment=https_proxy=x\nUnsetEnvironment=HTTP_PROXY\n",
            ),
        ]);
        let at = |name: &str| more.path().join(name);
        let sources = environment(&[at("etc"), at("lib")], "docker.service");
        let all: Vec<_> = sources.iter().flat_map(|source| &source.settings).map(|set| &*set.value).collect();
        assert_eq!(all, ["x", "f"]);
        assert!(sources.iter().all(|source| source.fault.is_none()), "{sources:?}");
    }
}
