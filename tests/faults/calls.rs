//! The system calls by which a run changes files, from strace(1). At each of them the run can be killed, or the call can fail.

use super::scene::Scene;

/// Calls that change files, with their names on all architectures.
pub(super) const CHANGING: [&str; 22] = [
    "openat",
    "write",
    "pwrite64",
    "writev",
    "truncate",
    "ftruncate",
    "mkdir",
    "mkdirat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "symlink",
    "symlinkat",
    "link",
    "linkat",
    "chmod",
    "fchmod",
    "fchmodat",
    "fchown",
];

/// Calls that can fail on a full, broken or read-only disk.
pub(super) const FAILING: [&str; 10] = [
    "write",
    "pwrite64",
    "writev",
    "fsync",
    "fdatasync",
    "mkdir",
    "mkdirat",
    "rename",
    "renameat",
    "renameat2",
];

/// One call of labtrust's own.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Its name, as the kernel has it.
    pub name: String,
    /// Which of the calls of that name it is, from 1: what strace's `when` counts.
    pub nth: usize,
    /// Its arguments.
    pub arguments: String,
}

impl Call {
    /// The calls among `names` that the verb of `scene` makes itself; those of its children are left out.
    pub(super) fn all(scene: &Scene, names: &[&str]) -> Vec<Self> {
        let trace = format!("trace={}", set(names));
        let strace = [&STRACE[..], &["-o", "/tmp/trace", "-e", &trace]].concat();
        scene.ends(scene.run_under(&strace));
        let mut counts = std::collections::BTreeMap::new();
        let mut calls = Vec::new();
        let trace = scene.machine.read("/tmp/trace");
        for (name, arguments) in of_the_work(&trace) {
            let nth = counts.entry(name.to_owned()).or_insert(0);
            *nth += 1;
            if changes_a_file(name, arguments) {
                calls.push(Self { name: name.to_owned(), nth: *nth, arguments: arguments.to_owned() });
            }
        }
        calls
    }

    /// The strace command that causes `fault` at this call.
    pub(super) fn strace(&self, fault: &str) -> Vec<String> {
        let Self { name, nth, .. } = self;
        let (trace, inject) = (format!("trace={name}"), format!("inject={name}:{fault}:when={nth}"));
        let strace = [&STRACE[..], &["-o", "/tmp/hit", "-e", &trace, "-e", &inject]].concat();
        strace.into_iter().map(str::to_owned).collect()
    }

    /// Fails unless the fault hit this call.
    pub(super) fn check_hit(&self, scene: &Scene) {
        assert!(self.is_hit(scene), "the fault hit another call:\n{}", scene.machine.read("/tmp/hit"));
    }

    /// Whether the fault hit this call, and not another one of the same name: the number of files that are opened for reading
    /// depends on the other programs on the machine.
    pub(super) fn is_hit(&self, scene: &Scene) -> bool {
        let text = scene.machine.read("/tmp/hit");
        let hit = of_the_work(&text).into_iter().filter(|(name, _)| *name == self.name).nth(self.nth - 1);
        hit.is_some_and(|(name, arguments)| changes_a_file(name, arguments))
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}({}", self.nth, self.name, self.arguments)
    }
}

/// strace for all threads of one program, but not for its children after execve. It counts the calls of each thread
/// separately.
const STRACE: [&str; 7] = ["strace", "-f", "--detach-on=execve", "-qq", "-y", "-s", "0"];

/// The calls in `trace`, as names and arguments, of the thread that makes most of them: labtrust works in one thread.
fn of_the_work(trace: &str) -> Vec<(&str, &str)> {
    let mut threads = std::collections::BTreeMap::<&str, Vec<_>>::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        threads.entry(thread).or_default().extend(call.trim_start().split_once('('));
    }
    threads.into_values().max_by_key(Vec::len).unwrap_or_default()
}

/// `names` for strace, as optional: an architecture may lack some of them.
pub(super) fn set(names: &[&str]) -> String {
    names.iter().map(|name| format!("?{name}")).collect::<Vec<_>>().join(",")
}

fn changes_a_file(name: &str, arguments: &str) -> bool {
    match name {
        "openat" => arguments.contains("O_CREAT"),
        // Output for people or for a child is not a file.
        "write" | "writev" => {
            let path = arguments.split_once('<').map_or("", |(_, rest)| rest);
            let is_report = arguments.starts_with("1<") || arguments.starts_with("2<");
            !is_report && path.starts_with('/') && !path.starts_with("/dev/") && !path.starts_with("/proc/")
        }
        _ => true,
    }
}
