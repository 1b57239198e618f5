//! What can go wrong while touching a machine: each message says what failed, on what; the hint
//! says what to do.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use labtrust_plan::{Hint, text};

/// A fault: something could not be done or could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file operation failed.
    #[error("cannot {action} {}: {source}", text::path(path))]
    File {
        /// The operation, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A path that we do not follow or write to, because somebody else controls it.
    #[error("{} is left alone: {why}", text::path(path))]
    Unsafe {
        /// The path.
        path: PathBuf,
        /// Why it is not safe.
        why: String,
    },
    /// A program could not be started.
    #[error("cannot run {}: {source}", text::path(program))]
    Start {
        /// The program.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A program ended without success.
    #[error("`{command}` failed with {status}{output}")]
    Failed {
        /// The whole command.
        command: String,
        /// Its exit status.
        status: String,
        /// The last of what it said, on a line of its own, or nothing.
        output: String,
    },
    /// A program did not end in its time and was stopped.
    #[error("`{command}` did not end within {} seconds and was stopped", limit.as_secs())]
    Timeout {
        /// The whole command.
        command: String,
        /// The time that it had.
        limit: Duration,
    },
    /// Another run holds the lock.
    #[error(
        "another run of labtrust{holder} holds {} for more than {} seconds",
        text::path(path),
        limit.as_secs()
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who holds it, as a part of the sentence; empty if that is not known.
        holder: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// Somebody else runs what changes a store, and does not come to its end.
    #[error("{program} (process {pid}), which somebody else runs, did not end within {} seconds", limit.as_secs())]
    Busy {
        /// The program.
        program: String,
        /// Its process.
        pid: u32,
        /// How long it was waited for.
        limit: Duration,
    },
    /// A store holds what cannot be read as what it should be.
    #[error("{} {why}", text::path(path))]
    Corrupt {
        /// The store's file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A server or an engine did not answer as it should.
    #[error("{peer}: {why}")]
    Peer {
        /// Who was asked.
        peer: String,
        /// What came instead of an answer.
        why: String,
    },
    /// The process that acts as another user broke off.
    #[error("the process that acts as user {user} broke off: {why}")]
    Delegate {
        /// The user's name.
        user: String,
        /// What was seen of it.
        why: String,
    },
    /// A fault that happened in the process that acts as another user.
    #[error("{0}")]
    Relayed(String),
    /// A fault, with what to do about it, known to whoever asked for the thing that failed.
    #[error("{error}")]
    Advised {
        /// The fault.
        error: Box<Error>,
        /// What the reader can do.
        hint: Hint,
    },
}

/// What every fallible function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What cannot be done where there is no folder to put a file into.
pub(crate) const NO_FOLDER: &str = "find the folder of";

impl Error {
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { action, path: path.to_owned(), source }
    }

    /// The same fault, with what to do about it.
    pub(crate) fn with_hint(self, hint: impl Into<Hint>) -> Self {
        Self::Advised { error: Box::new(self), hint: hint.into() }
    }

    /// Whether it is that something was not there, be it because somebody has just removed it.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Self::File { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// What the reader can do about it, where that is known.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::File { action: NO_FOLDER, .. } => Some("make that folder, or name another".into()),
            Self::File { source, .. } | Self::Start { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    Some("run it as root (sudo), or as the file's owner".into())
                }
                io::ErrorKind::StorageFull => {
                    Some("free some space on that file system, then run it again".into())
                }
                io::ErrorKind::FileTooLarge => {
                    Some("raise the limit on the size of files (ulimit -f), then run it again".into())
                }
                io::ErrorKind::ReadOnlyFilesystem => Some(
                    "that file system is mounted read-only: remount it writable, then run it again".into(),
                ),
                _ => None,
            },
            Self::Unsafe { .. } => Some("remove it or give it to root, then run it again".into()),
            Self::Locked { .. } => Some("wait for the other run to end, then run it again".into()),
            Self::Busy { .. } => Some("wait for it to end or stop it, then run this again".into()),
            Self::Advised { hint, .. } => Some(hint.clone()),
            Self::Failed { .. } => {
                Some("run that command by hand to see why; when it works, run this again".into())
            }
            Self::Timeout { .. } => Some("run that command by hand to see what it waits for".into()),
            _ => None,
        }
    }
}
