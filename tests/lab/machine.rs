//! A machine of our own per test, because the programs under test change a whole system: its root
//! is an overlay of `/`, and its processes, network, host name and mounts are in namespaces.

use super::command::{Command, Output};
use super::tree::Manifest;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A disposable copy of this machine. Everything in it ends when it is dropped, or when this
/// process ends in whatever way: its first process waits for the end of a pipe that we hold.
pub struct Machine {
    init: Child,
    pid: u32,
    users: Mutex<BTreeSet<String>>,
}

impl Machine {
    /// Starts a machine whose host name is `name`.
    ///
    /// # Errors
    /// The reason why this machine can have no such copy: it takes root and Linux's namespaces.
    pub fn new(name: &str) -> Result<Self, String> {
        let boot = include_str!("boot.sh");
        let mut init = std::process::Command::new("unshare")
            .args(["--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child"])
            .args(["sh", "-c", boot, "boot", name, env!("CARGO_BIN_EXE_labtrust")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("unshare cannot be run: {error}"))?;
        let mut line = String::new();
        BufReader::new(init.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if let Ok(pid) = line.trim().parse() {
            return Ok(Self { init, pid, users: Mutex::default() });
        }
        let output = init.wait_with_output().unwrap();
        let reason = String::from_utf8_lossy(&output.stderr);
        Err(format!("{} (it takes root and namespaces: run scripts/test)", reason.trim()))
    }

    /// The number, outside, of the machine's first process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// A program with its arguments, to be run in the machine in ways that can be chosen.
    pub fn command<I: IntoIterator<Item: Into<String>>>(&self, line: I) -> Command<'_> {
        Command::new(self, line.into_iter().map(Into::into).collect())
    }

    /// Runs a program as root.
    pub fn run<I: IntoIterator<Item: Into<String>>>(&self, line: I) -> Output {
        self.command(line).run()
    }

    /// Runs a program as `user`, who is there from then on, with a home.
    pub fn run_as<I: IntoIterator<Item: Into<String>>>(&self, user: &str, line: I) -> Output {
        self.command(line).user(user).run()
    }

    /// Runs a shell script as root.
    pub fn sh(&self, script: &str) -> Output {
        self.run(["sh", "-c", script])
    }

    /// Creates `user` with a home, unless that was done.
    pub fn ensure_user(&self, user: &str) {
        let mut users = self.users.lock().unwrap();
        if users.insert(user.to_owned()) {
            self.run(["useradd", "--create-home", "--shell", "/bin/bash", user]).succeeded();
        }
    }

    /// A file's contents.
    pub fn read(&self, path: &str) -> String {
        self.run(["cat", "--", path]).succeeded().stdout
    }

    /// Writes a file as root, 0644, and the folders above it.
    pub fn write(&self, path: &str, contents: &str) {
        let script = r#"mkdir -p "$(dirname "$1")" && cat >"$1""#;
        self.command(["sh", "-c", script, "write", path]).stdin(contents).run().succeeded();
    }

    /// Whether something, a dangling link too, is at `path`.
    pub fn has(&self, path: &str) -> bool {
        self.run(["sh", "-c", r#"[ -e "$1" ] || [ -L "$1" ]"#, "has", path]).code() == 0
    }

    /// What differs now between the machine's tree and that of the machine it is a copy of.
    pub fn manifest(&self) -> Manifest {
        Manifest::of(&self.layer("upper"), &self.layer("root"))
    }

    /// What changed since `before`, one line a path; empty if the tree is as it was, byte for byte.
    pub fn changes_since(&self, before: &Manifest) -> Vec<String> {
        before.changes_to(&self.manifest())
    }

    /// Lays a cable to `client`: it reaches this machine at 192.0.2.10, and is itself `address`.
    pub fn connect(&self, client: &Self, address: &str) {
        let cable = format!("to-{}", client.pid);
        let peer = client.pid.to_string();
        // From outside only the network is entered: a process number counts in our own numbering.
        let outside = |pid: u32, line: &[&str]| {
            let status = std::process::Command::new("nsenter")
                .args(["--target", &pid.to_string(), "--net", "ip"])
                .args(line)
                .status()
                .unwrap();
            assert!(status.success(), "ip {} failed", line.join(" "));
        };
        outside(self.pid, &["link", "add", &cable, "type", "veth", "peer", "name", "eth0", "netns", &peer]);
        outside(self.pid, &["link", "set", &cable, "up"]);
        outside(self.pid, &["route", "add", address, "dev", &cable, "src", "192.0.2.10"]);
        outside(client.pid, &["address", "del", "192.0.2.10/32", "dev", "lo"]);
        outside(client.pid, &["address", "add", address, "dev", "eth0"]);
        outside(client.pid, &["link", "set", "eth0", "up"]);
        outside(client.pid, &["route", "add", "192.0.2.10", "dev", "eth0"]);
    }

    /// The first process's working folder holds the overlay's layers, and nobody else sees them.
    fn layer(&self, name: &str) -> PathBuf {
        match name {
            "root" => PathBuf::from(format!("/proc/{}/root", self.pid)),
            name => PathBuf::from(format!("/proc/{}/cwd/{name}", self.pid)),
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.init.stdin.take());
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            if matches!(self.init.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = self.init.kill(); // and unshare's --kill-child ends the first process, and so all
        let _ = self.init.wait();
    }
}
