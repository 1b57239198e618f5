//! A machine of our own per test, because the programs under test change a whole system: its root
//! is an overlay of `/`, and its processes, network, host name and mounts are in namespaces.

use super::command::Command;
use super::process::{Output, Process};
use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const BOOT: &str = include_str!("boot.sh");

/// The environment variable that names another program to try than the one that was built with the tests.
pub(crate) const PROGRAM: &str = "LABTRUST_LAB_PROGRAM";

/// How long a machine may take to start, and to end.
const START: Duration = Duration::from_secs(20);

/// A disposable copy of this machine. Everything in it ends when it is dropped, or when this
/// process ends in whatever way: its first process waits for the end of a pipe that we hold.
pub(crate) struct Machine {
    init: Process,
    pid: u32,
    marker: String,
    users: Mutex<BTreeSet<String>>,
}

impl Machine {
    /// Starts a machine whose host name is `name`, with five anchors in its system store: the distribution's updater
    /// takes seconds for all of them, and how many there are is seldom what is tried.
    ///
    /// # Errors
    /// The reason why this machine can have no such copy: it takes root and Linux's namespaces.
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        Self::start(name, "few")
    }

    /// The same with all anchors that this machine has, for what depends on the size of the bundle.
    ///
    /// # Errors
    /// As for [`Machine::new`].
    pub(crate) fn with_all_anchors(name: &str) -> Result<Self, String> {
        Self::start(name, "all")
    }

    fn start(name: &str, anchors: &str) -> Result<Self, String> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let marker = format!("{name} {} {number}", std::process::id());
        let program = std::env::var(PROGRAM).unwrap_or_else(|_| env!("CARGO_BIN_EXE_labtrust").to_owned());
        let mut init = std::process::Command::new("unshare");
        init.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child"])
            .args(["setsid", "sh", "-c", BOOT, "boot", name, &program, anchors, &marker])
            .stdin(Stdio::piped());
        let mut init = Process::start(init, format!("start of {name}"), Instant::now() + START);
        while !init.ended() {
            if let Some(pid) = init.stdout().strip_suffix('\n').and_then(|line| line.parse().ok()) {
                let machine = Self { init, pid, marker, users: Mutex::default() };
                let entered = machine.run(["true"]);
                return if entered.code() == 0 { Ok(machine) } else { Err(entered.stderr) };
            }
            init.check_time("did not come to its end");
            std::thread::sleep(Duration::from_millis(2));
        }
        let reason = init.finish().stderr;
        Err(format!("{} (it takes root and namespaces: run scripts/test)", reason.trim()))
    }

    /// What the machine's `/run/lab-machine` holds, and that of no other machine.
    pub(super) fn marker(&self) -> &str {
        &self.marker
    }

    /// The number, outside, of the machine's first process.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// A program with its arguments, to be run in the machine in ways that can be chosen.
    pub(crate) fn command<I: IntoIterator<Item: Into<String>>>(&self, line: I) -> Command<'_> {
        Command::new(self, line.into_iter().map(Into::into).collect())
    }

    /// Runs a program as root.
    pub(crate) fn run<I: IntoIterator<Item: Into<String>>>(&self, line: I) -> Output {
        self.command(line).run()
    }

    /// Runs a program as `user`, who is there from then on, with a home.
    pub(crate) fn run_as<I: IntoIterator<Item: Into<String>>>(&self, user: &str, line: I) -> Output {
        self.command(line).user(user).run()
    }

    /// Runs a shell script as root.
    pub(crate) fn sh(&self, script: &str) -> Output {
        self.run(["sh", "-c", script])
    }

    /// Creates `user` with a home, unless that was done.
    pub(crate) fn ensure_user(&self, user: &str) {
        let mut users = self.users.lock().unwrap();
        if users.insert(user.to_owned()) {
            self.run(["useradd", "--create-home", "--shell", "/bin/bash", user]).succeeded();
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.init.child.stdin.take());
        let end = Instant::now() + START;
        while Instant::now() < end && !self.init.ended() {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
