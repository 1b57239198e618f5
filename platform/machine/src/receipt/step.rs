//! The record of one step: what stood there before it, and what undoing it needs.

use std::path::{Path, PathBuf};

use labtrust_plan::{Certificate, Database, Edit, Fingerprint, Listing};
use serde::{Deserialize, Serialize};

use crate::world::Node;

/// The record of one step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepRecord {
    /// A file.
    File {
        /// Where.
        path: PathBuf,
        /// Its state before. The bytes are saved in `before/`, under their SHA-256.
        before: Node,
        /// The SHA-256 of the new contents; none if the step removed the file or made a link.
        after: Option<Fingerprint>,
        /// The target of the new link, if the step made one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<PathBuf>,
        /// The folders that were made for it, outermost first.
        #[serde(default)]
        folders: Vec<PathBuf>,
        /// The edit, if the step changed only a part of a file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        edit: Option<Edit>,
        /// Whether the file existed before and was only recorded. It is not saved, and undoing leaves it in place.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        adopted: bool,
    },
    /// An entry of a database.
    Entry {
        /// The database.
        database: Database,
        /// The certificate that was added or removed.
        certificate: Certificate,
        /// How the database listed it before, if it did.
        before: Option<Listing>,
        /// Whether the database was created for it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        created: bool,
        /// The folders that were made for the database, outermost first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        folders: Vec<PathBuf>,
        /// Whether the step removed the certificate.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        discarded: bool,
    },
}

impl StepRecord {
    /// Merges `next` into this record, if `next` replaced the file that this step wrote. True if it did.
    pub(super) fn try_merge(&mut self, next: &Self) -> bool {
        let Self::File { path, after, link, folders, edit, adopted, .. } = self else { return false };
        let Self::File {
            path: again, before, after: last, link: last_link, folders: more, edit: new, ..
        } = next
        else {
            return false;
        };
        let is_same_place = match (&edit, new) {
            (Some(edit), Some(new)) => edit.is_same_place(new),
            (edit, new) => edit.is_none() && new.is_none(),
        };
        let is_what_we_put = match before {
            Node::File { sha256, .. } => *after == Some(*sha256),
            Node::Link { target } => link.as_ref() == Some(target),
            _ => false,
        };
        if path != again || !is_same_place || !is_what_we_put {
            return false;
        }
        *after = *last;
        link.clone_from(last_link);
        folders.extend_from_slice(more);
        edit.clone_from(new);
        *adopted = false;
        true
    }

    /// Whether the file existed before and was only recorded.
    pub(crate) fn is_adopted(&self) -> bool {
        matches!(self, Self::File { adopted: true, .. })
    }

    /// Whether there was no file before, and there is none now.
    pub(super) fn is_undone(&self) -> bool {
        matches!(self, Self::File { before: Node::Absent, after: None, link: None, .. })
    }

    /// Whether it changed a part of a file.
    pub(super) fn is_edit(&self) -> bool {
        matches!(self, Self::File { edit: Some(_), adopted: false, .. })
    }

    /// Whether it changed a part of the file at `path`.
    pub(super) fn edits(&self, path: &Path) -> bool {
        self.is_edit() && matches!(self, Self::File { path: own, .. } if own == path)
    }

    /// The file of its database, if it has one.
    pub(crate) fn database(&self) -> Option<&Path> {
        match self {
            Self::Entry { database, .. } => Some(database.path()),
            Self::File { .. } => None,
        }
    }

    /// The file of its database, if that was created for it.
    pub(crate) fn made_database(&self) -> Option<&Path> {
        match self {
            Self::Entry { database, created: true, .. } => Some(database.path()),
            _ => None,
        }
    }

    /// The folders that were made for it.
    pub(crate) fn folders(&self) -> &[PathBuf] {
        match self {
            Self::File { folders, .. } | Self::Entry { folders, .. } => folders,
        }
    }

    /// The SHA-256 of the saved bytes that undoing it needs, if it needs any.
    pub(super) fn saved_hash(&self) -> Option<Fingerprint> {
        match self {
            Self::File { before: Node::File { sha256, .. }, adopted: false, .. } => Some(*sha256),
            _ => None,
        }
    }
}
