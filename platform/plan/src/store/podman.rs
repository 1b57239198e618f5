//! The `certs.d` of podman, buildah, skopeo and CRI-O: the machine's, and a user's own. It is read at each request. Of several
//! folders for a registry, only the first that exists is used, even if it is empty (containers-certs.d(5);
//! containers/image, `docker/docker_client.go`, `dockerCertDir`).

use std::path::{Path, PathBuf};

use super::row::{About, Group, Look, Planned, Scope, Store, Tried};
use crate::{Actor, Anchor, Change, Command, Contents, Endpoint, Facts, Proof, Reload, Step, fact::User};

pub(super) const STORE: Store = Store {
    id: "podman",
    title: "podman, buildah, skopeo, CRI-O",
    group: Group::Containers,
    about: About {
        writes: "`certs.d/HOST:PORT/labtrust-….crt` in the folder that these programs read",
        proof: "skopeo accepts the registry's certificate; without skopeo, the folder holds it",
        tried: Tried::Real("podman and skopeo"),
    },
    plan,
    looks,
    scope: Scope::PerEndpoint,
    reads_also: |_| Vec::new(),
};

const TOOLS: [&str; 4] = ["podman", "buildah", "skopeo", "crio"];

/// The machine's folders, in the order in which they are tried.
pub const MACHINE: [&str; 2] = ["/etc/containers/certs.d", "/etc/docker/certs.d"];
/// A user's folder, below the home folder. It is tried before the machine's.
pub const OWN: &str = ".config/containers/certs.d";

/// The time limit of skopeo, in seconds: a registry may not answer.
const SKOPEO_SECONDS: u64 = 15;

fn looks() -> Vec<Look> {
    let folders = [
        Look::Path("/etc/containers/certs.d/*"),
        Look::Path("/etc/docker/certs.d/*"),
        Look::Home(".config/containers/certs.d/*"),
    ];
    TOOLS.map(Look::Tool).into_iter().chain(folders).collect()
}

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    if !TOOLS.iter().any(|tool| facts.tools.contains_key(*tool)) {
        return Planned::Absent("none of these programs is installed".into());
    }
    if anchor.endpoints.is_empty() {
        return Planned::without_endpoint(
            "they trust a CA for one registry at a time, and no registry is known",
        );
    }
    let changes = anchor.endpoints.iter().flat_map(|endpoint| {
        let places = places(facts, &endpoint.certs_d_folder());
        places.into_iter().map(|(actor, folder)| change(facts, actor, folder, anchor, endpoint))
    });
    Planned::Changes(changes.collect())
}

/// The `certs.d` folders in which these programs search a registry's folder, for each user. The first registry folder that
/// exists is used, the others are not.
pub fn folders(facts: &Facts) -> Vec<(&User, Vec<PathBuf>)> {
    let people = facts.people().filter(|person| person.uid != facts.user.uid);
    let folders = |user: &User| {
        let machine = MACHINE.iter().map(PathBuf::from);
        [user.home.join(OWN)].into_iter().chain(machine).collect()
    };
    [&facts.user].into_iter().chain(people).map(|user| (user, folders(user))).collect()
}

/// The folders to write for the registry folder `name`, with their users. No folder is created that comes before one that
/// exists: the new one would hide the other.
fn places(facts: &Facts, name: &str) -> Vec<(Actor, PathBuf)> {
    let machine = MACHINE.iter().map(|folder| Path::new(folder).join(name));
    let found = machine.into_iter().find(|folder| facts.has(folder));
    // Programs that run as root read root's own folder first.
    let roots = Some(facts.user.home.join(OWN).join(name)).filter(|own| facts.is_root() && facts.has(own));
    let own = facts.people().map(|user| (Actor::User(user.clone()), user.home.join(OWN).join(name)));
    let (theirs, missing): (Vec<_>, Vec<_>) = own.partition(|(_, folder)| facts.has(folder));
    let usual = || facts.is_root().then(|| Path::new(MACHINE[0]).join(name));
    let machines = found.or_else(usual).into_iter().chain(roots).map(|folder| (Actor::Machine, folder));
    let places: Vec<_> = machines.chain(theirs).collect();
    // A user who is not root has no other folder, so a new one hides nothing.
    if places.is_empty() { missing } else { places }
}

fn change(facts: &Facts, actor: Actor, folder: PathBuf, anchor: &Anchor, endpoint: &Endpoint) -> Change {
    let image = format!("docker://{}", endpoint.probe_image());
    let skopeo = facts.tools.get("skopeo");
    let ask = |skopeo| {
        let command = Command::new(skopeo, ["list-tags", "--no-creds", &image]).within(SKOPEO_SECONDS);
        match &actor {
            Actor::User(user) => command.at_home(&user.home),
            Actor::Machine | Actor::Caller if facts.is_root() => command.at_home(&facts.user.home),
            Actor::Machine | Actor::Caller => command,
        }
    };
    let client = skopeo.map(ask);
    Change {
        store: STORE.id(),
        subject: folder.display().to_string(),
        actor,
        steps: vec![Step::Put {
            path: folder.join(anchor.file_name()),
            contents: Contents::Public(anchor.certificate.pem().into_bytes()),
            mode: 0o644,
        }],
        reload: Reload::default(),
        proof: Proof::CertsD {
            folder,
            certificate: anchor.certificate.clone(),
            endpoint: endpoint.clone(),
            socket: None,
            client,
        },
        serves: None,
    }
}
