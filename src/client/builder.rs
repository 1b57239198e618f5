//! The builder of a Docker daemon. It reads Docker's `certs.d` when it first uses a registry, and keeps what it read until the
//! daemon restarts: a build that failed before the CA was trusted goes on failing (measured with 28.5), and one that used the
//! registry before the CA was removed may go on trusting it.

use std::path::Path;

use labtrust_machine::Outcome;
use labtrust_plan::{Facts, Service, ShellLine, Wanted, fact::Engine, store::DOCKER};

/// Notes that name the restarts for `docker build`: of each engine of this machine and its people whose folders of registries these
/// `outcomes` changed, and that no other store restarts. The CA is `wanted` there, or gone.
pub(crate) fn notes(facts: &Facts, outcomes: &[Outcome], wanted: Wanted) -> Vec<String> {
    let changed: Vec<&Outcome> =
        outcomes.iter().filter(|one| one.store.as_str() == DOCKER && one.changed).collect();
    // The subject of an outcome is the registry's folder.
    let reads_changed = |engine: &&Engine| {
        !engine.kind.is_podman()
            && changed.iter().any(|one| Path::new(&one.subject).starts_with(&engine.certs_d))
    };
    let runs_here = |engine: &&Engine| {
        engine.socket.is_some() && engine.has_folder_here() && !engine.kind.copies_at_start()
    };
    let engines = facts.engines.iter().filter(reads_changed).filter(runs_here);
    let mut notes: Vec<String> = engines.filter_map(|engine| note(engine, outcomes, wanted)).collect();
    notes.dedup();
    notes
}

fn note(engine: &Engine, outcomes: &[Outcome], wanted: Wanted) -> Option<String> {
    let service = Service::engine(engine);
    if outcomes.iter().flat_map(|outcome| &outcome.restart).any(|restart| restart.is(&service)) {
        return None;
    }
    let how = service.restart.as_ref().map_or_else(
        || format!("restart {}", service.title),
        |restart| format!("run {}", ShellLine::from(restart).by_root()),
    );
    let until = match wanted {
        Wanted::There => "if docker build failed before, it fails until you",
        Wanted::Gone => "if docker build used it before, it may trust the CA until you",
    };
    Some(format!("Docker's own builder keeps what it read for a registry: {until} {how}"))
}

#[cfg(test)]
mod tests {
    use labtrust_machine::session::OutcomeState;
    use labtrust_plan::StoreId;
    use serde_json::json;

    use super::*;

    /// A machine with root's daemon and one of a person.
    fn facts() -> Facts {
        let root = json!({ "name": "root", "uid": 0, "gid": 0, "home": "/root" });
        let dora = json!({ "name": "dora", "uid": 1000, "gid": 1000, "home": "/home/dora" });
        let restart = json!({ "program": "/usr/bin/systemctl", "arguments": ["restart", "docker"] });
        let engines = json!([
            { "kind": "rootful", "certs_d": "/etc/docker/certs.d", "socket": "/run/docker.sock", "restart": restart },
            { "kind": "rootless", "certs_d": "/home/dora/.config/docker/certs.d", "socket": "/run/user/1000/docker.sock",
              "owner": dora },
        ]);
        serde_json::from_value(json!({ "os": "linux", "user": root, "engines": engines })).expect("facts")
    }

    fn outcome(folder: &str) -> Outcome {
        Outcome {
            store: StoreId::new(DOCKER),
            subject: format!("{folder}/registry.example.com:5050"),
            state: OutcomeState::Trusted,
            changed: true,
            detail: String::new(),
            hint: None,
            restart: Vec::new(),
            needs_root: false,
        }
    }

    #[test]
    fn the_daemon_whose_folder_was_changed_is_named() {
        for (folder, expected) in [
            ("/etc/docker/certs.d", "you run sudo /usr/bin/systemctl restart docker"),
            ("/home/dora/.config/docker/certs.d", "you restart the rootless Docker daemon"),
        ] {
            for (wanted, why) in [(Wanted::There, "it fails"), (Wanted::Gone, "it may trust the CA")] {
                let notes = notes(&facts(), &[outcome(folder)], wanted);
                let [note] = &notes[..] else { unreachable!("one note: {notes:?}") };
                assert!(note.ends_with(&format!("{why} until {expected}")), "{note}");
            }
        }
        let named = Outcome {
            restart: vec![Service::engine(&facts().engines[1])],
            ..outcome("/home/dora/.config/docker/certs.d")
        };
        let unchanged = Outcome { changed: false, ..outcome("/etc/docker/certs.d") };
        assert_eq!(notes(&facts(), &[named, unchanged], Wanted::There), [""; 0]);
    }
}
