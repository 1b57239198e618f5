//! The operations on a machine as data, so that a process with another user's rights can perform them.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use labtrust_plan::Command;
use serde::{Deserialize, Serialize};

use super::{
    file,
    flush::Flushes,
    message::Bytes,
    node::{Access, Node},
    process::{self, Output},
    reading, replace,
    socket::{self, Answer},
};
use crate::Result;

/// One operation.
#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    Look(PathBuf),
    Resolve(PathBuf),
    Read(PathBuf),
    List(PathBuf),
    Put { path: PathBuf, contents: Bytes, access: Access },
    Replace { path: PathBuf, before: Node, contents: Bytes, access: Access },
    Tidy(PathBuf),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
    MakeFolders(PathBuf, u32),
    MakeScratch,
    RemoveFolder(PathBuf),
    Sync(PathBuf),
    HoldFlushes,
    Flush,
    Room(PathBuf),
    Run(Command),
    AskEngine(PathBuf, String, Duration),
}

/// The result of a request.
#[derive(Serialize, Deserialize)]
pub(super) enum Reply {
    Done,
    Node(Node),
    Bytes(Option<Bytes>),
    Paths(Vec<PathBuf>),
    Output(Output),
    Engine(Answer),
    Number(Option<u64>),
}

impl Request {
    /// The seconds that it may take, apart from file operations.
    pub(super) fn seconds(&self) -> u64 {
        match self {
            Self::Run(command) => command.seconds,
            _ => 0,
        }
    }

    /// Performs the operation with this process's own rights.
    pub(super) fn perform(self, flushes: &Mutex<Flushes>) -> Result<Reply> {
        let flushes = || flushes.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match self {
            Self::Look(path) => Reply::Node(file::look(&path)?),
            Self::Resolve(path) => Reply::Paths(vec![file::resolve(&path)?]),
            Self::Read(path) => Reply::Bytes(reading::read(&path)?.map(Bytes)),
            Self::List(path) => Reply::Paths(file::list(&path)?),
            Self::Put { path, contents, access } => {
                file::put(&path, &contents.0, access, &mut flushes()).map(|_| Reply::Done)?
            }
            Self::Replace { path, before, contents, access } => {
                let replace = || file::put(&path, &contents.0, access, &mut flushes());
                Reply::Number(replace::replace(&path, &before, replace)?.map(|_| 1))
            }
            Self::Tidy(path) => file::tidy(&path, &mut flushes()).map(|()| Reply::Done)?,
            Self::Remove(path) => file::remove(&path, &mut flushes()).map(|()| Reply::Done)?,
            Self::Rename(from, to) => file::rename(&from, &to, &mut flushes()).map(|()| Reply::Done)?,
            Self::Link(path, target) => file::link(&path, &target, &mut flushes()).map(|()| Reply::Done)?,
            Self::MakeFolders(path, mode) => Reply::Paths(file::make_folders(&path, mode)?),
            Self::MakeScratch => Reply::Paths(vec![file::make_scratch()?]),
            Self::RemoveFolder(path) => file::remove_folder(&path, &mut flushes()).map(|()| Reply::Done)?,
            Self::Sync(path) => file::sync(&path).map(|()| Reply::Done)?,
            Self::HoldFlushes => {
                flushes().hold();
                Reply::Done
            }
            Self::Flush => flushes().release().map(|()| Reply::Done)?,
            Self::Room(path) => Reply::Number(file::room(&path)),
            Self::Run(command) => Reply::Output(process::run(&command)?),
            Self::AskEngine(socket, path, limit) => Reply::Engine(socket::ask(&socket, &path, limit)?),
        })
    }
}
