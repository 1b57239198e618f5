//! The errors of this crate. The message names the operation and its object; the hint tells what to do.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use labtrust_plan::{Hint, hint, text};

/// A fault: an operation failed, or something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file operation failed.
    #[error("cannot {action} {}: {source}", text::path(path))]
    File {
        /// The operation, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A path that labtrust does not read or write, because somebody else controls it.
    #[error("not using {}: {why}", text::path(path))]
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
        /// The error of the operating system.
        source: io::Error,
    },
    /// A program ended without success.
    #[error("`{command}` failed with {status}{output}")]
    Failed {
        /// The whole command.
        command: String,
        /// Its exit status.
        status: String,
        /// The last line of its output, after a colon; or empty.
        output: String,
    },
    /// A program exceeded its time limit and was stopped.
    #[error("`{command}` did not end within {} seconds and was stopped", limit.as_secs())]
    Timeout {
        /// The whole command.
        command: String,
        /// The time limit.
        limit: Duration,
    },
    /// Another run holds the lock.
    #[error(
        "another run of labtrust{holder} has held {} for more than {} seconds",
        text::path(path),
        limit.as_secs()
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The process that holds it, as a part of the sentence; empty if it is not known.
        holder: String,
        /// The time that this run waited.
        limit: Duration,
    },
    /// A program printed without end and was stopped.
    #[error("{command} printed more than {} MB and was stopped", limit >> 20)]
    Flooded {
        /// The command line.
        command: String,
        /// The bytes of output that it may print.
        limit: usize,
    },
    /// A program that changes a store, and that labtrust did not start, does not end.
    #[error("another run of {program} (process {pid}) did not end within {} seconds", limit.as_secs())]
    Busy {
        /// The program.
        program: String,
        /// Its process id.
        pid: u32,
        /// The time that this run waited.
        limit: Duration,
    },
    /// A file of a store is damaged or of another format.
    #[error("{} {why}", text::path(path))]
    Corrupt {
        /// The store's file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A server or an engine failed to answer.
    #[error("{peer}: {why}")]
    Peer {
        /// The server or engine.
        peer: String,
        /// The fault.
        why: String,
    },
    /// The process that acts as another user failed.
    #[error("the process that acts as user {user} failed: {why}")]
    Delegate {
        /// The user's name.
        user: String,
        /// The fault.
        why: String,
    },
    /// A fault that happened in the process that acts as another user.
    #[error("{0}")]
    Relayed(String),
    /// A fault, with a hint from the caller.
    #[error("{error}")]
    Advised {
        /// The fault.
        error: Box<Error>,
        /// The hint.
        hint: Hint,
    },
}

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failed action if the folder for a new file does not exist.
pub(crate) const NO_FOLDER: &str = "find the folder of";

impl Error {
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { action, path: path.to_owned(), source }
    }

    /// The same fault, with a hint.
    pub(crate) fn with_hint(self, hint: impl Into<Hint>) -> Self {
        Self::Advised { error: Box::new(self), hint: hint.into() }
    }

    /// The fault that a node of another kind is at `path`: `why` names its kind and the right one.
    pub(crate) fn in_the_way(path: PathBuf, why: &str) -> Self {
        let mut aside = path.clone().into_os_string();
        aside.push(".old");
        let hint = hint!("move it away, then try again: mv {} {}", path, PathBuf::from(aside));
        Self::Unsafe { path, why: why.into() }.with_hint(hint)
    }

    /// The fault that the file at `path` is not the one that a change was planned for.
    pub(crate) fn overtaken(path: PathBuf) -> Self {
        let why = "another program or person changed it meanwhile".into();
        Self::Unsafe { path, why }.with_hint("run the command again")
    }

    /// Whether the fault is that a file does not exist, or no longer.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Self::File { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Advice for the reader, if there is any.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::File { action: NO_FOLDER, .. } => Some("create that folder, or name another one".into()),
            Self::File { source, .. } | Self::Start { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    Some("run it as root (sudo), or as the file's owner".into())
                }
                io::ErrorKind::StorageFull => {
                    Some("free some space on that file system, then try again".into())
                }
                io::ErrorKind::FileTooLarge => {
                    Some("raise the limit on the size of files (ulimit -f), then try again".into())
                }
                io::ErrorKind::ReadOnlyFilesystem => {
                    Some("that file system is mounted read-only: remount it writable, then try again".into())
                }
                _ => None,
            },
            Self::Unsafe { path, .. } => {
                Some(hint!("correct its owner and permissions, then try again: ls -ld {}", path))
            }
            Self::Locked { .. } => Some("wait until the other run ends, then try again".into()),
            Self::Busy { .. } => Some("wait until that program ends, or stop it; then try again".into()),
            Self::Advised { hint, .. } => Some(hint.clone()),
            Self::Failed { .. } => {
                Some("run that command by hand to see the reason; when it works, try again".into())
            }
            Self::Timeout { .. } => Some("run that command by hand to see what it waits for".into()),
            Self::Flooded { .. } => Some("run that command by hand to see what it prints".into()),
            _ => None,
        }
    }
}
