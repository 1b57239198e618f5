//! What makes the steps of a change take effect: the commands that rebuild a store, what those rewrite besides,
//! and what must be restarted.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Command, Fingerprint};

/// Runs last, both ways: rebuilding a store before the anchor is removed would keep it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// After the steps were applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applied: Vec<Command>,
    /// What a person has to run before the steps take effect, because it is not for us to run it now. The change
    /// is not at its end until a later run of ours has nothing of it left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_hand: Vec<Command>,
    /// After the steps were undone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<Command>,
    /// What the commands rewrite besides, and do not take back by themselves.
    #[serde(rename = "byproducts", default, skip_serializing_if = "Vec::is_empty")]
    pub side_effects: Vec<SideEffect>,
    /// Services that see the change only after a restart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restart: Vec<Service>,
    /// Services that another change serves without a restart; once restarted, they have seen this one
    /// too, and so see its undoing only after another restart.
    #[serde(rename = "spared", default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_restarts: Vec<Service>,
}

/// A file that a settling command rewrites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SideEffect {
    /// The bundle of all anchors. `stale` is what a killed updater leaves and the next one appends to.
    Bundle {
        /// The bundle.
        path: PathBuf,
        /// The leftover to remove beforehand.
        #[serde(default)]
        stale: Option<PathBuf>,
        /// What it is made from, as far as that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sources: Option<Sources>,
    },
    /// A Java keystore to which a hook adds anchors, and from which it takes none away.
    Keystore {
        /// The keystore.
        path: PathBuf,
        /// The anchor file that the hook adds.
        anchor: PathBuf,
        /// The alias under which it does.
        alias: String,
        /// Java's keytool, if it was found.
        keytool: Option<PathBuf>,
        /// The hook, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hook: Option<PathBuf>,
        /// The hook's settings, which may say that it is to add nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        settings: Option<PathBuf>,
    },
    /// A folder of links, among them those that lead to `target`.
    Links {
        /// The folder.
        folder: PathBuf,
        /// Our anchor file.
        target: PathBuf,
    },
    /// A stranger's file or link in a folder of links, which an updater replaces by a link of its own, or takes away.
    /// No plan names one: it is found there when the updater is to run.
    Neighbour {
        /// The file or link.
        path: PathBuf,
    },
    /// A folder to which the updater copies each anchor, and from which it takes none away.
    Copies {
        /// The folder.
        folder: PathBuf,
        /// The certificate.
        sha256: Fingerprint,
    },
}

/// What a bundle is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    /// The folder of the administrator's own anchors.
    pub folder: PathBuf,
    /// The ending of the files that count there and in the vendor's folder.
    pub ending: String,
    /// The vendor's anchors, where it is known which of them are chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
}

/// A vendor's anchors, and the file that chooses among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vendor {
    /// The folder.
    pub folder: PathBuf,
    /// The list: a path in the folder a line; not those after a `!` (update-ca-certificates(8)).
    pub list: PathBuf,
}

/// Something that runs and must be restarted to see a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// What it is called in a sentence.
    pub title: String,
    /// When it was started, in milliseconds since 1970, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<u64>,
    /// What restarts it, where a program can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<Command>,
}

impl SideEffect {
    /// The file whose bytes are kept before it is rewritten.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Bundle { path, .. } | Self::Keystore { path, .. } | Self::Neighbour { path } => Some(path),
            Self::Links { .. } | Self::Copies { .. } => None,
        }
    }

    /// Whether it is the same place for the same anchor, be the tools that are used there others by now.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Keystore { anchor, .. }, Self::Keystore { anchor: known, .. }) if anchor != known => false,
            _ => self.file() == other.file(),
        }
    }
}

impl Service {
    /// Whether it is the same one, started then or later.
    pub fn is(&self, other: &Self) -> bool {
        self.title == other.title && self.restart == other.restart
    }

    /// Whether it was started before `settled`, so that it has not seen the change. Where that
    /// cannot be told it is not asked for again.
    pub fn is_older_than(&self, since: Option<u64>) -> bool {
        matches!((self.started, since), (Some(started), Some(since)) if started < since)
    }

    /// Whether it was started after `settled`, so that it has seen the change; not where that cannot be
    /// told.
    pub fn is_newer_than(&self, since: Option<u64>) -> bool {
        matches!((self.started, since), (Some(started), Some(since)) if started > since)
    }
}
