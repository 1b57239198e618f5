//! Where state lives: what it records is the machine's when root runs us, and the user's own
//! otherwise.

mod rotation;

use std::path::{Path, PathBuf};

use anyhow::Result;
use directories::ProjectDirs;
use labtrust_platform::{Facts, fact::Os, fact::User};

pub use self::rotation::Rotation;

/// The state folder.
#[derive(Debug, Clone)]
pub struct Home {
    /// Its path.
    pub state: PathBuf,
    /// The state folder of the user who called sudo, where that user's own CA may be.
    pub invoker: Option<PathBuf>,
}

impl Home {
    /// `chosen`, a path from the root on, or the usual place for whoever runs us.
    pub fn locate(chosen: Option<&Path>, facts: &Facts) -> Self {
        let state = match chosen {
            Some(chosen) => chosen.to_owned(),
            None if facts.is_root() => machine_folder(facts),
            None => own_folder(facts),
        };
        let invoker = facts.invoker.as_ref().filter(|_| chosen.is_none());
        Self { state, invoker: invoker.map(|user| user_folder(facts.os, user)) }
    }

    /// The folder of the CA that is in use.
    pub fn authority(&self) -> Result<PathBuf> {
        Ok(self.state.join(self.rotation()?.current))
    }

    /// Which of the CAs here is which.
    pub fn rotation(&self) -> Result<Rotation> {
        Rotation::read(&self.state)
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
