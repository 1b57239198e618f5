//! What this process's environment says of the docker command.

use std::{env, path::PathBuf};

use labtrust_plan::Facts;

/// The folder of the docker command's settings, of whoever called us.
pub(super) fn docker_config(facts: &Facts) -> PathBuf {
    let own = env::var_os("DOCKER_CONFIG").map(PathBuf::from).filter(|folder| folder.is_absolute());
    own.unwrap_or_else(|| facts.invoker.as_ref().unwrap_or(&facts.user).home.join(".docker"))
}

/// A variable of this process's, if it is set to something.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
