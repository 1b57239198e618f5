//! The `certs.d` of podman, buildah, skopeo and CRI-O: the machine's, and a user's own. It is read at each request. Of several
//! folders for a registry, only the first that exists is used, even if it is empty (containers-certs.d(5);
//! containers/image, `docker/docker_client.go`, `dockerCertDir`).

use std::path::{Path, PathBuf};

use super::row::{About, ByHand, Group, Look, Planned, Scope, Store, Tried};
use crate::{
    Actor, Anchor, Change, Command, Contents, Endpoint, Facts, Proof, Reload, ShellLine, Step,
    fact::{Engine, User},
    hint,
};

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

/// Further folders of newer versions, for root's programs and for users', some of them one folder a user id
/// (containers-certs.d(5)). Older versions do not read them, so that they are written only if a registry's folder is there.
const NEWER: [&str; 3] =
    ["/etc/containers/certs.rootful.d", "/etc/containers/certs.rootless.d", "/usr/share/containers/certs.d"];

/// The time limit of skopeo, in seconds: a registry may not answer.
const SKOPEO_SECONDS: u64 = 15;

fn looks() -> Vec<Look> {
    let folders = [
        Look::Path("/etc/containers/certs.d"),
        Look::Path("/etc/containers/certs.d/*"),
        Look::Path("/etc/containers/certs.d/*/*.crt"),
        Look::Path("/etc/containers/certs.d/*/*.cert"),
        Look::Path("/etc/containers/certs.d/*/*.key"),
        Look::Path("/etc/containers/certs.rootful.d/*"),
        Look::Path("/etc/containers/certs.rootless.d/*"),
        Look::Path("/etc/containers/certs.rootless.d/*/*"),
        Look::Path("/usr/share/containers/certs.d/*"),
        Look::Path("/etc/docker/certs.d"),
        Look::Path("/etc/docker/certs.d/*"),
        Look::Path("/etc/docker/certs.d/*/*.crt"),
        Look::Path("/etc/docker/certs.d/*/*.cert"),
        Look::Path("/etc/docker/certs.d/*/*.key"),
        Look::Home(".config/containers/certs.d/*"),
        Look::Home(".config/containers/certs.d/*/*.cert"),
        Look::Home(".config/containers/certs.d/*/*.key"),
        Look::Engines,
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
    let (mut changes, mut rest) = (Vec::new(), Vec::new());
    for endpoint in &anchor.endpoints {
        for (actor, folder) in places(facts, &endpoint.certs_d_folder()) {
            rest.extend(closed(facts, &actor, &folder));
            rest.extend(half_pair(facts, &folder));
            changes.push(change(facts, actor, folder, anchor, endpoint));
        }
    }
    if rest.is_empty() { Planned::Changes(changes) } else { Planned::Partly { changes, rest } }
}

/// The step for a person where users cannot look into `folder`, which their programs then ignore without a message, or cannot
/// read a file in it, at which they give up.
fn closed(facts: &Facts, actor: &Actor, folder: &Path) -> Option<ByHand> {
    let above = folder.ancestors().take(2).find(|folder| facts.closed.contains(*folder));
    let inside = || facts.closed.iter().find(|file| file.parent() == Some(folder)).map(PathBuf::as_path);
    let closed = above.or_else(inside).filter(|_| *actor == Actor::Machine)?;
    let (mode, why, advice) = if above.is_some() {
        let why = format!("users' programs ignore {}: only root may look into it", closed.display());
        ("755", why, hint!("users' podman ignores {}: let everybody look into it:", closed))
    } else {
        let why = format!("users' programs give up at {}: only root may read it", closed.display());
        ("644", why, hint!("users' podman gives up at {}: let everybody read it:", closed))
    };
    Some(ByHand {
        commands: vec![ShellLine::of(["chmod", mode, &closed.to_string_lossy()]).by_root()],
        is_optional: facts.people().next().is_none(),
        ..ByHand::new(why, advice)
    })
}

/// The step for a person if a client's certificate in `folder` has no key: these programs then fail. Where skopeo is installed,
/// the proof asks it, and its answer names the missing key.
fn half_pair(facts: &Facts, folder: &Path) -> Option<ByHand> {
    let is_half = |path: &&PathBuf| {
        path.extension().is_some_and(|ending| ending == "cert") && !facts.has(path.with_extension("key"))
    };
    let inside = facts.paths.iter().filter(|path| path.parent() == Some(folder));
    let file = inside.filter(|_| !facts.tools.contains_key("skopeo")).find(is_half)?;
    Some(ByHand::new(
        format!("podman gives up at {}: its key is missing beside it", file.display()),
        hint!("put the key beside {}, or remove it if it is a CA's; then try again", file),
    ))
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
    let newer: Vec<_> = newer(facts, name).collect();
    // Programs that run as root read root's own folder first.
    let roots = Some(facts.user.home.join(OWN).join(name)).filter(|own| facts.is_root() && facts.has(own));
    let own = facts.people().map(|user| (Actor::User(user.clone()), user.home.join(OWN).join(name)));
    let (theirs, missing): (Vec<_>, Vec<_>) = own.partition(|(_, folder)| facts.has(folder));
    let is_vendors = newer.iter().any(|folder| folder.starts_with("/usr/share"));
    let usual = || (facts.is_root() && !is_vendors).then(|| usual(facts).join(name));
    let machines = found.or_else(usual).into_iter().chain(newer).chain(roots);
    let places: Vec<_> = machines.map(|folder| (Actor::Machine, folder)).chain(theirs).collect();
    // A user who is not root has no other folder, so a new one hides nothing.
    if places.is_empty() { missing } else { places }
}

/// The folder in which a registry's folder is created. Docker's own serves these programs too.
fn usual(facts: &Facts) -> &'static Path {
    let is_dockers = |engine: &Engine| engine.has_folder_here() && engine.certs_d == Path::new(MACHINE[1]);
    let is_written = facts.engines.iter().any(|engine| !engine.kind.is_podman() && is_dockers(engine));
    Path::new(MACHINE[usize::from(is_written)])
}

/// The registry's folders in the places that newer versions also search.
fn newer<'f>(facts: &'f Facts, name: &'f str) -> impl Iterator<Item = PathBuf> + 'f {
    let is_registrys = move |path: &&PathBuf| path.file_name().is_some_and(|last| last == name);
    let is_newer = |path: &&PathBuf| NEWER.iter().any(|base| path.starts_with(base));
    facts.paths.iter().filter(is_registrys).filter(is_newer).cloned()
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
