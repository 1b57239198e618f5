//! A user's own stores are written by a process that has that user's rights and no more, so that
//! nothing planted in a home folder can make root write elsewhere.

use std::{
    fs::File,
    io,
    os::{fd::AsFd, unix::process::CommandExt},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::{Deserialize, Serialize};

use super::{
    Reply, Request,
    message::{receive, send},
    trusted_path,
};
use crate::{Error, Result, fact::User};

/// Seconds that an answer may take besides what was asked for: a home folder may lie across a network.
const MARGIN: u64 = 30;

/// The parent's end of a process that acts as a user. It ends when this is dropped.
#[derive(Debug)]
pub struct Delegate {
    user: String,
    child: Child,
    requests: Option<ChildStdin>,
    replies: ChildStdout,
}

impl Delegate {
    pub fn start(user: &User, program: &Path, argument: &str) -> Result<Self> {
        let start = |source| Error::Start { program: program.to_owned(), source };
        // As root, the standard library also drops the supplementary groups before it changes uid.
        let mut child = Command::new(program)
            .arg(argument)
            .env_clear()
            .env("PATH", trusted_path())
            .env("HOME", &user.home)
            .current_dir("/")
            .uid(user.uid)
            .gid(user.gid)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(start)?;
        let requests = child.stdin.take();
        let replies = child.stdout.take().ok_or_else(|| broken(&user.name, "it has no output"))?;
        Ok(Self { user: user.name.clone(), child, requests, replies })
    }

    pub fn ask(&mut self, request: &Request) -> Result<Reply> {
        let user = self.user.clone();
        let fault = |why: &dyn std::fmt::Display| broken(&user, why);
        let requests = self.requests.as_mut().ok_or_else(|| fault(&"it was closed"))?;
        send(requests, request).map_err(|error| fault(&error))?;
        if !self.answers_within(request.seconds() + MARGIN).map_err(|error| fault(&error))? {
            // Its user may have stopped it; it must not stop us.
            let _ = self.child.kill();
            return Err(fault(&"it does not answer, and was stopped"));
        }
        let reply = receive(&mut self.replies).map_err(|error| fault(&error))?;
        let reply = reply.ok_or_else(|| fault(&"it said nothing"))?;
        let reply: Result<Reply, Fault> = serde_json::from_slice(&reply).map_err(|error| fault(&error))?;
        reply.map_err(Fault::into_error)
    }
}

impl Delegate {
    /// Whether it has begun to answer, or has ended, within so many seconds.
    fn answers_within(&self, seconds: u64) -> io::Result<bool> {
        let limit = Timespec { tv_sec: seconds.cast_signed(), tv_nsec: 0 };
        Ok(poll(&mut [PollFd::new(&self.replies, PollFlags::IN)], Some(&limit))? > 0)
    }
}

/// An error on its way from the child to the parent.
#[derive(Serialize, Deserialize)]
struct Fault {
    message: String,
    hint: Option<String>,
}

impl Fault {
    fn of(error: &Error) -> Self {
        Self { message: error.to_string(), hint: error.hint() }
    }

    fn into_error(self) -> Error {
        let error = Error::Relayed(self.message);
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

impl Drop for Delegate {
    fn drop(&mut self) {
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}

fn broken(user: &str, why: &(impl std::fmt::Display + ?Sized)) -> Error {
    Error::Delegate { user: user.to_owned(), why: why.to_string() }
}

/// Answers the requests on standard input until it ends: the child's side.
pub fn serve_delegate() -> io::Result<()> {
    // Past std's buffers, in which keys would stay.
    let mut requests = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut replies = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    while let Some(request) = receive(&mut requests)? {
        let reply = match serde_json::from_slice::<Request>(&request) {
            Ok(request) => request.perform().map_err(|error| Fault::of(&error)),
            Err(error) => Err(Fault { message: error.to_string(), hint: None }),
        };
        send(&mut replies, &reply)?;
    }
    Ok(())
}
