//! Docker's `certs.d`: read anew at each request, so it needs no restart, and it is all that an
//! engine needs for a registry and its token realm.

use std::path::PathBuf;

use super::{Planned, Store};
use crate::{
    Anchor, Contents, Endpoint, Facts, Service,
    fact::{Engine, EngineKind},
    plan::{Actor, Change, Proof, Settle, Step},
};

pub const STORE: Store = Store { id: "docker", title: "Docker", plan, paths, tools: &["docker", "dockerd"] };

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    if facts.engines.is_empty() {
        return Planned::Absent("Docker is not installed".into());
    }
    if anchor.endpoints.is_empty() {
        return Planned::Manual {
            why: "Docker trusts a CA for one registry at a time, and none is known".into(),
            todo: vec!["name it: --for HOST:PORT".into()],
        };
    }
    let engines = facts.engines.iter();
    Planned::Changes(
        engines
            .flat_map(|engine| anchor.endpoints.iter().map(move |endpoint| change(engine, anchor, endpoint)))
            .collect(),
    )
}

fn change(engine: &Engine, anchor: &Anchor, endpoint: &Endpoint) -> Change {
    let folder = engine.certs_d.join(endpoint.certs_d_folder());
    let is_desktop = engine.kind == EngineKind::Desktop;
    Change {
        store: STORE.id(),
        subject: folder.display().to_string(),
        actor: engine.owner.clone().map_or(Actor::Machine, Actor::User),
        steps: vec![Step::Put {
            path: folder.join(format!("{}.crt", anchor.file_stem())),
            contents: Contents::Public(anchor.certificate.pem().into_bytes()),
            mode: 0o644,
        }],
        settle: Settle {
            // Docker Desktop copies the folder into its virtual machine when it starts.
            restart: if is_desktop { vec![Service::engine(engine)] } else { Vec::new() },
            ..Settle::default()
        },
        proof: Proof::CertsD {
            folder,
            certificate: anchor.certificate.clone(),
            endpoint: endpoint.clone(),
            socket: engine.socket.clone().filter(|_| !is_desktop),
        },
        serves: (!is_desktop).then(|| Service::engine(engine)),
    }
}

impl Service {
    pub(super) fn engine(engine: &Engine) -> Self {
        let title = match engine.kind {
            EngineKind::Rootful => "the Docker engine",
            EngineKind::Rootless => "the rootless Docker engine",
            EngineKind::Snap => "the Docker engine of the snap",
            EngineKind::Desktop => "Docker Desktop",
        };
        Self { title: title.into(), started: engine.started, restart: engine.restart.clone() }
    }
}

fn paths() -> Vec<PathBuf> {
    Vec::new()
}
