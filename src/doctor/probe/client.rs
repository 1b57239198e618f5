//! Reads the settings of the user's tools, and asks the proxies that they use.

mod containers;
mod git;
mod login;
mod tools;

use std::time::Instant;

use labtrust_machine::probe::docker_context;
use labtrust_plan::{Endpoint, Facts};

use crate::doctor::{
    Question,
    evidence::{Asked, ClientSeen, DockerContextSeen, LoginFileSeen, Redacted},
};

pub(super) use self::containers::ask as ask_container_tool;

pub(super) fn read(question: &Question<'_>, deadline: Instant) -> ClientSeen {
    ClientSeen {
        docker_context: chosen_engine(question.facts),
        tools: tools::tools(question, deadline),
        login: None,
        containers: None,
    }
}

/// The file in which `docker login` stores the login of `registry`.
pub(super) fn login_file(facts: &Facts, registry: &Endpoint) -> LoginFileSeen {
    login::file(facts, registry)
}

/// The daemon that a setting of the docker command names, without a password.
fn chosen_engine(facts: &Facts) -> Option<DockerContextSeen> {
    let context = docker_context(facts)?;
    let at = match context.address {
        Ok(address) => Asked::Answered(Redacted::engine(&address)),
        Err(why) => Asked::Failed(why.into()),
    };
    Some(DockerContextSeen { told_by: context.told_by.into(), at })
}

/// Runs every parser of this module, for the fuzz target.
#[cfg(fuzzing)]
pub(super) fn read_all(text: &str, host: &labtrust_plan::Host) {
    let _ = git::proxy(text, host);
    let _ = login::helper(text, "");
}
