//! Drives the program as people do, on whole machines that are thrown away afterwards.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

#[macro_use]
mod lab;
mod lab_selftest;
mod trust;
