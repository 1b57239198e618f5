//! Reads the settings of the user's tools, and asks the proxies that they use.

mod docker_context;
mod git;
mod login;
mod tools;

use std::time::Instant;

use crate::doctor::{Question, evidence::ClientSeen};

pub(super) fn read(question: &Question<'_>, deadline: Instant) -> ClientSeen {
    ClientSeen {
        docker_context: docker_context::chosen_engine(question.facts),
        tools: tools::tools(question, deadline),
        login: Some(login::file(question)),
    }
}

/// Runs every parser of this module, for the fuzz target.
#[cfg(fuzzing)]
pub(super) fn read_all(text: &str, host: &labtrust_plan::Host) {
    let _ = git::proxy(text, host);
    let _ = login::helper(text, &[]);
}
