//! containerd as Kubernetes and nerdctl use it. It reads no folder for registries unless its settings, or the program that
//! asks it, name one. A folder is read at each pull; the settings are read at the start.

mod nerdctl;
mod settings;

use std::path::{Path, PathBuf};

pub(crate) use self::nerdctl::{FOR_A_USER, FOR_ROOT, OWN_SIGNS};
use self::settings::{Registries, Settings, settings};
use super::{
    daemon,
    hosts_dir::{self, RegistryFolder},
    row::{About, AlsoRead, ByHand, Group, Look, Planned, Scope, Store, Tried},
};
use crate::{
    Actor, Anchor, Change, Command, Endpoint, Facts, Hint, Proof, Prose, Reload, Service, ShellLine, hint,
};

pub(super) const STORE: Store = Store {
    id: "containerd",
    title: "containerd",
    group: Group::Containers,
    about: About {
        writes: "`HOST:PORT/labtrust-….crt` in the folder that the settings of containerd or nerdctl name, of users' own containerd too, and `ca` in a `hosts.toml` that is there",
        proof: "crictl or ctr accepts the registry's certificate; for a user's own containerd, the folder holds it",
        tried: Tried::Real(
            "containerd 1.6 and 2.1 with CRI's PullImage; only read: nerdctl, and users' own containerd",
        ),
    },
    plan,
    looks,
    scope: Scope::PerEndpoint,
    reads_also,
};

/// The file of containerd's settings.
pub(crate) const SETTINGS: &str = settings::FILE;

/// The socket on which containerd serves the CRI.
const SOCKET: &str = "unix:///run/containerd/containerd.sock";

/// The time limit of a program that asks the registry, in seconds.
const SECONDS: u64 = 15;

fn looks() -> Vec<Look> {
    let own = [Look::Tool("ctr"), Look::Text(settings::FILE)];
    // The settings name paths, so they are looked at first.
    daemon::looks().into_iter().chain(nerdctl::looks()).chain(own).chain([Look::Named(named)]).collect()
}

/// The paths that the settings of containerd and nerdctl name.
fn named(facts: &Facts) -> Vec<PathBuf> {
    let folders = match settings(facts) {
        Ok(Settings { registries: Registries::Folder(folder), .. }) => vec![folder],
        Ok(Settings { registries: Registries::FirstOf(folders), .. }) => folders,
        _ => Vec::new(),
    };
    let folders = folders.into_iter().chain(nerdctl::folders(facts));
    settings::imports(facts)
        .into_iter()
        .chain(folders.flat_map(|folder| hosts_dir::patterns(&folder)))
        .collect()
}

/// The folders that a program reads for an endpoint, of which the first with the registry counts.
struct Reader {
    folders: Vec<PathBuf>,
    /// Whether the CRI plugin reads them.
    is_cri: bool,
    /// The owner of the folders.
    actor: Actor,
}

fn readers(facts: &Facts, registries: &Registries) -> Vec<Reader> {
    let cri = match registries {
        Registries::Folder(folder) => Some(vec![folder.clone()]),
        Registries::FirstOf(folders) => Some(folders.clone()),
        Registries::None(_) | Registries::Off => None,
    };
    let cri = cri.map(|folders| Reader { folders, is_cri: true, actor: Actor::Machine });
    let nerdctl = Reader { folders: nerdctl::folders(facts), is_cri: false, actor: Actor::Machine };
    let own = nerdctl::own(facts).map(|(user, folders)| Reader {
        folders,
        is_cri: false,
        actor: Actor::User(user.clone()),
    });
    let readers = cri.into_iter().chain([nerdctl]).chain(own);
    readers.filter(|reader| !reader.folders.is_empty()).collect()
}

fn reads_also(facts: &Facts) -> Vec<AlsoRead> {
    let system = AlsoRead {
        store: super::system::STORE.id,
        missed: "containerd reads no folder for registries here; it trusts the system store, which does not contain the CA",
        hint: "also trust it in the system store: --store system",
    };
    let reads_none = matches!(settings(facts), Ok(Settings { registries: Registries::None(_), .. }));
    if daemon::serves_kubernetes(facts) && reads_none { vec![system] } else { Vec::new() }
}

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    let settings = match settings(facts) {
        Ok(settings) => settings,
        Err(why) if daemon::serves_kubernetes(facts) => {
            return Planned::Manual {
                why,
                todo: Some("run it as root, or repair that file, then try again".into()),
            };
        }
        Err(_) => Settings::OFF,
    };
    let readers = readers(facts, &settings.registries);
    let mut rest: Vec<ByHand> = nerdctl::left(facts, anchor).collect();
    let unset = match &settings.registries {
        Registries::None(why) if daemon::serves_kubernetes(facts) => {
            Some(without_folder(facts, &settings, why))
        }
        _ => None,
    };
    if readers.is_empty() && unset.is_none() && rest.is_empty() {
        let is_installed = facts.tools.contains_key("containerd");
        let why = if is_installed {
            "nothing asks containerd for images but Docker"
        } else {
            "containerd is not installed"
        };
        return Planned::Absent(why.into());
    }
    if anchor.endpoints.is_empty() {
        return Planned::without_endpoint(
            "containerd trusts a CA for one registry at a time, and no registry is known",
        );
    }
    let mut changes: Vec<Change> = Vec::new();
    rest.extend(unset);
    for endpoint in &anchor.endpoints {
        for reader in &readers {
            let base = base(facts, reader, endpoint);
            let folder = RegistryFolder::new(facts, base, endpoint);
            rest.extend(left(reader, base, &folder, facts));
            if !changes.iter().any(|change| change.subject == folder.path.display().to_string()) {
                changes.push(change(facts, anchor, endpoint, reader, base, &folder));
            }
        }
    }
    if rest.is_empty() { Planned::Changes(changes) } else { Planned::Partly { changes, rest } }
}

/// The folder of registries that counts for `endpoint`.
fn base<'r>(facts: &Facts, reader: &'r Reader, endpoint: &Endpoint) -> &'r Path {
    let known = reader.folders.iter().find(|base| hosts_dir::answers(facts, base, endpoint));
    known.or(reader.folders.first()).map_or(Path::new(nerdctl::USUAL[0]), PathBuf::as_path)
}

fn change(
    facts: &Facts,
    anchor: &Anchor,
    endpoint: &Endpoint,
    reader: &Reader,
    base: &Path,
    folder: &RegistryFolder,
) -> Change {
    let proof = Proof::CertsD {
        folder: folder.path.clone(),
        certificate: anchor.certificate.clone(),
        endpoint: endpoint.clone(),
        socket: None,
        client: client(facts, reader, base, endpoint).filter(|_| reader.actor == Actor::Machine),
    };
    // Where it is not certain that the plugin reads the folder, a restart is still needed for the system store.
    let is_certain = reader.is_cri && reader.folders.len() == 1;
    let is_waiting = reader.is_cri && !has_read_settings(facts);
    let service = service(facts).filter(|_| is_certain);
    Change {
        store: STORE.id(),
        subject: folder.path.display().to_string(),
        actor: reader.actor.clone(),
        steps: folder.steps(anchor),
        reload: Reload {
            restart: service.clone().filter(|_| is_waiting).into_iter().collect(),
            ..Reload::default()
        },
        proof: folder.proof(anchor, proof),
        serves: service.filter(|_| !is_waiting),
    }
}

/// The program that is asked whether containerd trusts the registry: crictl asks the plugin itself; ctr reads the folder
/// `base` as the plugin does.
fn client(facts: &Facts, reader: &Reader, base: &Path, endpoint: &Endpoint) -> Option<Command> {
    let image = format!("{}:1", endpoint.probe_image());
    let base = base.to_string_lossy();
    let command = match (facts.tools.get("crictl"), facts.tools.get("ctr")) {
        (Some(crictl), _) if reader.is_cri && has_read_settings(facts) => {
            Command::new(crictl, ["--runtime-endpoint", SOCKET, "--image-endpoint", SOCKET, "pull", &image])
        }
        (_, Some(ctr)) => Command::new(ctr, ["images", "pull", "--hosts-dir", &base, &image]),
        _ => return None,
    };
    Some(command.within(SECONDS))
}

/// Whether the running containerd has read its settings as they are: it reads them when it starts.
fn has_read_settings(facts: &Facts) -> bool {
    let since = facts.running.get(daemon::CONTAINERD);
    let imported = settings::imports(facts);
    let is_settings = |path: &Path| {
        path == Path::new(settings::FILE) || imported.iter().any(|pattern| settings::matches(pattern, path))
    };
    let mut written = facts.written.iter().filter(|(path, _)| is_settings(path)).map(|(_, time)| time);
    since.is_none_or(|since| written.all(|time| time <= since))
}

/// What is left for a person where `folder` was chosen below `base`.
fn left(reader: &Reader, base: &Path, folder: &RegistryFolder, facts: &Facts) -> Vec<ByHand> {
    let step = |why: String, advice: Hint, is_optional| ByHand { is_optional, ..ByHand::new(why, advice) };
    let unreadable = folder.unreadable.as_ref().map(|file| {
        let why = format!("{} cannot be read, and may hide the CA", file.display());
        step(why, hint!("run labtrust as root, or repair {}, then try again", file), false)
    });
    let default = folder.hidden_default.as_ref().map(|default| {
        let why = format!("containerd no longer reads {} for this registry", default.display());
        step(
            why,
            hint!(
                "containerd no longer reads {} for this registry: copy the settings that it needs to {}",
                default,
                &folder.path
            ),
            true,
        )
    });
    let is_uncertain = reader.is_cri && reader.folders.len() > 1 && !facts.tools.contains_key("crictl");
    let uncertain = is_uncertain.then(|| {
        let why = "containerd 2 reads none of the folders if config_path names several".to_owned();
        let line = hint!(
            "name one folder in {}: config_path = \"{}\"",
            Path::new(settings::FILE),
            Prose(base.display())
        );
        ByHand { commands: restart(facts), ..step(why, line, false) }
    });
    [unreadable, default, uncertain].into_iter().flatten().collect()
}

/// The step for a person where the plugin reads no folder. It trusts the system store, so that the step is not needed.
fn without_folder(facts: &Facts, settings: &Settings, why: &str) -> ByHand {
    let plugin =
        if settings.version > 2 { "io.containerd.cri.v1.images" } else { "io.containerd.grpc.v1.cri" };
    let file = Path::new(settings::FILE);
    let advice = if settings.excludes_folder {
        hint!(
            "{}, and `mirrors` and `configs` in {} exclude one: it reads the system store when it starts",
            Prose(why),
            file
        )
    } else {
        let lines = hint!(
            "{}: it reads the system store when it starts. For a folder, set this in {}, then restart it:",
            Prose(why),
            file
        );
        let lines = if facts.has(file) { lines } else { lines.line("version = 2") };
        lines
            .line(hint!("[plugins.\"{}\".registry]", Prose(plugin)))
            .line(hint!("config_path = \"{}\"", Prose(nerdctl::USUAL[0])))
    };
    ByHand { commands: restart(facts), is_optional: true, ..ByHand::new(why.to_owned(), advice) }
}

fn service(facts: &Facts) -> Option<Service> {
    daemon::services(facts).into_iter().find(|service| service.title == daemon::CONTAINERD)
}

fn restart(facts: &Facts) -> Vec<ShellLine> {
    let command = service(facts).and_then(|service| service.restart);
    let usual = Command::new("systemctl", ["restart", "containerd"]);
    vec![ShellLine::from(&command.unwrap_or(usual)).by_root()]
}
