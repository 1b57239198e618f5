//! The reload of a change: the commands that rebuild a store, their side effects, and the services that must restart.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize};

use crate::{Command, Fingerprint, fact::User};

/// The commands that make a change take effect. They run after the steps, also when undoing: a store that is rebuilt before the
/// anchor is removed would keep it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// Commands to run after the steps are applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applied: Vec<Command>,
    /// Commands that a person has to run before the steps take effect, because labtrust must not run them now. The change is
    /// unfinished until a later run finds none of them necessary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_hand: Vec<Command>,
    /// Commands to run after the steps are undone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<Command>,
    /// Files that the commands also rewrite, and do not undo by themselves.
    #[serde(rename = "byproducts", default, skip_serializing_if = "Vec::is_empty")]
    pub side_effects: Vec<SideEffect>,
    /// What the commands to apply restart, or may restart, in words, such as "GitLab's registry".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restarted: Vec<String>,
    /// Services that see the change only after a restart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restart: Vec<Service>,
    /// Services whose restart is skipped, because they see another change of the plan without one. If such a service restarts
    /// later, it has this change in its memory too, and sees its undoing only after another restart.
    #[serde(rename = "spared", default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_restarts: Vec<Service>,
}

/// A file that a reload command rewrites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SideEffect {
    /// The bundle of all anchors. `stale` is the file that a killed updater leaves, and to which the next one appends.
    Bundle {
        /// The bundle.
        path: PathBuf,
        /// The file to remove before the updater runs.
        #[serde(default)]
        stale: Option<PathBuf>,
        /// The files that it is made from, if they are known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sources: Option<Sources>,
        /// Whether the updater also makes other files from the anchors, such as folders and a Java keystore. If so, a bundle
        /// that is as before does not show that the others are.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        with_others: bool,
    },
    /// A Java keystore. A hook adds anchors to it, and removes none.
    Keystore {
        /// The keystore.
        path: PathBuf,
        /// The anchor file that the hook adds.
        anchor: PathBuf,
        /// The alias that the hook uses.
        alias: String,
        /// Java's keytool, if it was found.
        keytool: Option<PathBuf>,
        /// The hook, if it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hook: Option<PathBuf>,
        /// The hook's settings, which may turn it off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        settings: Option<PathBuf>,
    },
    /// A folder of links. Some of them lead to `target`.
    Links {
        /// The folder.
        folder: PathBuf,
        /// Our anchor file.
        target: PathBuf,
    },
    /// Another program's file or link in a folder of links, which the updater replaces or removes. Plans do not name them: they
    /// are found before the updater runs.
    Neighbour {
        /// The file or link.
        path: PathBuf,
    },
    /// A folder to which the updater copies each anchor, and from which it removes none.
    Copies {
        /// The folder.
        folder: PathBuf,
        /// The certificate.
        sha256: Fingerprint,
    },
}

/// The files that a bundle is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    /// The folder of the administrator's own anchors.
    pub folder: PathBuf,
    /// The ending of the files that are read in both folders.
    pub ending: String,
    /// The vendor's anchors, if it is known which of them are chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
}

/// A vendor's anchors, and the file that chooses among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vendor {
    /// The folder.
    pub folder: PathBuf,
    /// The list: one path in the folder a line; `!` excludes a path (update-ca-certificates(8)).
    pub list: PathBuf,
}

/// A service that must restart to see a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its name in a sentence.
    #[serde(deserialize_with = "present_title")]
    pub title: String,
    /// Its start time in milliseconds since 1970, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<u64>,
    /// The command that restarts it, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<Command>,
    /// Its programs, if it counts only while one of them runs. Its start time is then theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Running>,
}

/// The programs of a service that a person starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The names of their processes, as the kernel stores them (proc(5), `/proc/pid/comm`): 15 bytes at most.
    pub names: Vec<String>,
    /// The user id of the person; none for every user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<u32>,
}

impl SideEffect {
    /// The file that is saved before it is rewritten.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Bundle { path, .. } | Self::Keystore { path, .. } | Self::Neighbour { path } => Some(path),
            Self::Links { .. } | Self::Copies { .. } => None,
        }
    }

    /// Whether both are the same file for the same anchor; their tools may differ.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Keystore { anchor, .. }, Self::Keystore { anchor: known, .. }) if anchor != known => false,
            _ => self.file() == other.file(),
        }
    }
}

/// The titles in receipts of earlier versions, and the present ones.
const FORMER_TITLES: [(&str, &str); 3] = [
    ("the Docker engine", "the Docker daemon"),
    ("the rootless Docker engine", "the rootless Docker daemon"),
    ("the Docker engine of the snap", "the Docker daemon of the snap"),
];

fn present_title<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let title = String::deserialize(deserializer)?;
    let present = FORMER_TITLES.iter().find(|(former, _)| *former == title);
    Ok(present.map_or(title, |(_, present)| (*present).to_owned()))
}

impl Service {
    /// The service `title`, which runs without a person.
    pub fn new(title: impl Into<String>, started: Option<u64>, restart: Option<Command>) -> Self {
        Self { title: title.into(), started, restart, process: None }
    }

    /// The program `title` of the user `owner`, which counts only while one of the processes `names` runs.
    pub fn program(title: &str, names: &[&str], owner: &User) -> Self {
        let mut program = Self::program_of_all(&format!("{title} of {}", owner.name), names);
        program.process.iter_mut().for_each(|process| process.user = Some(owner.uid));
        program
    }

    /// The program `title` of any user, which counts only while one of the processes `names` runs.
    pub fn program_of_all(title: &str, names: &[&str]) -> Self {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Self { process: Some(Running { names, user: None }), ..Self::new(title, None, None) }
    }

    /// Whether both are the same service, whenever it was started.
    pub fn is(&self, other: &Self) -> bool {
        self.title == other.title && self.restart == other.restart
    }

    /// Whether the service started before the change took effect, at `since`. False if one of the times is not known: then no
    /// restart is asked for.
    pub fn is_older_than(&self, since: Option<u64>) -> bool {
        matches!((self.started, since), (Some(started), Some(since)) if started < since)
    }

    /// Whether the service started after the change took effect, at `since`. False if one of the times is not known.
    pub fn is_newer_than(&self, since: Option<u64>) -> bool {
        matches!((self.started, since), (Some(started), Some(since)) if started > since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Engine, EngineKind};

    #[test]
    fn a_service_in_an_old_receipt_is_the_service_of_today() {
        for (kind, former) in [
            (EngineKind::Rootful, "the Docker engine"),
            (EngineKind::Rootless, "the rootless Docker engine"),
            (EngineKind::Snap, "the Docker engine of the snap"),
            (EngineKind::Desktop, "Docker Desktop"),
        ] {
            let engine = serde_json::json!({ "kind": kind, "certs_d": "/etc/docker/certs.d" });
            let engine: Engine = serde_json::from_value(engine).expect("an engine");
            let recorded = serde_json::json!({ "title": former });
            let recorded: Service = serde_json::from_value(recorded).expect("a service");
            assert!(recorded.is(&Service::engine(&engine)), "{former}");
        }
    }
}
