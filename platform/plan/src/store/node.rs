//! Nodes: clusters, and machines within this one, that pull images by themselves and have settings or files of their own. Each is
//! served where it reads a folder of this machine; else a person gets the lines.

use std::path::{Path, PathBuf};

use super::{
    hosts_dir::RegistryFolder,
    row::{About, ByHand, Group, Look, Planned, Scope, Store, Tried},
    system,
};
use crate::{
    Actor, Anchor, Change, Contents, Endpoint, Facts, Hint, Proof, Reload, ShellLine, Step, hint, shell_line,
    text,
};

/// A row with what all nodes have in common.
pub(super) const NODE: Store = Store {
    id: "",
    title: "",
    group: Group::Containers,
    about: About { writes: "nothing: the commands are printed", proof: "none", tried: Tried::Documentation },
    plan: |_, _| Planned::Absent(String::new()),
    looks: Vec::new,
    scope: Scope::PerEndpoint,
    reads_also: |_| Vec::new(),
};

/// `MicroK8s`, whose containerd reads a folder of the snap's data (microk8s.io/docs/registry-private).
pub(super) const MICROK8S: Store = Store {
    id: "microk8s",
    title: "MicroK8s",
    about: About {
        writes: "`certs.d/HOST:PORT/labtrust-….crt` in the snap's settings, and `ca` in a `hosts.toml` that is there",
        proof: "the folder holds the certificate",
        tried: Tried::Documentation,
    },
    plan: microk8s,
    looks: || {
        vec![
            Look::Path(MICROK8S_SETTINGS),
            Look::Path("/var/snap/microk8s/current/args/certs.d/*"),
            Look::Text("/var/snap/microk8s/current/args/certs.d/*/hosts.toml"),
        ]
    },
    ..NODE
};

const MICROK8S_SETTINGS: &str = "/var/snap/microk8s/current/args";

fn microk8s(facts: &Facts, anchor: &Anchor) -> Planned {
    if !facts.has(MICROK8S_SETTINGS) {
        return Planned::Absent("MicroK8s is not installed".into());
    }
    let base = Path::new(MICROK8S_SETTINGS).join("certs.d");
    per_endpoint(anchor, |endpoint| {
        let folder = RegistryFolder::new(facts, &base, endpoint);
        let proof = Proof::CertsD {
            folder: folder.path.clone(),
            certificate: anchor.certificate.clone(),
            endpoint: endpoint.clone(),
            socket: None,
            client: None,
        };
        Change {
            store: MICROK8S.id(),
            subject: folder.path.display().to_string(),
            actor: Actor::Machine,
            steps: folder.steps(anchor),
            reload: Reload::default(),
            proof: folder.proof(anchor, proof),
            serves: None,
        }
    })
}

/// The changes, one for each endpoint.
fn per_endpoint(anchor: &Anchor, change: impl Fn(&Endpoint) -> Change) -> Planned {
    if anchor.endpoints.is_empty() {
        return without_endpoint();
    }
    Planned::Changes(anchor.endpoints.iter().map(change).collect())
}

fn without_endpoint() -> Planned {
    Planned::without_endpoint("it trusts a CA for one registry at a time, and no registry is known")
}

/// minikube, which copies certificates from the user's folder into its node when that starts
/// (`minikube.sigs.k8s.io/docs/handbook/untrusted_certs`).
pub(super) const MINIKUBE: Store = Store {
    id: "minikube",
    title: "minikube",
    about: About {
        writes: "`~/.minikube/certs/labtrust-….pem`",
        proof: "the folder holds the certificate",
        tried: Tried::Documentation,
    },
    plan: minikube,
    looks: || vec![Look::Home(MINIKUBE_FOLDER)],
    scope: Scope::Everything,
    ..NODE
};

const MINIKUBE_FOLDER: &str = ".minikube/certs";

fn minikube(facts: &Facts, anchor: &Anchor) -> Planned {
    let folders = facts.people().map(|user| (user, user.home.join(MINIKUBE_FOLDER)));
    let folders: Vec<_> = folders.filter(|(_, folder)| facts.has(folder)).collect();
    if folders.is_empty() {
        return Planned::Absent("nobody here has a minikube".into());
    }
    let change = |(user, folder): &(&crate::fact::User, PathBuf)| Change {
        store: MINIKUBE.id(),
        subject: folder.display().to_string(),
        actor: Actor::User((*user).clone()),
        steps: vec![Step::Put {
            path: folder.join(format!("{}.pem", anchor.file_stem())),
            contents: Contents::Public(anchor.certificate.pem().into_bytes()),
            mode: 0o644,
        }],
        reload: Reload::default(),
        proof: Proof::Folder { folder: folder.clone(), sha256: anchor.sha256() },
        serves: None,
    };
    let start = ByHand {
        commands: vec!["minikube stop".into(), "minikube start --embed-certs".into()],
        is_optional: true,
        ..ByHand::new(
            "minikube copies its certificates when it starts",
            "minikube copies its certificates when it starts: as its user, run:",
        )
    };
    Planned::Partly { changes: folders.iter().map(change).collect(), rest: vec![start] }
}

/// kind, whose nodes are containers with a folder of registries of their own (kind.sigs.k8s.io/docs/user/local-registry).
pub(super) const KIND: Store = Store {
    id: "kind",
    title: "kind",
    plan: kind,
    looks: || vec![Look::HomeText(KUBECONFIG), Look::Engines],
    ..NODE
};

const KUBECONFIG: &str = ".kube/config";

fn kind(facts: &Facts, anchor: &Anchor) -> Planned {
    let clusters = clusters(facts);
    if clusters.is_empty() {
        return Planned::Absent("nobody here has a cluster of kind".into());
    }
    if anchor.endpoints.is_empty() {
        return without_endpoint();
    }
    let steps = clusters.iter().map(|cluster| {
        let commands = anchor.endpoints.iter().map(move |endpoint| {
            let script = r#"for node in $(kind get nodes --name "$1"); do docker exec "$node" mkdir -p "/etc/containerd/certs.d/$2" && docker cp "$3" "$node:/etc/containerd/certs.d/$2/"; done"#;
            let file = source(facts, anchor, endpoint);
            let folder = endpoint.certs_d_folder();
            ShellLine::of(["sh", "-c", script, "sh", cluster, &folder, &file.to_string_lossy()])
        });
        by_hand(
            format!("the nodes of kind's cluster {cluster} are containers with files of their own"),
            hint!("copy the CA into the nodes of kind's cluster {}, and again after it was created again (nodes of kind before 0.27 read it only with `config_path` in containerdConfigPatches):", cluster),
            commands.collect(),
        )
    });
    Planned::Partly { changes: Vec::new(), rest: steps.collect() }
}

/// The names of kind's clusters in the users' settings of kubectl.
fn clusters(facts: &Facts) -> Vec<String> {
    let texts = facts.texts.iter().filter(|(path, _)| path.ends_with(KUBECONFIG));
    let is_name = |name: &&str| {
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-".contains(letter))
    };
    let names = texts.flat_map(|(_, text)| text.as_str().lines()).filter_map(|line| {
        let name = line.trim().trim_start_matches("- ").strip_prefix("name: kind-")?;
        Some(name.trim_matches('"')).filter(is_name)
    });
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// podman's virtual machine.
pub(super) const PODMAN_MACHINE: Store = Store {
    id: "podman-machine",
    title: "podman's virtual machine",
    plan: podman_machine,
    looks: || vec![Look::Home(PODMAN_MACHINES)],
    ..NODE
};

/// The settings of its machines (podman-machine-init(1)).
const PODMAN_MACHINES: &str = ".config/containers/podman/machine/*/*.json";

fn podman_machine(facts: &Facts, anchor: &Anchor) -> Planned {
    let is_machine = |path: &&PathBuf| {
        path.extension().is_some_and(|ending| ending == "json")
            && path.to_string_lossy().contains("/.config/containers/podman/machine/")
    };
    let names = facts.paths.iter().filter(is_machine).filter_map(|path| path.file_stem());
    let names: Vec<_> = names.collect();
    if !names.is_empty() && anchor.endpoints.is_empty() {
        return without_endpoint();
    }
    let mut rest = Vec::new();
    for name in names.iter().map(|name| name.to_string_lossy()) {
        let commands = anchor.endpoints.iter().map(|endpoint| {
            let target =
                Path::new("/etc/containers/certs.d").join(endpoint.certs_d_folder()).join(anchor.file_name());
            let copy = shell_line!("sudo install -D -m 644 /dev/stdin {}", &target);
            let line = ShellLine::of(["podman", "machine", "ssh", &*name, copy.as_str()]);
            line.then("<").with([source(facts, anchor, endpoint).to_string_lossy()])
        });
        rest.push(by_hand(
            format!("podman's virtual machine {} has files of its own", text::in_line(&name)),
            hint!("copy the CA into podman's virtual machine {}:", &*name),
            commands.collect(),
        ));
    }
    if rest.is_empty() {
        return Planned::Absent("podman has no virtual machine here".into());
    }
    Planned::Partly { changes: Vec::new(), rest }
}

/// A file of this machine from which a person copies the CA for `endpoint`: Docker's, or the system store's.
fn source(facts: &Facts, anchor: &Anchor, endpoint: &Endpoint) -> PathBuf {
    let engine = facts.engines.iter().find(|engine| engine.has_folder_here() && !engine.kind.is_podman());
    let folder = engine.map(|engine| engine.certs_d.join(endpoint.certs_d_folder()).join(anchor.file_name()));
    folder.or_else(|| system::anchor_file(facts, anchor)).unwrap_or_else(|| "labtrust.crt".into())
}

/// A step for a person that nothing else waits for.
fn by_hand(why: String, advice: Hint, commands: Vec<ShellLine>) -> ByHand {
    ByHand { commands, is_optional: true, ..ByHand::new(why, advice) }
}
