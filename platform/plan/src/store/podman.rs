//! The `certs.d` of podman, buildah, skopeo and CRI-O, the machine's and a user's own: read at each request. Of the
//! folders that bear a registry's name the first that exists counts alone, also an empty one (containers-certs.d(5);
//! containers/image, `docker/docker_client.go`, `dockerCertDir`).

use std::path::{Path, PathBuf};

use super::row::{Look, Planned, Scope, Store};
use crate::{Actor, Anchor, Change, Command, Contents, Endpoint, Facts, Proof, Reload, Step, fact::User};

pub(super) const STORE: Store = Store {
    id: "podman",
    title: "podman, buildah, skopeo, CRI-O",
    plan,
    looks,
    scope: Scope::PerEndpoint,
    reads_also: |_| Vec::new(),
};

const TOOLS: [&str; 4] = ["podman", "buildah", "skopeo", "crio"];

/// The machine's folders, in the order in which they are looked for, and a user's, which comes before them.
const MACHINE: [&str; 2] = ["/etc/containers/certs.d", "/etc/docker/certs.d"];
const OWN: &str = ".config/containers/certs.d";

/// skopeo answers at once; a registry that does not is given this many seconds.
const PATIENCE: u64 = 15;

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
        return Planned::Absent("none of them is installed".into());
    }
    if anchor.endpoints.is_empty() {
        return Planned::without_endpoint("they trust a CA for one registry at a time, and none is known");
    }
    let changes = anchor.endpoints.iter().flat_map(|endpoint| {
        let places = places(facts, &endpoint.certs_d_folder());
        places.into_iter().map(|(actor, folder)| change(facts, actor, folder, anchor, endpoint))
    });
    Planned::Changes(changes.collect())
}

/// The `certs.d` folders in which these programs look for the one of a registry, for each person: the first that is there
/// counts, the others are not looked at.
pub fn folders(facts: &Facts) -> Vec<(&User, Vec<PathBuf>)> {
    let people = facts.people().filter(|person| person.uid != facts.user.uid);
    let folders = |user: &User| {
        let machine = MACHINE.iter().map(PathBuf::from);
        [user.home.join(OWN)].into_iter().chain(machine).collect()
    };
    [&facts.user].into_iter().chain(people).map(|user| (user, folders(user))).collect()
}

/// Whose folder is written for the registry whose folder is called `name`. No folder is made that comes before one that
/// exists: it would hide what that one holds.
fn places(facts: &Facts, name: &str) -> Vec<(Actor, PathBuf)> {
    let machine = MACHINE.iter().map(|folder| Path::new(folder).join(name));
    let found = machine.into_iter().find(|folder| facts.has(folder));
    // Root's programs read root's own folder first.
    let roots = Some(facts.user.home.join(OWN).join(name)).filter(|own| facts.is_root() && facts.has(own));
    let own = facts.people().map(|user| (Actor::User(user.clone()), user.home.join(OWN).join(name)));
    let (theirs, missing): (Vec<_>, Vec<_>) = own.partition(|(_, folder)| facts.has(folder));
    let usual = || facts.is_root().then(|| Path::new(MACHINE[0]).join(name));
    let machines = found.or_else(usual).into_iter().chain(roots).map(|folder| (Actor::Machine, folder));
    let places: Vec<_> = machines.chain(theirs).collect();
    // Whoever is not root has no other place, and hides nothing.
    if places.is_empty() { missing } else { places }
}

fn change(facts: &Facts, actor: Actor, folder: PathBuf, anchor: &Anchor, endpoint: &Endpoint) -> Change {
    let image = format!("docker://{}/labtrust/probe", endpoint.registry_name());
    let skopeo = facts.tools.get("skopeo");
    let ask = |skopeo| {
        let command = Command::new(skopeo, ["list-tags", "--no-creds", &image]).within(PATIENCE);
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
            path: folder.join(format!("{}.crt", anchor.file_stem())),
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
