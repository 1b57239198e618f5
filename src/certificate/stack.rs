//! Wipes the stack: the crates that sign move keys on it, and leave copies.

use zeroize::Zeroize as _;

/// How much of the stack is wiped, in bytes. The deepest of setup, renew, rotate, import, backup and restore used 92 kB
/// in a release build; a build without optimisation uses several times as much.
const WIPED: usize = if cfg!(debug_assertions) { 1 << 20 } else { 256 << 10 };

/// Wipes the stack below its caller.
#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "the stack is what it wipes; a run has eight times as much")]
pub(crate) fn wipe() {
    // `u128` is the largest integer, and each is written by itself.
    let mut below = [0_u128; WIPED / size_of::<u128>()];
    below.zeroize();
    std::hint::black_box(&below);
}
