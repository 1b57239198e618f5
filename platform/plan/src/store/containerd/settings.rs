//! The settings of containerd's CRI plugin, with which Kubernetes pulls images: which folder of registries it reads.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Facts, edit::toml_values, fact::Os};

/// containerd's own settings file.
pub(super) const FILE: &str = "/etc/containerd/config.toml";

/// The names of the plugin's settings, with the versions of a settings file in which they count. containerd 1 reads versions 1
/// and 2, containerd 2 also version 3. A table with another name is ignored without a message (measured with 1.6 and 2.1).
const PLUGINS: [(&str, std::ops::RangeInclusive<i64>); 3] =
    [("cri", 0..=1), ("io.containerd.grpc.v1.cri", 2..=2), ("io.containerd.cri.v1.images", 3..=i64::MAX)];

/// What the plugin reads for a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Registries {
    /// This folder.
    Folder(PathBuf),
    /// containerd 1 reads the first of these folders that has the registry; containerd 2 reads none of them.
    FirstOf(Vec<PathBuf>),
    /// No folder; the reason.
    None(String),
    /// The plugin is switched off.
    Off,
}

/// The settings of the CRI plugin.
pub(super) struct Settings {
    /// What it reads for a registry.
    pub registries: Registries,
    /// The version of the settings file.
    pub version: i64,
    /// Whether settings stand there that keep containerd from starting its plugin if a folder is set too.
    pub excludes_folder: bool,
}

impl Settings {
    /// Those of a machine on which nothing but Docker and nerdctl asks containerd for images.
    pub(super) const OFF: Self = Self { registries: Registries::Off, version: 2, excludes_folder: false };
}

/// The patterns of the files that the known settings files import.
pub(super) fn imports(facts: &Facts) -> Vec<PathBuf> {
    facts.text(FILE).and_then(|text| toml_values(text).ok()).map_or_else(Vec::new, |main| imported(&main))
}

fn imported(main: &Value) -> Vec<PathBuf> {
    let patterns = main["imports"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let folder = Path::new(FILE).parent().unwrap_or(Path::new("/"));
    patterns.map(|pattern| folder.join(pattern)).collect()
}

/// The settings; none if the file cannot be read.
pub(super) fn settings(facts: &Facts) -> Result<Settings, String> {
    let mut files = Vec::new();
    if facts.has(FILE) {
        let text = facts.text(FILE).ok_or_else(|| format!("{FILE} cannot be read"))?;
        let main = toml_values(text).map_err(|why| format!("{FILE} {why}"))?;
        let named = imported(&main);
        let is_imported = |path: &&PathBuf| named.iter().any(|pattern| matches(pattern, path));
        files.push((FILE.into(), main));
        for (path, text) in facts.texts.iter().filter(|(path, _)| is_imported(path)) {
            let values = toml_values(text.as_str()).map_err(|why| format!("{} {why}", path.display()))?;
            files.push((path.clone(), values));
        }
    }
    Ok(judge(&files))
}

/// The settings that the files give together: the last file with the plugin's table counts.
fn judge(files: &[(PathBuf, Value)]) -> Settings {
    let version = files.first().map_or(2, |(_, main)| main["version"].as_i64().unwrap_or(0));
    let of = |values: &Value| values["version"].as_i64().unwrap_or(version);
    let table = |counts: bool| {
        let tables = files.iter().rev().flat_map(|(path, values)| {
            PLUGINS.iter().map(move |(name, versions)| {
                (path, name, versions.contains(&of(values)) == counts, &values["plugins"][*name])
            })
        });
        tables
            .filter(|(.., is_wanted, table)| *is_wanted && table.is_object())
            .map(|(path, name, _, table)| (path, name, table))
            .collect::<Vec<_>>()
    };
    let is_off = |(_, values): &(PathBuf, Value)| {
        let names = values["disabled_plugins"].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.into_iter().any(|name| PLUGINS.iter().any(|(plugin, _)| *plugin == name))
    };
    let registry = table(true).first().map(|(.., table)| &table["registry"]).cloned().unwrap_or_default();
    let folders: Vec<PathBuf> = registry["config_path"]
        .as_str()
        .unwrap_or_default()
        .split(':')
        .filter(|part| !part.is_empty())
        .map(PathBuf::from)
        .collect();
    let ignored = table(false)
        .into_iter()
        .find(|(.., table)| table["registry"]["config_path"].as_str().is_some_and(|path| !path.is_empty()));
    let registries = match (&folders[..], ignored) {
        _ if files.iter().any(is_off) => Registries::Off,
        (folders, _) if !folders.iter().all(|folder| folder.to_str().is_some_and(|path| Os::Linux.is_absolute(path))) => {
            Registries::None("containerd reads no folder for registries: config_path is not an absolute path".into())
        }
        ([folder], _) => Registries::Folder(folder.clone()),
        ([_, _, ..], _) if version > 2 => Registries::None(
            "containerd reads no folder for registries: it takes the folders that config_path names, with a colon between them, for one".into(),
        ),
        ([_, _, ..], _) => Registries::FirstOf(folders),
        ([], Some((path, name, _))) => Registries::None(format!(
            "containerd reads no folder for registries: it ignores config_path below {name:?} in {}, a file of version {version}",
            path.display()
        )),
        ([], None) => Registries::None("containerd reads no folder for registries: config_path is not set".into()),
    };
    let is_filled = |key: &str| registry[key].as_object().is_some_and(|table| !table.is_empty());
    Settings { registries, version, excludes_folder: is_filled("configs") || is_filled("mirrors") }
}

/// Whether `path` matches `pattern`, in whose last part `*` stands for any text.
pub(super) fn matches(pattern: &Path, path: &Path) -> bool {
    let (Some(name), Some(wanted)) = (path.file_name(), pattern.file_name()) else { return false };
    let (name, wanted) = (name.to_string_lossy(), wanted.to_string_lossy());
    let is_named = match wanted.split_once('*') {
        Some((start, end)) => name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
        None => name == wanted,
    };
    is_named && path.parent() == pattern.parent()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: &str = "/etc/containerd/certs.d";

    fn judged(text: &str) -> Registries {
        judge(&[(FILE.into(), toml_values(text).expect("TOML"))]).registries
    }

    fn table(version: &str, plugin: &str, path: &str) -> String {
        format!("{version}\n[plugins.\"{plugin}\".registry]\nconfig_path = \"{path}\"\n")
    }

    #[test]
    fn a_folder_is_read_where_name_and_version_fit() {
        let (old, new, first) = ("io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "cri");
        for (version, plugin, is_read) in [
            ("", first, true),
            ("version = 1", first, true),
            ("version = 2", first, false),
            ("", old, false),
            ("version = 2", old, true),
            ("version = 3", old, false),
            ("version = 2", new, false),
            ("version = 3", new, true),
            ("version = 4", new, true),
        ] {
            let found = judged(&table(version, plugin, FOLDER));
            assert_eq!(found == Registries::Folder(FOLDER.into()), is_read, "{version} {plugin}: {found:?}");
            if let Registries::None(why) = found {
                assert!(why.contains(plugin), "{why}");
            }
        }
    }

    #[test]
    fn several_folders_are_one_name_for_containerd_2() {
        let both = format!("{FOLDER}:/etc/docker/certs.d");
        let first = judged(&table("version = 2", "io.containerd.grpc.v1.cri", &both));
        assert_eq!(first, Registries::FirstOf(vec![FOLDER.into(), "/etc/docker/certs.d".into()]));
        let second = judged(&table("version = 3", "io.containerd.cri.v1.images", &both));
        assert!(matches!(&second, Registries::None(why) if why.contains("colon")), "{second:?}");
    }

    #[test]
    fn a_plugin_may_be_off_or_without_a_folder() {
        assert_eq!(judged("version = 2\ndisabled_plugins = [\"cri\"]\n"), Registries::Off);
        let unset = judged(&table("version = 2", "io.containerd.grpc.v1.cri", ""));
        assert!(matches!(&unset, Registries::None(why) if why.contains("not set")), "{unset:?}");
        let text = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry.configs.\"h:4567\".tls]\nca_file = \"/x\"\n";
        assert!(judge(&[(FILE.into(), toml_values(text).expect("TOML"))]).excludes_folder);
        assert!(matches!(judge(&[]).registries, Registries::None(_)));
        for path in ["certs.d", "/etc/../x", "/a:b"] {
            let found = judged(&table("version = 2", "io.containerd.grpc.v1.cri", path));
            assert!(matches!(&found, Registries::None(why) if why.contains("absolute")), "{found:?}");
        }
    }

    #[test]
    fn the_last_imported_file_counts() {
        let file = |text: &str| toml_values(text).expect("TOML");
        let files = [
            (
                FILE.into(),
                file(&table("version = 2\nimports = [\"conf.d/*.toml\"]", "io.containerd.grpc.v1.cri", "/a")),
            ),
            (
                "/etc/containerd/conf.d/x.toml".into(),
                file(&table("version = 2", "io.containerd.grpc.v1.cri", "/b")),
            ),
        ];
        assert_eq!(judge(&files).registries, Registries::Folder("/b".into()));
        let pattern = imported(&files[0].1);
        assert_eq!(pattern, [PathBuf::from("/etc/containerd/conf.d/*.toml")]);
        assert!(matches(&pattern[0], Path::new("/etc/containerd/conf.d/x.toml")));
        assert!(!matches(&pattern[0], Path::new("/etc/containerd/x.toml")));
    }
}
