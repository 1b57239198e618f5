//! Drives the program as people do, on whole machines that are thrown away afterwards.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the lab is not the program")]

#[macro_use]
mod lab;
mod interrupted;
mod judges;
mod lab_selftest;
mod trust;
