//! Drives the program as people do, on whole machines that are thrown away afterwards.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the lab is not the program")]
#![allow(clippy::print_stdout, reason = "a test says how much it has tried")]

#[cfg(target_os = "linux")]
#[macro_use]
mod lab;
#[cfg(target_os = "linux")]
mod answers;
#[cfg(target_os = "linux")]
mod backup;
#[cfg(target_os = "linux")]
mod bad_input;
#[cfg(target_os = "linux")]
mod book;
#[cfg(target_os = "linux")]
mod cli;
#[cfg(target_os = "linux")]
mod container;
#[cfg(target_os = "linux")]
mod cut;
#[cfg(target_os = "linux")]
mod damage;
#[cfg(target_os = "linux")]
mod doctor;
mod documents;
#[cfg(target_os = "linux")]
mod examples;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(target_os = "linux")]
mod fetched;
#[cfg(target_os = "linux")]
mod fleet_page;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod hosts;
#[cfg(target_os = "linux")]
mod install;
mod judges;
#[cfg(target_os = "linux")]
mod keystore;
#[cfg(target_os = "linux")]
mod lab_selftest;
#[cfg(target_os = "linux")]
mod monitoring;
#[cfg(target_os = "linux")]
mod page;
#[cfg(target_os = "linux")]
mod pasted;
#[cfg(target_os = "linux")]
mod races;
#[cfg(target_os = "linux")]
mod readme;
#[cfg(target_os = "linux")]
mod recording;
#[cfg(target_os = "linux")]
mod refused;
#[cfg(target_os = "linux")]
mod release;
#[cfg(target_os = "linux")]
mod render;
#[cfg(target_os = "linux")]
mod renew;
#[cfg(target_os = "linux")]
mod request;
#[cfg(target_os = "linux")]
mod rollout;
#[cfg(target_os = "linux")]
mod rotate;
#[cfg(target_os = "linux")]
mod sealed;
#[cfg(target_os = "linux")]
mod secrets;
mod security;
#[cfg(target_os = "linux")]
mod settings;
#[cfg(target_os = "linux")]
mod setup;
#[cfg(target_os = "linux")]
mod shown;
#[cfg(target_os = "linux")]
mod trust;
