//! Whether there is a Docker engine to ask, and whether one may.

use labtrust_platform::world::engine::Door;

use super::{Check, Verdict};
use crate::doctor::{
    Case, Code, Finding, Severity,
    evidence::{Asked, EngineSeen},
};

pub const CHECK: Check =
    Check { id: "engine", title: "engine", codes: &[&MISSING, &DOWN, &NO_PERMISSION], judge };

const MISSING: Code = Code { id: "docker-missing", severity: Severity::Error, explains: &[] };
const DOWN: Code = Code { id: "daemon-down", severity: Severity::Error, explains: &[] };
const NO_PERMISSION: Code = Code { id: "daemon-no-permission", severity: Severity::Error, explains: &[] };

fn judge(case: &Case<'_>) -> Verdict {
    let Some(engine) = case.evidence.engines.first() else {
        return Finding::new(&MISSING, "Docker is not installed", "there is no engine that could log in")
            .advise("install Docker, or podman")
            .into();
    };
    let socket = engine.socket.as_ref().map_or_else(String::new, |path| path.display().to_string());
    match &engine.door {
        Door::Open => answers(engine, &socket),
        Door::Forbidden => Finding::new(
            &NO_PERMISSION,
            format!("you may not use {socket}"),
            "the engine's socket is for root and the group docker",
        )
        .command(format!("sudo usermod -aG docker {}", case.evidence.facts.user.name))
        .into(),
        Door::Absent | Door::Deserted => Finding::new(
            &DOWN,
            format!("{} does not run", engine.title),
            "every docker command asks the engine, and nobody listens on its socket",
        )
        .into(),
        Door::Unknown(why) => Verdict::fault(format!("{socket}: {why}")),
    }
}

fn answers(engine: &EngineSeen, socket: &str) -> Verdict {
    match &engine.version {
        Asked::Answered(version) => {
            Verdict::passed(format!("Docker {} answers on {socket}", version.version))
        }
        Asked::Failed(why) => Verdict::fault(why.clone()),
        Asked::Not => Verdict::fault(format!("{socket} was not asked")),
    }
}
