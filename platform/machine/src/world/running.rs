//! Finds running programs that change a store and that this run did not start: the distributions' tools take no lock.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The bytes of a program's name that the kernel stores (proc(5), `/proc/pid/comm`).
const COMM_LENGTH: usize = 15;

/// The shells: programs that run a script given as an argument.
pub(crate) const SHELLS: [&str; 5] = ["sh", "dash", "bash", "ash", "busybox"];

/// A process, from `/proc/pid/status`.
struct Process {
    pid: u32,
    parent: u32,
    name: String,
    /// The effective user id.
    user: Option<u32>,
    is_alive: bool,
    /// How many process id namespaces it is in, from the one that `/proc` shows.
    depth: usize,
}

/// The processes of root that run one of the programs `names`, except our own ancestors. Only root can write to the machine's
/// stores, so other users' processes are not waited for.
pub(crate) fn running(names: &[&str]) -> Vec<u32> {
    let processes: Vec<Process> = pids().into_iter().filter_map(Process::read).collect();
    let mut ours = BTreeSet::new();
    let mut next = std::process::id();
    while ours.insert(next) {
        let Some(process) = processes.iter().find(|process| process.pid == next) else { break };
        next = process.parent;
    }
    processes
        .iter()
        .filter(|process| process.user == Some(0) && process.is_alive && !ours.contains(&process.pid))
        .filter(|process| names.iter().any(|name| process.runs(name)) && process.is_at_our_stores())
        .map(|process| process.pid)
        .collect()
}

/// The earliest start of the running processes called `names` of the user with the id `user`, or of all users, in milliseconds
/// since 1970; none if none of them runs.
pub(crate) fn earliest_start(names: &[String], user: Option<u32>) -> Option<u64> {
    let is_its = |process: &&Process| {
        process.is_alive
            && names.contains(&process.name)
            && user.is_none_or(|user| process.user == Some(user))
    };
    let processes = recent();
    processes.iter().filter(is_its).filter_map(|process| started(process.pid)).min()
}

/// The earliest start of root's processes called `name` that do not run in a container, in milliseconds since 1970; none if none
/// of them runs. A daemon in a container has other files, and another service restarts it.
pub(crate) fn daemon_start(name: &str) -> Option<u64> {
    let own_depth = Process::read(std::process::id())?.depth;
    let processes = recent();
    let named = processes.iter().filter(|process| process.is_alive && process.name == comm(name));
    let ours = named.filter(|process| {
        process.user == Some(0) && process.depth <= own_depth && process.has_our_root() != Some(false)
    });
    ours.filter_map(|process| started(process.pid)).min()
}

/// How long a list of processes counts: a report asks for many programs.
const RECENT: Duration = Duration::from_millis(500);

/// The processes as they were a moment ago.
fn recent() -> Arc<Vec<Process>> {
    static KNOWN: Mutex<Option<(Instant, Arc<Vec<Process>>)>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    match &*known {
        Some((at, processes)) if at.elapsed() < RECENT => Arc::clone(processes),
        _ => {
            let processes = Arc::new(pids().into_iter().filter_map(Process::read).collect());
            *known = Some((Instant::now(), Arc::clone(&processes)));
            processes
        }
    }
}

fn pids() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

impl Process {
    /// The process `pid`; none if it has ended.
    fn read(pid: u32) -> Option<Self> {
        let status = fs::read_to_string(file(pid, "status")).ok()?;
        let field = |name: &str| {
            let mut lines = status.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default().trim()
        };
        Some(Self {
            pid,
            parent: field("PPid").parse().unwrap_or(0),
            name: field("Name").to_owned(),
            // The second of the four is the effective one.
            user: field("Uid").split_whitespace().nth(1).and_then(|user| user.parse().ok()),
            is_alive: !field("State").starts_with(['Z', 'X']),
            depth: field("NSpid").split_whitespace().count(),
        })
    }

    /// Whether it can write to this machine's stores. A process in a container has other stores. A setuid program such as su
    /// does not count: a user may start it under any name, and let it wait for a password forever.
    fn is_at_our_stores(&self) -> bool {
        let program = fs::metadata(file(self.pid, "exe"));
        program.is_ok_and(|program| program.mode() & 0o4000 == 0) && self.has_our_root() == Some(true)
    }

    /// Whether it has the same root folder as this process; none if this process may not look.
    fn has_our_root(&self) -> Option<bool> {
        let id = |path: &Path| fs::metadata(path).ok().map(|folder| (folder.dev(), folder.ino()));
        Some(id(&file(self.pid, "root"))? == id(Path::new("/"))?)
    }

    fn runs(&self, name: &str) -> bool {
        if self.name == comm(name) {
            return true;
        }
        // `sh /usr/sbin/update-ca-certificates` has the shell's name.
        SHELLS.contains(&self.name.as_str()) && {
            let line = fs::read(file(self.pid, "cmdline")).unwrap_or_default();
            let words = line.split(|byte| *byte == 0).skip(1).take(3);
            words.map(String::from_utf8_lossy).any(|word| Path::new(word.as_ref()).ends_with(name))
        }
    }
}

/// When the process `pid` was started, in milliseconds since 1970: field 22 of `/proc/PID/stat` (proc(5))
/// counts hundredths of a second since boot.
pub(crate) fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks: u64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let uptime: f64 = fs::read_to_string("/proc/uptime").ok()?.split_whitespace().next()?.parse().ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
    let started = now - uptime + f64::from(u32::try_from(ticks).ok()?) / 100.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds since 1970 fit"
    )]
    Some((started * 1000.0) as u64)
}

fn file(pid: u32, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/{name}"))
}

fn comm(name: &str) -> &str {
    name.get(..COMM_LENGTH).unwrap_or(name)
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::disallowed_methods, reason = "tests act as other programs do")]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    /// A script that is busy for a while.
    fn script(folder: &Path) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join("update-ca-nothing");
        fs::write(&path, "#!/bin/sh -e\nsleep 60\n").expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        path
    }

    /// Whether `child` is found within `looks` attempts. A new process has its starter's name for a moment.
    fn is_seen(mut child: Child, looks: usize) -> bool {
        let seen = (0..looks).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            running(&["update-ca-nothing"]).contains(&child.id())
        });
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id()));
        let _ = child.kill();
        let _ = child.wait();
        for pid in children.unwrap_or_default().split_whitespace() {
            let _ = Command::new("kill").arg(pid).status();
        }
        seen
    }

    #[test]
    fn roots_updater_is_seen_however_it_was_started_and_nobody_elses() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = script(folder.path());
        let (few, many) = (100, 3_000);
        assert!(is_seen(Command::new(&path).spawn().expect("started"), many));
        assert!(is_seen(Command::new("/bin/sh").arg("-e").arg(&path).spawn().expect("started"), many));
        let named = |name: &str| {
            let line = format!("exec -a {name} sleep 60");
            Command::new("bash").args(["-c", &line]).spawn().expect("started")
        };
        // The name that a process gives itself in its arguments does not count.
        assert!(!is_seen(named("update-ca-nothing"), few));
        let mut editor = Command::new("tail");
        editor.args(["-f", "/dev/null"]).arg(&path);
        assert!(!is_seen(editor.stdout(std::process::Stdio::null()).spawn().expect("started"), few));
        let mut other = Command::new("/bin/sh");
        std::os::unix::process::CommandExt::uid(&mut other, 65534);
        std::os::unix::fs::chown(folder.path(), Some(65534), None).expect("given away");
        assert!(!is_seen(other.arg(&path).spawn().expect("started"), few));
    }

    #[test]
    fn a_daemon_in_a_container_is_not_this_machines() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a-test-daemon");
        fs::copy("/bin/sleep", &path).expect("a program");
        let mut child =
            Command::new("unshare").args(["--pid", "--fork", "--kill-child"]).arg(&path).arg("60").spawn();
        let seen = || earliest_start(&["a-test-daemon".into()], None);
        for _ in 0..50 {
            std::thread::sleep(Duration::from_millis(100));
            if seen().is_some() {
                break;
            }
        }
        let (all, own) = (seen(), daemon_start("a-test-daemon"));
        let _ = child.as_mut().map(|child| (child.kill(), child.wait()));
        assert!(all.is_some() && own.is_none(), "{all:?} {own:?}");

        let mut child = Command::new(&path).arg("60").spawn().expect("started");
        std::thread::sleep(2 * RECENT);
        let own = daemon_start("a-test-daemon");
        let _ = (child.kill(), child.wait());
        assert!(own.is_some());
    }

    #[test]
    fn a_program_runs_since_the_start_of_its_oldest_process() {
        let mine = fs::read_to_string("/proc/self/comm").expect("this process");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_millis();
        let since = earliest_start(&[mine.trim_end().to_owned()], None).expect("this process runs");
        assert!(u128::from(since) <= now && Some(since) <= started(std::process::id()), "{since} {now}");
        assert_eq!(earliest_start(&["no such program".into()], None), None);
    }
}
