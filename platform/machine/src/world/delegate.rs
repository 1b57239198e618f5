//! A child process with a user's rights writes that user's stores, so that no file or link in a home folder can make root
//! write elsewhere.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::{fd::AsFd, unix::process::CommandExt},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use labtrust_plan::{Hint, fact::User};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::{Deserialize, Serialize};

use super::{
    flush::Flushes,
    message::{receive, send},
    process::trusted_path,
    request::{Reply, Request},
};
use crate::{Error, Result};

/// Seconds for an answer in addition to the request's own time: a home folder may be on a network file system.
const MARGIN: u64 = 30;

/// The bytes that can be written to a ready pipe without blocking (POSIX, `PIPE_BUF`).
const PART: usize = 512;

/// The parent's side of a process that acts as a user. Dropping it ends the process.
#[derive(Debug)]
pub(super) struct Delegate {
    user: String,
    child: Child,
    requests: ChildStdin,
    replies: ChildStdout,
}

impl Delegate {
    pub(super) fn start(user: &User, program: &Path, argument: &str) -> Result<Self> {
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
        let requests = child.stdin.take().ok_or_else(|| broken(&user.name, "it has no input"))?;
        let replies = child.stdout.take().ok_or_else(|| broken(&user.name, "it has no output"))?;
        Ok(Self { user: user.name.clone(), child, requests, replies })
    }

    pub(super) fn ask(&mut self, request: &Request) -> Result<Reply> {
        self.ask_within(Duration::from_secs(request.seconds() + MARGIN), request)
    }

    fn ask_within(&mut self, limit: Duration, request: &Request) -> Result<Reply> {
        let deadline = Instant::now() + limit;
        let exchanged = send(&mut Bounded { pipe: &mut self.requests, deadline }, request)
            .and_then(|()| receive(&mut Bounded { pipe: &mut self.replies, deadline }));
        if exchanged.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            // Its user may have stopped the process: that must not block us.
            let _ = self.child.kill();
            return Err(broken(&self.user, "it did not answer in time and was stopped"));
        }
        let fault = |error: &dyn std::fmt::Display| broken(&self.user, error);
        let reply = exchanged.map_err(|error| fault(&error))?.ok_or_else(|| fault(&"it sent no answer"))?;
        let reply: Result<Reply, Fault> = serde_json::from_slice(&reply).map_err(|error| fault(&error))?;
        reply.map_err(Fault::into_error)
    }
}

/// A pipe with one deadline for all reads and writes, even if the other side stops within a message.
struct Bounded<'a, P> {
    pipe: &'a mut P,
    deadline: Instant,
}

impl<P: AsFd> Bounded<'_, P> {
    fn await_ready(&self, flags: PollFlags) -> io::Result<()> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let limit = Timespec { tv_sec: left.as_secs().cast_signed() + 1, tv_nsec: 0 };
        if left.is_zero() || poll(&mut [PollFd::new(self.pipe, flags)], Some(&limit))? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }
}

impl<P: Read + AsFd> Read for Bounded<'_, P> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.await_ready(PollFlags::IN)?;
        self.pipe.read(bytes)
    }
}

impl<P: Write + AsFd> Write for Bounded<'_, P> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.await_ready(PollFlags::OUT)?;
        self.pipe.write(&bytes[..bytes.len().min(PART)])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pipe.flush()
    }
}

/// An error that the child sends to the parent.
#[derive(Serialize, Deserialize)]
struct Fault {
    message: String,
    hint: Option<String>,
}

impl Fault {
    fn of(error: &Error) -> Self {
        Self { message: error.to_string(), hint: error.hint().map(|hint| hint.to_string()) }
    }

    fn into_error(self) -> Error {
        let error = Error::Relayed(self.message);
        match self.hint {
            Some(hint) => error.with_hint(Hint::relayed(&hint)),
            None => error,
        }
    }
}

impl Drop for Delegate {
    fn drop(&mut self) {
        // All requests are answered. The process is killed, because its user could keep it from ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn broken(user: &str, why: &(impl std::fmt::Display + ?Sized)) -> Error {
    Error::Delegate { user: user.to_owned(), why: why.to_string() }
}

/// Answers the requests on standard input until it ends: the child's side.
pub fn serve_delegate() -> io::Result<()> {
    // Without std's buffers, in which private keys would stay.
    let mut requests = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut replies = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let flushes = Mutex::new(Flushes::default());
    while let Some(request) = receive(&mut requests)? {
        let reply = match serde_json::from_slice::<Request>(&request) {
            Ok(request) => request.perform(&flushes).map_err(|error| Fault::of(&error)),
            Err(error) => Err(Fault { message: error.to_string(), hint: None }),
        };
        send(&mut replies, &reply)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error of a long request to a process that runs `script` instead of answering.
    fn asked(script: &str) -> (String, Duration) {
        let started = Instant::now();
        let folder = tempfile::tempdir().expect("a folder").keep();
        let path = folder.join("delegate");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).expect("a mode");
        let (uid, gid) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
        let user = User { name: "alice".into(), uid, gid, home: "/".into() };
        let mut delegate = Delegate::start(&user, &path, "--act-as-user").expect("started");
        let request = Request::Look("x".repeat(1 << 20).into());
        let error = delegate.ask_within(Duration::from_secs(1), &request).err().expect("no answer");
        drop(delegate);
        std::fs::remove_dir_all(folder).expect("removed");
        (error.to_string(), started.elapsed())
    }

    #[test]
    fn wherever_a_user_stops_it_nobody_is_held_up() {
        for script in [
            "kill -STOP $$",
            "cat >/dev/null & kill -STOP $$",
            "exec >/dev/null; kill -STOP $$",
            // In the middle of an answer.
            "printf '\\377\\0\\0\\0\\0\\0\\0\\0{'; head -c 1100000 >/dev/null; kill -STOP $$",
            // A little at a time, for ever.
            "printf '\\377\\377\\377\\0\\0\\0\\0\\0'; cat >/dev/null & while echo; do sleep 0.2; done",
        ] {
            let (error, took) = asked(script);
            assert!(took < Duration::from_secs(10), "{script}: {took:?}");
            assert!(error.contains("alice"), "{script}: {error}");
        }
    }
}
