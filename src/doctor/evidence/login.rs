//! Evidence about the docker command's own settings file, in which `docker login` stores its login.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Redacted;

/// The docker command's settings file, `config.json`, as the user of the docker command meets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginFileSeen {
    /// Its path.
    pub path: PathBuf,
    /// Its state.
    pub state: LoginFileState,
    /// The program that it names for the registry's logins.
    #[serde(default)]
    pub helper: Option<HelperSeen>,
}

/// The state of a settings file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginFileState {
    /// There is no such file. The docker command creates it.
    Absent,
    /// It can be read, and replaced.
    Usable,
    /// A folder has its name.
    IsFolder,
    /// The folder for it is a file, or does not exist behind a link.
    NoFolder,
    /// The user may not read it.
    Unreadable,
    /// The user may not create files in its folder, which every login does.
    FolderNotWritable,
    /// The docker command cannot parse it, for this reason, and ignores all of it.
    Broken(Redacted),
    /// A value has another type than the docker command expects, so it ignores all of the file.
    WrongType {
        /// The key of the value; none for the whole file.
        #[serde(default)]
        key: Option<Redacted>,
        /// The type that is expected, in words.
        wanted: Redacted,
    },
}

/// A program that keeps logins for the docker command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelperSeen {
    /// The key that names it: `credsStore`, or the registry's key in `credHelpers`.
    pub key: Redacted,
    /// Its name, without `docker-credential-`.
    pub name: Redacted,
    /// Whether a program of this name is in `PATH`.
    pub is_found: bool,
}
