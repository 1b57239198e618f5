//! Running a program inside a machine: as whom, with what environment and input, for how long.

use super::machine::Machine;
use super::process::{Output, Process};
use super::terminal::Terminal;
use crate::documents;
use std::io::{Seek, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Runs its arguments if it is in the machine whose marker is `$0`, and otherwise nothing: a command that
/// landed elsewhere would change this machine.
const GUARD: &str = r#"read -r marker </run/lab-machine && [ "$marker" = "$0" ] && cd / && unset PWD OLDPWD && exec "$@"
echo "not in the lab's machine $0: nothing was run" >&2; exit 125"#;

/// A program to run inside a machine. Its environment holds what is named here and nothing else.
#[must_use]
pub(crate) struct Command<'m> {
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
        let limit = Duration::from_secs(120);
        Self { machine, line, under: vec![], user: None, environment: vec![], input: vec![], limit }
    }

    /// As this user, who is created with a home if need be; otherwise it is root.
    pub(crate) fn user(mut self, name: &str) -> Self {
        self.user = Some(name.to_owned());
        self
    }

    /// With one more environment variable, or another value for `PATH`, `HOME`, `USER`, `LANG`.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With these environment variables too.
    pub(crate) fn envs(self, variables: &[(&str, &str)]) -> Self {
        variables.iter().fold(self, |command, (name, value)| command.env(name, value))
    }

    /// With this as standard input, which otherwise is empty.
    pub(crate) fn stdin(mut self, input: impl AsRef<[u8]>) -> Self {
        input.as_ref().clone_into(&mut self.input);
        self
    }

    /// Killed, and the test failed, if it takes longer than this; otherwise than two minutes.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// As the argument of another program, such as `strace -f -o /tmp/trace`.
    pub(crate) fn under<I: IntoIterator<Item: Into<String>>>(mut self, line: I) -> Self {
        self.under.extend(line.into_iter().map(Into::into));
        self
    }

    /// With a clock that is this many days ahead, or behind; for programs that ask the C library for the
    /// time, so not for Docker's.
    pub(crate) fn at(self, days: i32) -> Self {
        // What is waited for is measured by another clock, which must go on as it does.
        self.under(["faketime", "-m", "--exclude-monotonic", "-f", &format!("{days:+}d")])
    }

    /// With a fault: an `inject` expression of strace(1), such as `fsync:error=EIO:when=2` or
    /// `rename:signal=KILL`. Each thread of each process counts its calls for itself.
    pub(crate) fn inject(self, fault: &str) -> Self {
        // Not with --seccomp-bpf: it is quicker, and signals are lost.
        let calls = fault.split(':').next().unwrap_or_default();
        let (trace, inject) = (format!("trace={calls}"), format!("inject={fault}"));
        self.under(["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject])
    }

    /// Runs it to its end; what labtrust prints with `--json` is as it is documented.
    #[track_caller]
    pub(crate) fn run(mut self) -> Output {
        let mut input = tempfile::tempfile().unwrap();
        input.write_all(&std::mem::take(&mut self.input)).unwrap();
        input.rewind().unwrap();
        let line = self.line.clone();
        let output = self.start(input.into()).finish();
        documents::check(&line, &output.stdout);
        output
    }

    /// Starts it on a terminal of its own, to be talked to.
    pub(crate) fn terminal(mut self) -> Terminal {
        let quoted: Vec<_> =
            self.under.drain(..).chain(self.line.drain(..)).map(|word| quote(&word)).collect();
        let script = format!("stty cols 120 rows 40; exec {}", quoted.join(" "));
        self.line = ["script", "--quiet", "--return", "--flush", "--command", &script, "/dev/null"]
            .map(str::to_owned)
            .to_vec();
        Terminal::new(self.start(Stdio::piped()))
    }

    fn start(self, stdin: Stdio) -> Process {
        let user = self.user.as_deref().unwrap_or("root");
        let mut command = std::process::Command::new("nsenter");
        let root = format!("/proc/{}/root", self.machine.pid());
        command.args([
            "--target",
            &self.machine.pid().to_string(),
            "--mount",
            "--uts",
            "--ipc",
            "--net",
            "--pid",
        ]);
        // Without these two, entering ends at the root of the mount namespace: outside of a machine that was
        // started in a chroot.
        command.args([format!("--root={root}"), format!("--wd={root}")]);
        command.args(["--", "sh", "-c", GUARD, self.machine.marker()]);
        // A session of its own: no terminal of ours to ask at, and one group of processes to end.
        command.args(["setsid", "--"]);
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
            .stdin(stdin);
        let words = self.under.iter().chain(&self.line);
        let name = words.map(|word| word.lines().next().unwrap_or("''")).collect::<Vec<_>>().join(" ");
        Process::start(command, name, Instant::now() + self.limit)
    }
}

fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
