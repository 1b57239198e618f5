//! The location of the state folder: the machine's for root, the user's own otherwise.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use labtrust_plan::{
    Facts,
    fact::{Os, User},
};

use super::OnDisk;

/// The state folder.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    /// Its path.
    pub state: PathBuf,
    /// The uid of its owner, who runs labtrust.
    pub(super) owner: u32,
    /// The state folder of the user who called sudo. That user may have a CA.
    pub invoker: Option<PathBuf>,
    /// The uid of that user.
    pub(super) invokers_id: u32,
    /// Whether the command line names the state folder.
    pub is_chosen: bool,
}

impl Home {
    /// The state folder: `chosen`, an absolute path, or the default.
    pub(crate) fn locate(chosen: Option<&Path>, facts: &Facts) -> Self {
        let state = match chosen {
            Some(chosen) => chosen.to_owned(),
            None if facts.is_root() => machine_folder(facts),
            None => own_folder(facts),
        };
        let invoker = facts.invoker.as_ref().filter(|_| chosen.is_none());
        let owner = facts.user.uid;
        Self {
            state,
            owner,
            invokers_id: invoker.map_or(owner, |user| user.uid),
            invoker: invoker.map(|user| user_folder(facts.os, user)),
            is_chosen: chosen.is_some(),
        }
    }

    /// The files of the state folder.
    pub(crate) fn files(&self) -> OnDisk {
        OnDisk { folder: self.state.clone(), owner: self.owner }
    }

    /// The files in the state folder of the user who called sudo.
    pub(crate) fn invokers_files(&self) -> Option<OnDisk> {
        self.invoker.clone().map(|folder| OnDisk { folder, owner: self.invokers_id })
    }
}

fn machine_folder(facts: &Facts) -> PathBuf {
    match facts.os {
        Os::Macos => "/Library/Application Support/labtrust".into(),
        // An update of DSM rewrites the system partition, but no volumes.
        Os::Linux if Path::new("/usr/syno").is_dir() => "/volume1/@labtrust".into(),
        _ => "/var/lib/labtrust".into(),
    }
}

fn own_folder(facts: &Facts) -> PathBuf {
    let own = ProjectDirs::from("", "", "labtrust").map(|folders| folders.data_dir().to_owned());
    own.unwrap_or_else(|| user_folder(facts.os, &facts.user))
}

fn user_folder(os: Os, user: &User) -> PathBuf {
    match os {
        Os::Macos => user.home.join("Library/Application Support/labtrust"),
        _ => user.home.join(".local/share/labtrust"),
    }
}
