//! The state of a path: a file, a folder, a link, or nothing.

use std::path::PathBuf;

use labtrust_plan::Fingerprint;
use serde::{Deserialize, Serialize};

/// The largest file that is read: no store, configuration or key is larger.
pub const LARGEST_FILE: u64 = 64 << 20;

/// The state of a path, without following a link there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Node {
    /// Nothing.
    Absent,
    /// A regular file.
    File {
        /// SHA-256 of its contents.
        sha256: Fingerprint,
        /// Permission bits.
        mode: u32,
        /// Numeric user id of its owner.
        uid: u32,
        /// Numeric id of its group.
        gid: u32,
    },
    /// A folder.
    Folder,
    /// A symbolic link.
    Link {
        /// Its target, as written in the link.
        target: PathBuf,
    },
    /// A socket, device or pipe.
    Other,
}

/// Permission bits and owner of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Permission bits.
    pub mode: u32,
    /// Numeric user and group id; none for those of the writing process.
    pub owner: Option<(u32, u32)>,
}
