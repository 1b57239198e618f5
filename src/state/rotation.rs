//! The roles of the CAs in a state folder. Several files cannot be replaced in one instant, so each CA has a folder of
//! its own, and one small file names the CA in use, the next one and the old one.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use labtrust_plan::{Actor, Change, Contents, Fingerprint, Step};
use serde::{Deserialize, Serialize};

use super::{Damage, Files, SetupReceipt, Way, parse_json};

/// The folder of the first CA, and the prefix of the others.
const FIRST: &str = "authority";
const FILE: &str = "rotation.json";
const SCHEMA: u32 = 1;

/// The folders of the CAs in a state folder, by their names there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rotation {
    schema: u32,
    /// The CA in use.
    pub current: String,
    /// The next CA.
    #[serde(default)]
    pub next: Option<String>,
    /// The old CA.
    #[serde(default)]
    pub previous: Option<String>,
}

impl Default for Rotation {
    /// The roles before the first rotation.
    fn default() -> Self {
        Self { schema: SCHEMA, current: FIRST.into(), next: None, previous: None }
    }
}

impl Rotation {
    /// The roles in rotation.json. Another run may have changed it since `receipt` was read.
    pub(crate) fn read_once(files: &dyn Files, receipt: &SetupReceipt) -> Result<Self, Damage> {
        let damage = |error: anyhow::Error| Damage::new(&files.full(Path::new(FILE)), &error, Way::Setup);
        let Some(bytes) = files.read(Path::new(FILE)).map_err(damage)? else {
            // The setup's receipt shows whether the file should exist.
            let is_lost = receipt.has(files, Path::new(FILE));
            let missing = || Damage::missing(&files.full(Path::new(FILE)), Way::Setup);
            return if is_lost { Err(missing()) } else { Ok(Self::default()) };
        };
        Self::parse(&bytes).map_err(damage)
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        let corrupt = "it does not say which CA is in use";
        let rotation: Self = parse_json(bytes).context(corrupt)?;
        if rotation.schema != SCHEMA {
            return Err(anyhow!("it has schema {}: a newer labtrust wrote it", rotation.schema));
        }
        if rotation.folders().all(|name| is_folder(name)) { Ok(rotation) } else { Err(anyhow!(corrupt)) }
    }

    /// The folder name of the CA with this root.
    pub(crate) fn folder_for(root: Fingerprint) -> String {
        format!("{FIRST}-{}", root.short())
    }

    /// The beginning of the root's fingerprint in the folder name `name`; none for the first CA.
    pub(crate) fn root_of(name: &str) -> Option<String> {
        name.strip_prefix(FIRST)?.strip_prefix('-').map(str::to_owned)
    }

    /// With this next CA, or with none.
    #[must_use]
    pub(crate) fn with_next(&self, next: Option<String>) -> Self {
        Self { next, ..self.clone() }
    }

    /// With the next CA in use, and the one in use as the old CA.
    #[must_use]
    pub(crate) fn switched(&self) -> Self {
        match self.next.clone() {
            Some(next) => Self { current: next, next: None, previous: Some(self.current.clone()), ..*self },
            None => self.clone(),
        }
    }

    /// With the old CA in use again, and the other one as the next CA.
    #[must_use]
    pub(crate) fn switched_back(&self) -> Self {
        match self.previous.clone() {
            Some(old) => Self { current: old, next: Some(self.current.clone()), previous: None, ..*self },
            None => self.clone(),
        }
    }

    /// Without the old CA.
    #[must_use]
    pub(crate) fn retired(&self) -> Self {
        Self { previous: None, ..self.clone() }
    }

    /// The folder names of all CAs.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.current).chain(&self.next).chain(&self.previous)
    }

    /// The change that writes rotation.json in the state folder `state`. One rename changes all roles at once.
    pub(crate) fn change(&self, state: &Path) -> Result<Change> {
        let path = state.join(FILE);
        let contents = Contents::Public(serde_json::to_vec_pretty(self)?);
        let steps = vec![Step::Put { path: path.clone(), contents, mode: 0o644 }];
        Ok(Change::of_files(FIRST, &path, Actor::Caller, steps))
    }

    /// The folders among `subjects` that belong to removed CAs in the state folder `state`.
    pub(crate) fn orphans<'a>(
        &self,
        state: &'a Path,
        subjects: impl Iterator<Item = &'a str> + 'a,
    ) -> impl Iterator<Item = PathBuf> + 'a {
        let used: Vec<PathBuf> = self.folders().map(|name| state.join(name)).collect();
        let is_folder = move |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            path.parent() == Some(state) && name.is_some_and(is_folder) && !used.contains(path)
        };
        subjects.map(PathBuf::from).filter(is_folder)
    }
}

/// Whether `name` can be the folder of a CA.
fn is_folder(name: &str) -> bool {
    let is_hex = |tag: &str| tag.len() == 16 && tag.chars().all(|c| c.is_ascii_hexdigit());
    let tag = name.strip_prefix(FIRST);
    tag.is_some_and(|tag| tag.is_empty() || tag.strip_prefix('-').is_some_and(is_hex))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Authorities, OnDisk};

    #[test]
    #[allow(clippy::disallowed_methods, reason = "what it reads is laid by hand")]
    fn what_is_written_down_is_read_and_leads_nowhere_else() {
        let state = tempfile::tempdir().expect("a folder");
        let owner = std::os::unix::fs::MetadataExt::uid(&state.path().metadata().expect("a folder"));
        let files = OnDisk { folder: state.path().to_owned(), owner };
        let read = || Authorities::read(&files).rotation;
        assert_eq!(read().expect("nothing written"), Rotation::default());
        let next = Rotation::folder_for(Fingerprint::of(b"root"));
        let started = Rotation { next: Some(next.clone()), ..Rotation::default() };
        let Step::Put { path, contents, .. } = &started.change(state.path()).expect("a change").steps[0]
        else {
            panic!("nothing is put");
        };
        std::fs::write(path, contents.bytes()).expect("a file");
        assert_eq!(read().expect("as it was written"), started);
        let folders =
            [&next, "authority", "authority-0000000000000000", "kept"].map(|name| state.path().join(name));
        let subjects = folders.iter().filter_map(|folder| folder.to_str());
        assert_eq!(started.orphans(state.path(), subjects).collect::<Vec<_>>(), [folders[2].clone()]);
        for (text, what) in [
            ("", "does not say"),
            (r#"{"schema":1,"current":"../authority"}"#, "does not say"),
            (r#"{"schema":1,"current":"authority","next":"authority-/etc/gitlab/ssl/"}"#, "does not say"),
            (r#"{"schema":2,"current":"authority"}"#, "newer labtrust"),
        ] {
            std::fs::write(path, text).expect("a file");
            let error = format!("{:#}", read().expect_err(text));
            assert!(error.contains(what), "{text}: {error}");
        }
    }
}
