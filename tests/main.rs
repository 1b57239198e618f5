//! Drives the program as people do, on whole machines that are thrown away afterwards.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

#[cfg(target_os = "linux")]
#[macro_use]
mod lab;
#[cfg(target_os = "linux")]
mod lab_selftest;
