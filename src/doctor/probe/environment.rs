//! Reads this process's environment variables for the docker command.

use std::{env, path::PathBuf};

use labtrust_plan::Facts;

/// The folder of the docker command's settings, of the user who runs labtrust.
pub(super) fn docker_config(facts: &Facts) -> PathBuf {
    let own = env::var_os("DOCKER_CONFIG").map(PathBuf::from).filter(|folder| folder.is_absolute());
    own.unwrap_or_else(|| facts.invoker.as_ref().unwrap_or(&facts.user).home.join(".docker"))
}

/// The environment variable `name`, if it is not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
