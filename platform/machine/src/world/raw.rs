//! System calls that neither std nor rustix offers in the form that is needed here. This is the only file with `unsafe`.

#![allow(unsafe_code, reason = "see above; each block says why it is sound")]

use std::os::fd::BorrowedFd;

use rustix::io::{FdFlags, fcntl_setfd};

/// Resets the signals that std leaves as they were inherited. Call it while there is one thread.
pub(super) fn reset_signals() {
    // SAFETY: no handler is installed, and no other thread runs yet.
    unsafe {
        // With SIGXFSZ ignored, a file that reaches the limit is an error, and does not kill the process.
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        // With SIGCHLD ignored, the kernel would not report how a helper ended.
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
    }
}

/// Closes the open `descriptor` when another program is started.
pub(super) fn close_on_exec(descriptor: i32) {
    // SAFETY: the descriptor is borrowed for this call only, which closes nothing, and fails if it is closed already.
    let _ = fcntl_setfd(unsafe { BorrowedFd::borrow_raw(descriptor) }, FdFlags::CLOEXEC);
}

/// The process id and user id of the program that listens at the other end of `stream` (unix(7), `SO_PEERCRED`). The process
/// id is 0 if this process cannot see that program: it runs outside of this process's container. rustix has no type for 0.
#[cfg(target_os = "linux")]
pub(super) fn peer(stream: &std::os::unix::net::UnixStream) -> std::io::Result<(u32, u32)> {
    use std::os::fd::AsRawFd;

    let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut length = libc::socklen_t::try_from(size_of::<libc::ucred>()).unwrap_or_default();
    // SAFETY: the descriptor is open, and the kernel writes at most `length` bytes, the size of `peer`, which has no
    // invalid values.
    let result = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut peer).cast(),
            &raw mut length,
        )
    };
    if result == 0 {
        Ok((u32::try_from(peer.pid).unwrap_or_default(), peer.uid))
    } else {
        Err(std::io::Error::last_os_error())
    }
}
