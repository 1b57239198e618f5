//! The Docker daemon's own builder. It reads Docker's `certs.d` when it first uses a registry, and keeps what it read: a build
//! that failed before the CA was trusted goes on failing until the daemon restarts (measured with 28.5).

use labtrust_machine::Outcome;
use labtrust_plan::{Facts, Service, ShellLine, fact::Engine, store::DOCKER};

/// A note that names the restart for `docker build`, if these `outcomes` changed the registries' folders of an engine of this
/// machine that no other store restarts.
pub(crate) fn note(facts: &Facts, outcomes: &[Outcome]) -> Option<String> {
    let has_changed = outcomes.iter().any(|outcome| outcome.store.as_str() == DOCKER && outcome.changed);
    let is_asked = |engine: &&Engine| {
        engine.owner.is_none()
            && engine.socket.is_some()
            && engine.has_folder_here()
            && !engine.kind.is_podman()
    };
    let engine = facts.engines.iter().find(is_asked).filter(|_| has_changed)?;
    let service = Service::engine(engine);
    if outcomes.iter().flat_map(|outcome| &outcome.restart).any(|restart| restart.is(&service)) {
        return None;
    }
    let how = service.restart.as_ref().map_or_else(
        || format!("restart {}", service.title),
        |restart| format!("run {}", ShellLine::from(restart).by_root()),
    );
    Some(format!(
        "Docker's own builder keeps what it read for a registry: if docker build failed before, it fails until you {how}"
    ))
}
