//! Child processes: started by absolute path, without input, with a clean environment and a time limit.

use std::{
    env, fs,
    io::{self, Read},
    mem,
    os::unix::{
        fs::MetadataExt,
        process::{CommandExt, ExitStatusExt},
    },
    path::{Path, PathBuf},
    process::{self, Stdio},
    sync::{Arc, LazyLock, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use labtrust_plan::Command;
use rustix::{
    io::retry_on_intr,
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid},
};
use serde::{Deserialize, Serialize};

use super::folder::who_else_may_write;
use crate::{Error, Result};

/// The folders in which programs are searched.
const FOLDERS: [&str; 6] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

/// The folders in which programs are searched, in the form of PATH: only those that root alone can write to. Homebrew gives
/// `/usr/local/bin` to a user, who could put any program there. They are checked once a run.
pub fn trusted_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| {
        FOLDERS.into_iter().filter(|folder| is_roots(Path::new(folder))).collect::<Vec<_>>().join(":")
    });
    &PATH
}

/// The program `name` in one of those folders, if only root can write to it: the folder may contain a link to a user's
/// program.
pub(crate) fn trusted_program(name: &str) -> Option<PathBuf> {
    which::which_in(name, Some(trusted_path()), "/").ok().filter(|program| is_roots(program))
}

/// Whether only root can write to the file or folder at `path`, links followed. Root's group counts as root.
pub(super) fn is_roots(path: &Path) -> bool {
    fs::metadata(path)
        .is_ok_and(|found| found.uid() == 0 && matches!(who_else_may_write(None, path, &found, 0), Ok(None)))
}

/// How long to wait for a helper's output after its end: a service that it started may keep the output open forever.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The most output of a helper on one stream: a helper that prints more is stopped. certutil prints megabytes a second when it
/// asks for a password and has no terminal.
const LONGEST_OUTPUT: usize = 8 << 20;
/// The pause between two checks whether a child has ended.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// The exit status and the output of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// The lines, of both streams, that contain one of `texts`.
    pub(crate) fn lines_with(&self, texts: &[&str]) -> Vec<String> {
        let output = [&self.stdout, &self.stderr].map(|stream| String::from_utf8_lossy(stream));
        let lines = output.iter().flat_map(|stream| stream.lines()).map(str::trim);
        lines.filter(|line| texts.iter().any(|text| line.contains(text))).map(str::to_owned).collect()
    }

    /// The error for `command`, which ended like this.
    pub fn into_error(self, command: &Command) -> Error {
        let status = match (self.code, self.signal) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "no exit code".into(),
        };
        let output = if self.stderr.is_empty() { &self.stdout } else { &self.stderr };
        let output = String::from_utf8_lossy(output);
        let last = output.lines().rev().find(|line| !line.trim().is_empty());
        let output = last.map(|line| format!(": {}", line.trim())).unwrap_or_default();
        Error::Failed { command: command.to_string(), status, output }
    }
}

pub(super) fn run(command: &Command) -> Result<Output> {
    let start = |source| Error::Start { program: command.program.clone(), source };
    // A program without a path would be searched along PATH.
    if !command.program.is_absolute() {
        return Err(start(io::Error::new(io::ErrorKind::InvalidInput, "its path is not absolute")));
    }
    let mut child = process::Command::new(&command.program)
        .args(&command.arguments)
        .env_clear()
        .envs(environment())
        .envs(command.variables.iter().filter_map(|name| Some((name, env::var_os(name)?))))
        .env("HOME", command.home.as_deref().unwrap_or(Path::new("/")))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(start)?;
    let (end, ended) = mpsc::channel();
    let readers = (collect(child.stdout.take(), end.clone()), collect(child.stderr.take(), end.clone()));
    let limit = Duration::from_secs(command.seconds);
    let begun = Instant::now();
    announce_end(&child, end);
    if let Ok(End::Flooded) = ended.recv_timeout(limit) {
        stop(&mut child);
        return Err(Error::Flooded { command: command.to_string(), limit: LONGEST_OUTPUT });
    }
    let status = loop {
        match child.try_wait().map_err(start)? {
            Some(status) => break status,
            // Some systems report a stopped child as ended.
            None if begun.elapsed() < limit => thread::sleep(BETWEEN_LOOKS),
            None => {
                stop(&mut child);
                return Err(Error::Timeout { command: command.to_string(), limit });
            }
        }
    };
    Ok(Output {
        code: status.code(),
        signal: status.signal(),
        stdout: readers.0.take(),
        stderr: readers.1.take(),
    })
}

/// The end of the wait for a helper.
enum End {
    /// It ended.
    Exited,
    /// It printed more than it may.
    Flooded,
}

/// Sends to `end` when `child` has ended.
fn announce_end(child: &process::Child, end: mpsc::Sender<End>) {
    let Some(pid) = Pid::from_raw(child.id().cast_signed()) else { return };
    thread::spawn(move || {
        // The caller reaps the child: until then, its id belongs to no other process.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let _ = retry_on_intr(|| waitid(WaitId::Pid(pid), options));
        let _ = end.send(End::Exited);
    });
}

/// The environment of a helper, without any inherited variable such as `LD_*`, `PATH` or `HOME`.
fn environment() -> [(&'static str, &'static str); 2] {
    [("PATH", trusted_path()), ("LC_ALL", "C")]
}

/// The bytes that were read from a stream so far.
struct StreamReader {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: mpsc::Receiver<()>,
}

impl StreamReader {
    fn take(self) -> Vec<u8> {
        let _ = self.ended.recv_timeout(LAST_WORDS);
        mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads `stream` to its end. Sends to `flooded` if it gets too long, and drops the rest.
fn collect(mut stream: Option<impl Read + Send + 'static>, flooded: mpsc::Sender<End>) -> StreamReader {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let (end, ended) = mpsc::channel();
    let output = StreamReader { bytes: Arc::clone(&bytes), ended };
    thread::spawn(move || {
        let mut part = [0; 1 << 14];
        while let Some(stream) = &mut stream {
            let count = match stream.read(&mut part) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
            let room = LONGEST_OUTPUT.saturating_sub(bytes.len());
            bytes.extend_from_slice(&part[..count.min(room)]);
            if count > room {
                let _ = flooded.send(End::Flooded);
            }
        }
        let _ = end.send(());
    });
    output
}

fn stop(child: &mut process::Child) {
    if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_sees_no_environment_of_ours() -> Result<()> {
        let output = run(&Command::new("/usr/bin/env", [""; 0]))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let names: Vec<_> = text.lines().filter_map(|line| line.split('=').next()).collect();
        assert_eq!(
            names.iter().filter(|name| !["PATH", "LC_ALL", "HOME"].contains(name)).count(),
            0,
            "{text}"
        );
        Ok(())
    }

    #[test]
    fn a_service_that_a_helper_leaves_behind_holds_up_nobody() -> Result<()> {
        let started = Instant::now();
        let output = run(&Command::new("/bin/sh", ["-c", "echo output; sleep 20 &"]))?;
        assert_eq!(output.stdout, b"output\n");
        assert!(started.elapsed() < Duration::from_secs(10));
        Ok(())
    }

    #[test]
    fn a_helper_that_prints_without_end_is_stopped() {
        let started = Instant::now();
        for line in ["yes", "yes >&2"] {
            let result = run(&Command::new("/bin/sh", ["-c", line]));
            assert!(matches!(result, Err(Error::Flooded { .. })), "{line}: {result:?}");
        }
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_helper_that_hangs_is_stopped_with_its_children() {
        let started = Instant::now();
        let result = run(&Command::new("/bin/sh", ["-c", "sleep 60 & sleep 60"]).within(1));
        assert!(matches!(result, Err(Error::Timeout { .. })), "{result:?}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
