//! Resets what this process inherits, before anything else is done. A foreign file size limit would truncate files, a umask
//! would open them to others, and open descriptors would reach helpers that run with fewer rights.

use std::fs;

use rustix::{
    fs::Mode,
    process::{Resource, Rlimit, getrlimit, setrlimit, umask},
};

use super::raw::{close_on_exec, reset_signals};

/// Resets signals, limits, umask and descriptors. Call it first, while there is one thread and no open file.
pub fn shed() {
    refuse_core_dumps();
    let_files_grow();
    // Our own files get an explicit mode. Helpers' files become readable for all and writable for us.
    umask(Mode::from_bits_truncate(0o022));
    reset_signals();
    inherited().into_iter().for_each(close_on_exec);
}

/// Forbids core dumps, which would contain keys. On Linux the process is marked as not dumpable: that also works if cores are
/// piped to a program, it hides the memory from other processes of the same user, and daemons that a helper restarts do not
/// inherit it, unlike a limit.
fn refuse_core_dumps() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    #[cfg(not(target_os = "linux"))]
    {
        let maximum = getrlimit(Resource::Core).maximum;
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    }
}

/// Raises the limit on file sizes: a truncated bundle is worse than a large one. Root may remove the limit; other users may
/// raise it to its hard limit.
fn let_files_grow() {
    let unlimited = Rlimit { current: None, maximum: None };
    if setrlimit(Resource::Fsize, unlimited).is_err() {
        let maximum = getrlimit(Resource::Fsize).maximum;
        let _ = setrlimit(Resource::Fsize, Rlimit { current: maximum, maximum });
    }
}

/// The open descriptors, except standard input, output and error.
fn inherited() -> Vec<i32> {
    let folder = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|number| *number > 2).collect()
}
