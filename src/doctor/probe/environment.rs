//! Reads this process's environment variables for the user's tools.

use std::env;

pub(super) use labtrust_machine::probe::docker_config;

/// The environment variable `name`, if it is not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
