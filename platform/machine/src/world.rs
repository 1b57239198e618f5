//! The one door to the machine: every read, write, rename, removal and child process of a plan
//! goes through `World`. Planners and renderers cannot reach it.

#![allow(clippy::disallowed_methods, reason = "this is the door")]

#[cfg(target_os = "linux")]
mod access_list;
mod delegate;
mod file;
mod flush;
mod folder;
mod inherited;
mod journal;
pub mod listener;
mod message;
mod node;
mod process;
mod request;
mod running;
mod socket;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use labtrust_plan::{Command, Contents, fact::User};
use zeroize::Zeroizing;

pub use self::delegate::serve_delegate;
pub use self::inherited::shed as shed_inheritance;
pub(crate) use self::journal::{Journal, Stamp};
pub use self::node::{Access, LARGEST_FILE, Node};
pub(crate) use self::process::trusted_program;
pub use self::process::{Output, trusted_path};
use self::request::{Reply, Request};
pub(crate) use self::running::{SHELLS, running};
pub(crate) use self::socket::{Answer, connect};
use self::{flush::Flushes, message::Bytes};
use crate::{Error, Result, bundle::Bundle};

/// Acts on the machine, as this process or as a child process that dropped to another user.
#[derive(Debug)]
pub struct World {
    backend: Backend,
    /// The bundles that were read, each as its file stood.
    bundles: Mutex<BTreeMap<PathBuf, (Stamp, Bundle)>>,
    flushes: Mutex<Flushes>,
}

#[derive(Debug)]
enum Backend {
    Direct,
    Delegate(Box<Mutex<delegate::Delegate>>),
}

impl World {
    /// The machine, with this process's own rights.
    pub fn here() -> Self {
        Self::with(Backend::Direct)
    }

    /// The machine, with `user`'s rights, through a child process of the program at `program`
    /// that was started with the argument `argument` and calls [`serve_delegate`].
    pub fn as_user(user: &User, program: &Path, argument: &str) -> Result<Self> {
        let delegate = delegate::Delegate::start(user, program, argument)?;
        Ok(Self::with(Backend::Delegate(Box::new(Mutex::new(delegate)))))
    }

    fn with(backend: Backend) -> Self {
        Self { backend, bundles: Mutex::default(), flushes: Mutex::default() }
    }

    /// Whether it may give files to whom it likes: root may, and a user may not.
    pub(crate) fn may_give_away(&self) -> bool {
        matches!(self.backend, Backend::Direct) && rustix::process::geteuid().is_root()
    }

    /// What stands at `path`.
    pub fn look(&self, path: &Path) -> Result<Node> {
        match self.ask(Request::Look(path.to_owned()))? {
            Reply::Node(node) => Ok(node),
            _ => Err(wrong_reply()),
        }
    }

    /// Where the file at `path` is, links followed that nobody else could have planted, be it there or not.
    pub(crate) fn resolve(&self, path: &Path) -> Result<PathBuf> {
        match self.ask(Request::Resolve(path.to_owned()))? {
            Reply::Paths(paths) => paths.into_iter().next().ok_or_else(wrong_reply),
            _ => Err(wrong_reply()),
        }
    }

    /// The contents of the file at `path`, which a person named: whoever made a link on the way, it is
    /// followed. None if it is not there.
    pub fn read_named(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
        file::read_named(path)
    }

    /// The contents of the file at `path` in a folder of ours, whatever is acted as; none if it is not
    /// there. An error if somebody else can have written it.
    pub fn read_own(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
        file::read_own(path, rustix::process::geteuid().as_raw())
    }

    /// The same of a file in a folder of the user with the number `owner`, which root reads.
    pub fn read_owned_by(owner: u32, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
        file::read_own(path, owner)
    }

    /// Fails if somebody else can put anything into the folder `path`, or another one in its place.
    pub(crate) fn refuse_foreign(path: &Path) -> Result<()> {
        folder::own(path, rustix::process::geteuid().as_raw()).map(drop)
    }

    /// Whether root alone can write to the program at `path`, or put another in its place.
    pub fn is_roots_alone(path: &Path) -> bool {
        let folder = path.parent().map(|folder| folder::own(folder, rustix::process::geteuid().as_raw()));
        process::is_roots(path) && matches!(folder, Some(Ok(Some(_))))
    }

    /// The contents of the file at `path`, links followed that nobody else could have planted; none if
    /// it is not there.
    pub fn read(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
        match self.ask(Request::Read(path.to_owned()))? {
            Reply::Bytes(bytes) => Ok(bytes.map(|bytes| bytes.0)),
            _ => Err(wrong_reply()),
        }
    }

    /// The bundle at `path`, links followed; none if it is not there. While its file stays as it is, it is read once.
    pub fn bundle(&self, path: &Path) -> Result<Option<Bundle>> {
        // Another user's files are that user's process's to look at.
        let stamp = if matches!(self.backend, Backend::Direct) { Stamp::behind(path) } else { None };
        let mut known = self.bundles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bundle)) = known.get(path).filter(|(then, _)| Some(*then) == stamp) {
            return Ok(Some(bundle.clone()));
        }
        let bundle = self.read(path)?.map(|bytes| Bundle::of(&bytes));
        if let (Some(stamp), Some(bundle)) = (stamp, &bundle) {
            known.insert(path.to_owned(), (stamp, bundle.clone()));
        }
        Ok(bundle)
    }

    /// The paths in the folder `path`, sorted; none if it is not there.
    pub fn list(&self, path: &Path) -> Result<Vec<PathBuf>> {
        match self.ask(Request::List(path.to_owned()))? {
            Reply::Paths(paths) => Ok(paths),
            _ => Err(wrong_reply()),
        }
    }

    /// Puts a file at `path` in one instant: readers see the old one or the whole new one.
    pub fn put(&self, path: &Path, contents: &Contents, access: Access) -> Result<()> {
        let contents = Bytes(Zeroizing::new(contents.bytes().to_vec()));
        self.act(Request::Put { path: path.to_owned(), contents, access })
    }

    /// Removes what an interrupted [`World::put`] left beside `path`.
    pub fn tidy(&self, path: &Path) -> Result<()> {
        self.act(Request::Tidy(path.to_owned()))
    }

    /// The file that was to come of what an interrupted [`World::put`] left at `path`, if it is that.
    pub fn drafted(path: &Path) -> Option<PathBuf> {
        file::drafted(path)
    }

    /// Removes the file or link at `path`, if it is there.
    pub fn remove(&self, path: &Path) -> Result<()> {
        self.act(Request::Remove(path.to_owned()))
    }

    /// Renames `from` to `to`, which must be free.
    pub fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.act(Request::Rename(from.to_owned(), to.to_owned()))
    }

    /// Puts a symbolic link to `target` at `path`, in one instant.
    pub fn link(&self, path: &Path, target: &Path) -> Result<()> {
        self.act(Request::Link(path.to_owned(), target.to_owned()))
    }

    /// Makes the folder `path` and those above it that are missing, with the permission bits
    /// `mode`; says which it made, outermost first.
    pub fn make_folders(&self, path: &Path, mode: u32) -> Result<Vec<PathBuf>> {
        match self.ask(Request::MakeFolders(path.to_owned(), mode))? {
            Reply::Paths(paths) => Ok(paths),
            _ => Err(wrong_reply()),
        }
    }

    /// Calls `act` with a new folder that nobody but the acting user can look into, and removes it
    /// with all files in it, whatever comes of `act`: tools that read from files get them there.
    pub(crate) fn with_scratch<T>(&self, act: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
        let folder = match self.ask(Request::MakeScratch)? {
            Reply::Paths(paths) => paths.into_iter().next().ok_or_else(wrong_reply)?,
            _ => return Err(wrong_reply()),
        };
        let result = act(&folder);
        let cleared = self
            .list(&folder)
            .and_then(|paths| paths.iter().try_for_each(|path| self.remove(path)))
            .and_then(|()| self.remove_folder(&folder));
        result.and_then(|value| cleared.map(|()| value))
    }

    /// Removes the folder `path` if it is there and empty.
    pub fn remove_folder(&self, path: &Path) -> Result<()> {
        self.act(Request::RemoveFolder(path.to_owned()))
    }

    /// Makes sure that the file at `path` and its name survive a power cut.
    pub fn sync(&self, path: &Path) -> Result<()> {
        self.act(Request::Sync(path.to_owned()))
    }

    /// Does `work`, and then flushes each folder once whose files and folders that changes. A power cut before the end
    /// may leave any part of it done: what it does is written down beforehand.
    pub(crate) fn flushed_once<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.act(Request::HoldFlushes)?;
        let done = work();
        let flushed = self.act(Request::Flush);
        done.and_then(|done| flushed.map(|()| done))
    }

    /// How many bytes can still be written to the file system that holds the folder `path`; none where
    /// that cannot be told.
    pub(crate) fn room(&self, path: &Path) -> Result<Option<u64>> {
        match self.ask(Request::Room(path.to_owned()))? {
            Reply::Number(bytes) => Ok(bytes),
            _ => Err(wrong_reply()),
        }
    }

    /// Runs `command` to its end, with no input, a scrubbed environment and a bound in time.
    /// An exit status other than success is an error.
    pub fn run(&self, command: &Command) -> Result<Output> {
        match self.ask(Request::Run(command.clone()))? {
            Reply::Output(output) if output.code == Some(0) => Ok(output),
            Reply::Output(output) => Err(output.into_error(command)),
            _ => Err(wrong_reply()),
        }
    }

    /// Runs `command` to its end, whatever its exit status.
    pub fn try_run(&self, command: &Command) -> Result<Output> {
        match self.ask(Request::Run(command.clone()))? {
            Reply::Output(output) => Ok(output),
            _ => Err(wrong_reply()),
        }
    }

    /// The answer that the Docker engine at `socket` gives to `GET path` within `limit`.
    pub(crate) fn ask_engine(&self, socket: &Path, path: &str, limit: Duration) -> Result<Answer> {
        match self.ask(Request::AskEngine(socket.to_owned(), path.to_owned(), limit))? {
            Reply::Engine(answer) => Ok(answer),
            _ => Err(wrong_reply()),
        }
    }

    fn act(&self, request: Request) -> Result<()> {
        self.ask(request).map(drop)
    }

    fn ask(&self, request: Request) -> Result<Reply> {
        match &self.backend {
            Backend::Direct => request.perform(&self.flushes),
            Backend::Delegate(delegate) => {
                delegate.lock().unwrap_or_else(PoisonError::into_inner).ask(&request)
            }
        }
    }
}

fn wrong_reply() -> Error {
    Error::Relayed("the process that acts as another user gave an answer to another question".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_folder_is_private_and_gone_afterwards_whatever_happens() {
        let mut used = PathBuf::new();
        let failed = World::here().with_scratch(|folder| {
            used = folder.to_owned();
            let private = Access { mode: 0o600, owner: None };
            World::here().put(&folder.join("x"), &Contents::Public(b"x".to_vec()), private)?;
            let mode = std::fs::metadata(folder).map_err(Error::file("look at", folder))?;
            assert_eq!(std::os::unix::fs::MetadataExt::mode(&mode) & 0o777, 0o700);
            Err::<(), _>(wrong_reply())
        });
        assert!(failed.is_err() && !used.exists(), "{used:?}");
    }
}
