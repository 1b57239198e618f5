//! Docker's `certs.d`. It is read at each request, so a change needs no restart. It is all that an engine needs for a registry
//! and its token realm, except engines before 29.5 that keep images in containerd.

mod by_hand;
mod machines;

pub use self::machines::{MACHINE_ENGINES, MachineEngine};
use super::{
    hosts_dir::RegistryFolder,
    row::{About, AlsoRead, Group, Look, Planned, Scope, Store, Tried},
};
use crate::{
    Actor, Anchor, Change, Contents, Endpoint, Facts, Proof, Reload, Service, Step,
    fact::{Engine, EngineKind},
    text,
};

pub(super) const STORE: Store = Store {
    id: "docker",
    title: "Docker",
    group: Group::Containers,
    about: About {
        writes: "`certs.d/HOST:PORT/labtrust-….crt` of each engine, and `ca` in a `hosts.toml` that is there",
        proof: "the engine accepts the registry's certificate",
        tried: Tried::Real("dockerd 20.10 and 28.5"),
    },
    plan,
    looks,
    scope: Scope::PerEndpoint,
    reads_also,
};

fn looks() -> Vec<Look> {
    vec![
        Look::Tool("docker"),
        Look::Tool("dockerd"),
        Look::Path("/etc/docker/certs.d/*"),
        Look::Text("/etc/docker/certs.d/*/hosts.toml"),
        Look::Home(".config/docker/certs.d/*"),
        Look::HomeText(".config/docker/certs.d/*/hosts.toml"),
        Look::Engines,
    ]
}

fn reads_also(facts: &Facts) -> Vec<AlsoRead> {
    let pulls = AlsoRead {
        store: super::system::STORE.id,
        missed: "pulls get their token with the system store, which does not contain the CA (this Docker daemon keeps images in containerd)",
        hint: "to pull images, also trust it in the system store: --store system",
    };
    if facts.engines.iter().any(|engine| engine.pulls_by_system) { vec![pulls] } else { Vec::new() }
}

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    // podman's service reads podman's folders: another store.
    let engines = || facts.engines.iter().filter(|engine| !engine.kind.is_podman());
    if engines().next().is_none() {
        return Planned::Absent("Docker is not installed".into());
    }
    if anchor.endpoints.is_empty() {
        return Planned::without_endpoint(
            "Docker trusts a CA for one registry at a time, and no registry is known",
        );
    }
    let (here, away): (Vec<_>, Vec<_>) = engines().partition(|engine| engine.has_folder_here());
    let sources: Vec<_> = away.iter().filter_map(|engine| by_hand::source(engine)).collect();
    let changes = by_folder(here.into_iter().chain(&sources)).into_iter().flat_map(|engines| {
        anchor
            .endpoints
            .iter()
            .map(move |endpoint| change(facts, &engines, anchor, endpoint))
            .collect::<Vec<_>>()
    });
    let changes = changes.collect();
    if away.is_empty() {
        return Planned::Changes(changes);
    }
    let rest = away.iter().flat_map(|engine| {
        anchor.endpoints.iter().map(|endpoint| by_hand::step(engine, anchor, endpoint)).collect::<Vec<_>>()
    });
    Planned::Partly { changes, rest: rest.collect() }
}

/// Groups of engines that read the same folder, such as Docker Desktop and Colima: one change serves a group.
fn by_folder<'e>(engines: impl Iterator<Item = &'e Engine>) -> Vec<Vec<&'e Engine>> {
    let mut groups: Vec<Vec<&Engine>> = Vec::new();
    for engine in engines {
        match groups.iter_mut().find(|group| group.iter().any(|known| known.certs_d == engine.certs_d)) {
            Some(group) => group.push(engine),
            None => groups.push(vec![engine]),
        }
    }
    groups
}

/// The change for `engines`, at least one, which read the same folder.
fn change(facts: &Facts, engines: &[&Engine], anchor: &Anchor, endpoint: &Endpoint) -> Change {
    let folder = engines[0].certs_d.join(endpoint.certs_d_folder());
    let live = engines.iter().filter(|engine| !engine.kind.copies_at_start());
    // One engine is asked: if possible, the one that the docker command uses.
    let live = live.min_by_key(|engine| (engine.socket.is_none(), engine.chosen_by.is_none()));
    let copying = engines.iter().filter(|engine| engine.kind.copies_at_start());
    // An engine that keeps images in containerd logs in by this folder, and pulls by the folder that containerd would read.
    let pulls = RegistryFolder::new(facts, &engines[0].certs_d, endpoint);
    let put = Step::Put {
        path: folder.join(anchor.file_name()),
        contents: Contents::Public(anchor.certificate.pem().into_bytes()),
        mode: 0o644,
    };
    let further = pulls.steps(anchor).into_iter().filter(|step| step.file() != put.file());
    let steps = [put.clone()].into_iter().chain(further).collect();
    Change {
        store: STORE.id(),
        subject: folder.display().to_string(),
        actor: engines[0].owner.clone().map_or(Actor::Machine, Actor::User),
        steps,
        reload: Reload {
            restart: copying.map(|engine| Service::engine(engine)).collect(),
            ..Reload::default()
        },
        proof: pulls.proof(
            anchor,
            Proof::CertsD {
                folder,
                certificate: anchor.certificate.clone(),
                endpoint: endpoint.clone(),
                socket: live.and_then(|engine| engine.socket.clone()),
                client: None,
            },
        ),
        // An engine that pulls by the system store does not use this folder alone.
        serves: live.filter(|engine| !engine.pulls_by_system).map(|engine| Service::engine(engine)),
    }
}

impl Service {
    /// The service of `engine`.
    pub fn engine(engine: &Engine) -> Self {
        let title = match engine.kind {
            EngineKind::Rootful => "the Docker daemon",
            EngineKind::Rootless => "the rootless Docker daemon",
            EngineKind::Snap => "the Docker daemon of the snap",
            EngineKind::Desktop => "Docker Desktop",
            EngineKind::Colima => "Colima",
            EngineKind::Other => return Self::at_socket(engine),
            EngineKind::Outside => "the Docker daemon outside of this container",
            EngineKind::OrbStack => "OrbStack",
            EngineKind::Rancher => "Rancher Desktop",
            EngineKind::Lima => "Docker in Lima",
            EngineKind::Podman => "podman's service",
        };
        Self::new(title, engine.started, engine.restart.clone())
    }

    /// The service of an engine that only its socket tells apart from others.
    fn at_socket(engine: &Engine) -> Self {
        let title = match &engine.socket {
            Some(socket) => format!("the Docker daemon at {}", text::path(socket)),
            None => "the Docker daemon that the docker command uses".into(),
        };
        Self::new(title, engine.started, engine.restart.clone())
    }
}
