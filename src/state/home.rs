//! Where state lives: what it records is the machine's when root runs us, and the user's own
//! otherwise.

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
    /// The number of the user who runs us, whom it belongs to.
    pub(super) owner: u32,
    /// The state folder of the user who called sudo, where that user's own CA may be.
    pub invoker: Option<PathBuf>,
    /// The number of that user.
    pub(super) invokers_id: u32,
    /// Whether the command line names it.
    pub is_chosen: bool,
}

impl Home {
    /// `chosen`, a path from the root on, or the usual place for whoever runs us.
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
        // DSM's updates rewrite the system partition; volumes stay.
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
