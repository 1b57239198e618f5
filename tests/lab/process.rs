//! A started program: it has a time limit, is killed when dropped, and its output is kept.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// A program that runs in a machine; dropped before its end, it is killed.
pub(super) struct Process {
    pub child: Child,
    name: String,
    stdout: File,
    stderr: File,
    end: Instant,
}

impl Process {
    /// Starts it. Its output goes to files: a daemon that keeps it open then holds up nobody.
    pub(super) fn start(mut command: std::process::Command, name: String, end: Instant) -> Self {
        let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        command.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
        let child = command.spawn().unwrap();
        Self { child, name, stdout, stderr, end }
    }

    /// Whether it has ended.
    pub(super) fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end, in bounds.
    pub(super) fn finish(mut self) -> Output {
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let name = std::mem::take(&mut self.name);
                let (bytes, stderr) = (contents(&self.stdout), text(&self.stderr));
                return Output { name, status, stdout: lossy(&bytes), bytes, stderr };
            }
            self.check_time("did not end");
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// What it has written so far.
    pub(super) fn stdout(&self) -> String {
        text(&self.stdout)
    }

    /// Fails the test, saying what did not happen, if its time is over.
    pub(super) fn check_time(&self, complaint: &str) {
        assert!(
            Instant::now() < self.end,
            "`{}` {complaint} in time; it wrote:\n{}{}",
            self.name,
            self.stdout(),
            text(&self.stderr)
        );
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended() {
            return;
        }
        // nsenter and unshare are left to see their child's end: an orphan would go to a stranger.
        let pid = self.child.id();
        let script = format!("kill -KILL $(sed 's/[0-9]*/-&/' /proc/{pid}/task/{pid}/children)");
        let _ = std::process::Command::new("sh").args(["-c", &script]).status();
        let _ = self.child.wait();
    }
}

/// How a program ended, and what it wrote.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    name: String,
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    bytes: Vec<u8>,
}

impl Output {
    /// The exit code; 128 and the signal's number if it was killed, as shells have it.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| 128 + self.status.signal().unwrap_or(0))
    }

    /// What it wrote to stdout, if that is no text.
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Itself, if the exit code is `code`; otherwise the test fails and shows everything.
    #[track_caller]
    pub(crate) fn exited(self, code: i32) -> Self {
        assert!(self.code() == code, "expected exit code {code}: {self}");
        self
    }

    /// Itself, if it succeeded; otherwise the test fails and shows everything.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        self.exited(0)
    }

    /// Itself, if it wrote `text` somewhere; otherwise the test fails and shows everything.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text) || self.stderr.contains(text), "expected {text:?}: {self}");
        self
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, status, stdout, stderr, .. } = self;
        write!(f, "`{name}`: {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

fn text(file: &File) -> String {
    lossy(&contents(file))
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn contents(file: &File) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}
