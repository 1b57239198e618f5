//! The only access to the machine: every read, write, rename, removal and child process of a plan goes through `World`.
//! Code that plans or renders cannot use it.

#![allow(clippy::disallowed_methods, reason = "this module is the access to the machine")]

#[cfg(target_os = "linux")]
mod access_list;
mod delegate;
mod file;
mod flush;
mod folder;
mod follow;
mod inherited;
mod journal;
pub mod listener;
mod message;
mod node;
mod process;
mod raw;
mod reading;
mod replace;
mod request;
mod running;
mod socket;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use labtrust_plan::{Command, Contents, fact::User};
use zeroize::Zeroizing;

pub use self::delegate::serve_delegate;
pub use self::follow::Said;
pub use self::inherited::shed as shed_inheritance;
pub(crate) use self::journal::{Journal, Stamp};
pub use self::node::{Access, LARGEST_FILE, Node};
pub(crate) use self::process::trusted_program;
pub use self::process::{Output, trusted_path};
use self::request::{Reply, Request};
pub(crate) use self::running::{SHELLS, daemon_start, earliest_start, running, started};
pub(crate) use self::socket::{Answer, Exchange, Peer, connect, exchange, peer};
use self::{flush::Flushes, message::Bytes};
use crate::{Error, Result, bundle::Bundle};

/// Acts on the machine: as this process, or through a child process that runs as another user.
#[derive(Debug)]
pub struct World {
    backend: Backend,
    /// The bundles that were read, each with the stamp of its file.
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

    /// The machine, with the rights of `user`: through a child process that runs `program argument` and calls
    /// [`serve_delegate`].
    pub fn as_user(user: &User, program: &Path, argument: &str) -> Result<Self> {
        let delegate = delegate::Delegate::start(user, program, argument)?;
        Ok(Self::with(Backend::Delegate(Box::new(Mutex::new(delegate)))))
    }

    fn with(backend: Backend) -> Self {
        Self { backend, bundles: Mutex::default(), flushes: Mutex::default() }
    }

    /// Whether it may change the owner of files: only root may.
    pub(crate) fn may_give_away(&self) -> bool {
        matches!(self.backend, Backend::Direct) && rustix::process::geteuid().is_root()
    }

    /// The state of `path`.
    pub fn look(&self, path: &Path) -> Result<Node> {
        match self.ask(Request::Look(path.to_owned()))? {
            Reply::Node(node) => Ok(node),
            _ => Err(wrong_reply()),
        }
    }

    /// The path to which `path` leads. Only links that no other user could have made are followed. The file need not exist.
    pub(crate) fn resolve(&self, path: &Path) -> Result<PathBuf> {
        match self.ask(Request::Resolve(path.to_owned()))? {
            Reply::Paths(paths) => paths.into_iter().next().ok_or_else(wrong_reply),
            _ => Err(wrong_reply()),
        }
    }

    /// The contents of the file at `path`, which the user named: all links are followed. None if it does not exist.
    pub fn read_named(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
        reading::read_named(path)
    }

    /// The contents of the file at `path` in a folder of this process's user; none if it does not exist. Fails if another
    /// user may have written it.
    pub fn read_own(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
        reading::read_own(path, rustix::process::geteuid().as_raw())
    }

    /// The contents of the file at `path` in a folder of the user `owner`, for root to read. Fails if a third user may have
    /// written it.
    pub fn read_owned_by(owner: u32, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
        reading::read_own(path, owner)
    }

    /// The contents of the file at `path`, for root to read in the place of the user `owner`: all links are followed. Fails if
    /// that user may not read it.
    pub(crate) fn read_for(owner: u32, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
        reading::read_for(path, owner)
    }

    /// Fails unless only root and we can write to the folder `path` and its parents.
    pub(crate) fn refuse_foreign(path: &Path) -> Result<()> {
        folder::own(path, rustix::process::geteuid().as_raw()).map(drop)
    }

    /// Fails unless root alone decides which file `path` leads to.
    pub(crate) fn refuse_other_guides(path: &Path) -> Result<()> {
        folder::refuse_other_guides(path, 0)
    }

    /// The first user or group, except root and its owner, that may write to the file at `path`, which has the metadata `found`.
    pub(crate) fn who_else_may_write(path: &Path, found: &fs::Metadata) -> Result<Option<String>> {
        folder::who_else_may_write(None, path, found, found.uid())
    }

    /// Whether only root can change or replace the program at `path`.
    pub fn is_roots_alone(path: &Path) -> bool {
        let folder = path.parent().map(|folder| folder::own(folder, rustix::process::geteuid().as_raw()));
        process::is_roots(path) && matches!(folder, Some(Ok(Some(_))))
    }

    /// The contents of the file at `path`; none if it does not exist. Only links that no other user could have made are
    /// followed.
    pub fn read(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
        match self.ask(Request::Read(path.to_owned()))? {
            Reply::Bytes(bytes) => Ok(bytes.map(|bytes| bytes.0)),
            _ => Err(wrong_reply()),
        }
    }

    /// The bundle at `path`, links followed; none if it does not exist. It is read again only after its file has changed.
    pub fn bundle(&self, path: &Path) -> Result<Option<Bundle>> {
        // Only the delegate process may look at another user's files.
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

    /// The paths in the folder `path`, sorted; empty if it does not exist.
    pub fn list(&self, path: &Path) -> Result<Vec<PathBuf>> {
        match self.ask(Request::List(path.to_owned()))? {
            Reply::Paths(paths) => Ok(paths),
            _ => Err(wrong_reply()),
        }
    }

    /// Writes a file at `path` atomically: readers see the old file or the complete new one.
    pub fn put(&self, path: &Path, contents: &Contents, access: Access) -> Result<()> {
        let contents = Bytes(Zeroizing::new(contents.bytes().to_vec()));
        self.act(Request::Put { path: path.to_owned(), contents, access })
    }

    /// The same, if the file at `path` is still `before`; false if it is not. Runs that replace the file at once wait for each other.
    pub fn replace(&self, path: &Path, before: &Node, contents: &Contents, access: Access) -> Result<bool> {
        let contents = Bytes(Zeroizing::new(contents.bytes().to_vec()));
        let request = Request::Replace { path: path.to_owned(), before: before.clone(), contents, access };
        match self.ask(request)? {
            Reply::Number(done) => Ok(done.is_some()),
            _ => Err(wrong_reply()),
        }
    }

    /// Removes the draft that an interrupted [`World::put`] left beside `path`.
    pub fn tidy(&self, path: &Path) -> Result<()> {
        self.act(Request::Tidy(path.to_owned()))
    }

    /// The file that the draft at `path` was to become, if `path` is a draft that an interrupted [`World::put`] left.
    pub fn drafted(path: &Path) -> Option<PathBuf> {
        file::drafted(path)
    }

    /// Removes the file or link at `path`, if it exists.
    pub fn remove(&self, path: &Path) -> Result<()> {
        self.act(Request::Remove(path.to_owned()))
    }

    /// Renames `from` to `to`, which must not exist.
    pub fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.act(Request::Rename(from.to_owned(), to.to_owned()))
    }

    /// Makes a symbolic link to `target` at `path`, atomically.
    pub fn link(&self, path: &Path, target: &Path) -> Result<()> {
        self.act(Request::Link(path.to_owned(), target.to_owned()))
    }

    /// Creates the folder `path` and its missing parents with the permission bits `mode`. Returns the folders that it
    /// created, outermost first.
    pub fn make_folders(&self, path: &Path, mode: u32) -> Result<Vec<PathBuf>> {
        match self.ask(Request::MakeFolders(path.to_owned(), mode))? {
            Reply::Paths(paths) => Ok(paths),
            _ => Err(wrong_reply()),
        }
    }

    /// Calls `act` with a new private folder for files that tools read. The folder is removed with all its files afterwards,
    /// even if `act` fails.
    pub fn with_scratch<T>(&self, act: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
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

    /// Removes the folder `path` if it exists and is empty.
    pub fn remove_folder(&self, path: &Path) -> Result<()> {
        self.act(Request::RemoveFolder(path.to_owned()))
    }

    /// Makes sure that the file at `path` and its name survive a power cut.
    pub fn sync(&self, path: &Path) -> Result<()> {
        self.act(Request::Sync(path.to_owned()))
    }

    /// Calls `changes`, and then flushes each folder that it changed once. After a power cut before the end, any part of the
    /// changes may be on the disk: so they must be recorded beforehand.
    pub(crate) fn flushed_once<T>(&self, changes: impl FnOnce() -> Result<T>) -> Result<T> {
        self.act(Request::HoldFlushes)?;
        let done = changes();
        let flushed = self.act(Request::Flush);
        done.and_then(|done| flushed.map(|()| done))
    }

    /// The free bytes of the file system that holds the folder `path`; none if they are not known.
    pub(crate) fn room(&self, path: &Path) -> Result<Option<u64>> {
        match self.ask(Request::Room(path.to_owned()))? {
            Reply::Number(bytes) => Ok(bytes),
            _ => Err(wrong_reply()),
        }
    }

    /// Runs `command` to its end, without input, with a clean environment and a time limit. An exit status other than success
    /// is an error.
    pub fn run(&self, command: &Command) -> Result<Output> {
        match self.ask(Request::Run(command.clone()))? {
            Reply::Output(output) if output.code == Some(0) => Ok(output),
            Reply::Output(output) => Err(output.into_error(command)),
            _ => Err(wrong_reply()),
        }
    }

    /// The program `name` in the person's own PATH: only for a program that runs with the person's own rights.
    pub fn search(name: &str) -> Option<PathBuf> {
        follow::search(name)
    }

    /// Runs `program` in the person's own environment and terminal, without a time limit, and hands each of its lines to `hear`.
    /// Returns its exit code; none if a signal ended it.
    pub fn follow(
        program: &Path,
        arguments: &[OsString],
        variables: &[(&str, OsString)],
        hear: impl FnMut(Said),
    ) -> Result<Option<i32>> {
        follow::follow(program, arguments, variables, hear)
    }

    /// Runs `command` to its end, and accepts every exit status.
    pub fn try_run(&self, command: &Command) -> Result<Output> {
        match self.ask(Request::Run(command.clone()))? {
            Reply::Output(output) => Ok(output),
            _ => Err(wrong_reply()),
        }
    }

    /// The answer of the Docker engine at `socket` to `GET path` within `limit`.
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
    Error::Relayed("the process that acts as another user answered another request".into())
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
            let mode = fs::metadata(folder).map_err(Error::file("look at", folder))?;
            assert_eq!(mode.mode() & 0o777, 0o700);
            Err::<(), _>(wrong_reply())
        });
        assert!(failed.is_err() && !used.exists(), "{used:?}");
    }
}
