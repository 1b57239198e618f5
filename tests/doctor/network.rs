//! The way there.
