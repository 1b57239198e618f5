//! Reads the settings of a user's tools, and tries the proxies that they name.

mod door;
mod git;
mod tools;

use std::{env, path::PathBuf, time::Instant};

use labtrust_platform::Facts;

use crate::doctor::{Question, evidence::ClientSeen};

pub fn look(question: &Question<'_>, deadline: Instant) -> ClientSeen {
    ClientSeen { door: door::door(question.facts), tools: tools::tools(question, deadline) }
}

/// The folder of the docker command's settings, of whoever called us.
pub fn folder(facts: &Facts) -> PathBuf {
    let own = env::var_os("DOCKER_CONFIG").map(PathBuf::from).filter(|folder| folder.is_absolute());
    own.unwrap_or_else(|| facts.invoker.as_ref().unwrap_or(&facts.user).home.join(".docker"))
}

/// A variable of this process's, if it is set to something.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Every parser of this module, for the fuzz target.
#[cfg(fuzzing)]
pub fn read_all(text: &str, host: &labtrust_platform::Host) {
    let _ = git::proxy(text, host);
}
