//! The keystores of the JDKs that were found, each once: several JDKs may lead to one keystore.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::homes::{CACERTS, FOLDERS, MASK};
use crate::{
    Actor, Facts,
    fact::{RealFile, User},
};

/// A keystore that Java reads.
#[derive(Debug)]
pub(super) struct Found<'f> {
    /// The file itself, links resolved.
    pub path: &'f Path,
    /// The path at which a JDK reads it.
    pub link: &'f Path,
    /// The folder of that JDK.
    pub home: PathBuf,
    /// Its keytool, or the machine's.
    pub keytool: Option<&'f Path>,
    /// Who can change it.
    pub access: Access<'f>,
}

/// Who can change a keystore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access<'f> {
    /// Root.
    Machine,
    /// This user.
    User(&'f User),
    /// A user whose stores are not changed in this run.
    Stranger(u32),
    /// Root, but another user decides which of root's files the JDK reads, for this reason.
    Guided(&'f str),
    /// Nobody: its file system is read-only.
    Nobody,
}

/// Folders whose files nobody can change.
const READ_ONLY: [&str; 3] = ["/snap", "/nix/store", "/gnu/store"];

impl Access<'_> {
    /// The rights that a change needs, if labtrust can have them.
    pub(super) fn actor(&self) -> Option<Actor> {
        match self {
            Self::Machine => Some(Actor::Machine),
            Self::User(user) => Some(Actor::User((*user).clone())),
            Self::Stranger(_) | Self::Guided(_) | Self::Nobody => None,
        }
    }
}

/// The keystores on the machine with these facts, sorted by path.
pub(super) fn find(facts: &Facts) -> Vec<Found<'_>> {
    let mut found: BTreeMap<&Path, Found<'_>> = BTreeMap::new();
    for (link, file) in &facts.files {
        let Some(keystore) = keystore(facts, link, file) else { continue };
        let known = found.get(keystore.path);
        // Of several JDKs with one keystore, one that has a keytool of its own.
        let is_own =
            |found: &Found<'_>| found.keytool.is_some_and(|keytool| keytool.starts_with(&found.home));
        if known.is_none_or(|known| !is_own(known) && is_own(&keystore)) {
            found.insert(keystore.path, keystore);
        }
    }
    found.into_values().collect()
}

/// The keystore at `link`; none if another one hides it, or if the path is not a keystore.
fn keystore<'f>(facts: &'f Facts, link: &'f Path, file: &'f RealFile) -> Option<Found<'f>> {
    let (name, folder) = (link.file_name()?, link.parent()?);
    let is_hidden = name == CACERTS && facts.files.contains_key(&folder.join(MASK));
    if (name != CACERTS && name != MASK) || is_hidden {
        return None;
    }
    let home = FOLDERS.iter().find_map(|below| strip(folder, Path::new(below)))?;
    let own = facts.files.get_key_value(&home.join("bin/keytool")).map(|(keytool, _)| keytool);
    let keytool = own.or_else(|| facts.tools.get("keytool")).map(PathBuf::as_path);
    Some(Found { path: &file.path, link, keytool, access: access(facts, file), home })
}

/// `folder` without `below` at its end.
fn strip(folder: &Path, below: &Path) -> Option<PathBuf> {
    let above = folder.components().count() - below.components().count().min(folder.components().count());
    folder.ends_with(below).then(|| folder.components().take(above).collect())
}

fn access<'f>(facts: &'f Facts, file: &'f RealFile) -> Access<'f> {
    if READ_ONLY.iter().any(|folder| file.path.starts_with(folder)) {
        return Access::Nobody;
    }
    let mut people = facts.people();
    match (people.find(|user| user.uid == file.owner), &file.guided) {
        (Some(user), _) => Access::User(user),
        (None, Some(why)) if file.owner == 0 => Access::Guided(why),
        (None, _) if file.owner == 0 => Access::Machine,
        (None, _) => Access::Stranger(file.owner),
    }
}
