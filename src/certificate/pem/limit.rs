//! How much a file may hold.

/// No bundle of certificates is larger than this; the largest in use hold a megabyte.
pub const MAX_SIZE: usize = 16 << 20;
/// No bundle holds more sections than this; the largest in use hold some four hundred.
pub const MAX_SECTIONS: usize = 5_000;
