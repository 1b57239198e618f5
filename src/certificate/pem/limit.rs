//! Limits of a file.

/// The largest file; the largest bundles in use have a megabyte.
pub const MAX_SIZE: usize = 16 << 20;
/// The most sections of a file; the largest bundles in use have about four hundred.
pub const MAX_SECTIONS: usize = 5_000;
