//! What whoever started this process left to it, put right before anything else is done: with a file
//! size limit, a umask or a descriptor of somebody else's choosing, files would be cut off, be open to
//! all, or reach helpers that run with fewer rights.
//!
//! This is the one file with `unsafe` in it: std ignores SIGPIPE alone, and rustix, rightly, takes no
//! bare descriptor's number for a descriptor.

#![allow(unsafe_code, reason = "see above; each block says why it is sound")]

use std::{fs, os::fd::BorrowedFd};

use rustix::{
    fs::Mode,
    io::{FdFlags, fcntl_setfd},
    process::{Resource, Rlimit, getrlimit, setrlimit, umask},
};

/// Sheds it. To be called first, while there is one thread and nothing is open.
pub fn shed() {
    refuse_core_dumps();
    let_files_grow();
    // What we make has its mode set; what helpers make is for all to read and ours to write.
    umask(Mode::from_bits_truncate(0o022));
    // SAFETY: no handler is installed, and no other thread runs yet.
    unsafe {
        // Then a file that may not grow is an error with a name, not a sudden death.
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        // If it is ignored, the kernel lets nobody know how a helper ended.
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
    }
    for descriptor in inherited() {
        // SAFETY: it is borrowed for this call alone, which closes nothing and fails for one that is
        // closed already.
        let _ = fcntl_setfd(unsafe { BorrowedFd::borrow_raw(descriptor) }, FdFlags::CLOEXEC);
    }
}

/// A core dump would hold keys. On Linux the process says so of itself: it holds also where cores are
/// piped to a program, it keeps others of the same user from looking into its memory, and daemons that
/// a helper restarts do not inherit it as they would a limit.
fn refuse_core_dumps() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    #[cfg(not(target_os = "linux"))]
    {
        let maximum = getrlimit(Resource::Core).maximum;
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    }
}

/// A bundle that is cut off is worse than one that takes more room than somebody had in mind. Root may
/// raise the limit, and everybody may as far as its upper bound.
fn let_files_grow() {
    let unlimited = Rlimit { current: None, maximum: None };
    if setrlimit(Resource::Fsize, unlimited).is_err() {
        let maximum = getrlimit(Resource::Fsize).maximum;
        let _ = setrlimit(Resource::Fsize, Rlimit { current: maximum, maximum });
    }
}

/// The descriptors that are open, but for standard input, output and error.
fn inherited() -> Vec<i32> {
    let folder = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|number| *number > 2).collect()
}
