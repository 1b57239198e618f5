//! Running a program inside a machine: as whom, with what environment and input, for how long.

use super::machine::Machine;
use super::terminal::Terminal;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program to run inside a machine. Its environment holds what is named here and nothing else.
#[must_use]
pub struct Command<'m> {
    machine: &'m Machine,
    line: Vec<String>,
    under: Vec<String>,
    user: Option<String>,
    environment: Vec<(String, String)>,
    input: Vec<u8>,
    limit: Duration,
}

impl<'m> Command<'m> {
    pub(super) fn new(machine: &'m Machine, line: Vec<String>) -> Self {
        let limit = Duration::from_secs(60);
        Self { machine, line, under: vec![], user: None, environment: vec![], input: vec![], limit }
    }

    /// As this user, who is created with a home if need be; otherwise it is root.
    pub fn user(mut self, name: &str) -> Self {
        self.user = Some(name.to_owned());
        self
    }

    /// With one more environment variable, or another value for `PATH`, `HOME`, `USER`, `LANG`.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this as standard input, which otherwise is empty.
    pub fn stdin(mut self, input: impl AsRef<[u8]>) -> Self {
        input.as_ref().clone_into(&mut self.input);
        self
    }

    /// Killed, and the test failed, if it takes longer than this; otherwise than a minute.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// As the argument of another program, such as `strace -f -o /tmp/trace`.
    pub fn under<I: IntoIterator<Item: Into<String>>>(mut self, line: I) -> Self {
        self.under.extend(line.into_iter().map(Into::into));
        self
    }

    /// With a fault: an `inject` expression of strace(1), such as `fsync:error=EIO:when=2` or
    /// `rename:signal=KILL:when=1`.
    pub fn inject(self, fault: &str) -> Self {
        let inject = format!("inject={fault}");
        self.under(["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject])
    }

    /// Runs it to its end.
    pub fn run(self) -> Output {
        let running = self.start();
        running.finish()
    }

    /// Starts it on a terminal of its own, to be talked to.
    pub fn terminal(mut self) -> Terminal {
        let quoted: Vec<_> =
            self.under.drain(..).chain(self.line.drain(..)).map(|word| quote(&word)).collect();
        let script = format!("stty cols 120 rows 40; exec {}", quoted.join(" "));
        self.line = ["script", "--quiet", "--return", "--flush", "--command", &script, "/dev/null"]
            .map(str::to_owned)
            .to_vec();
        Terminal::new(self.spawn(Stdio::piped()))
    }

    fn start(mut self) -> Running {
        let input = std::mem::take(&mut self.input);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&input).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        self.spawn(file.into())
    }

    /// Output goes to files, so that a daemon that keeps its starter's output open holds up nothing.
    fn spawn(self, stdin: Stdio) -> Running {
        let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let user = self.user.as_deref().unwrap_or("root");
        let mut command = std::process::Command::new("nsenter");
        command.args(["--target", &self.machine.pid().to_string()]);
        // A session of its own: no terminal of ours to ask at, and one group of processes to end.
        command.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--", "setsid", "--"]);
        if user != "root" {
            self.machine.ensure_user(user);
            command.args(["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--"]);
        }
        let home = if user == "root" { "/root".to_owned() } else { format!("/home/{user}") };
        command
            .args(&self.under)
            .args(&self.line)
            .env_clear()
            .envs([("PATH", PATH), ("LANG", "C.UTF-8"), ("USER", user), ("LOGNAME", user), ("HOME", &home)])
            .envs(self.environment)
            .stdin(stdin)
            .stdout(stdout.try_clone().unwrap())
            .stderr(stderr.try_clone().unwrap());
        let child = command.spawn().unwrap();
        let words = self.under.iter().chain(&self.line);
        let name = words.map(|word| word.lines().next().unwrap_or("''")).collect::<Vec<_>>().join(" ");
        Running { child, name, stdout, stderr, end: Instant::now() + self.limit }
    }
}

/// A program that runs in a machine; dropped before its end, it is killed.
pub(super) struct Running {
    pub child: Child,
    name: String,
    stdout: File,
    stderr: File,
    end: Instant,
}

impl Running {
    /// Waits for its end, in bounds.
    pub fn finish(mut self) -> Output {
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let (stdout, stderr) = (self.stdout(), text(&self.stderr));
                return Output { name: self.name.clone(), status, stdout, stderr };
            }
            self.check_time("did not end");
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// What it has written so far.
    pub fn stdout(&self) -> String {
        text(&self.stdout)
    }

    /// Fails the test, saying what did not happen, if its time is over.
    pub fn check_time(&self, complaint: &str) {
        assert!(
            Instant::now() < self.end,
            "`{}` {complaint} in time; it wrote:\n{}{}",
            self.name,
            self.stdout(),
            text(&self.stderr)
        );
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // nsenter is left to see its child's end: an orphan would be handed to a stranger.
            let nsenter = self.child.id();
            let script = format!("kill -KILL $(sed 's/[0-9]*/-&/' /proc/{nsenter}/task/{nsenter}/children)");
            let _ = std::process::Command::new("sh").args(["-c", &script]).status();
            let _ = self.child.wait();
        }
    }
}

/// How a program ended, and what it wrote.
#[derive(Clone, Debug)]
pub struct Output {
    name: String,
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// The exit code; 128 and the signal's number if it was killed, as shells have it.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| 128 + self.status.signal().unwrap_or(0))
    }

    /// Itself, if the exit code is `code`; otherwise the test fails and shows everything.
    #[track_caller]
    pub fn exited(self, code: i32) -> Self {
        assert!(self.code() == code, "expected exit code {code}: {self}");
        self
    }

    /// Itself, if it succeeded; otherwise the test fails and shows everything.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        self.exited(0)
    }

    /// Itself, if it wrote `text` somewhere; otherwise the test fails and shows everything.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text) || self.stderr.contains(text), "expected {text:?}: {self}");
        self
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, status, stdout, stderr } = self;
        write!(f, "`{name}`: {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

fn text(file: &File) -> String {
    let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
