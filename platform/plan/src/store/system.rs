//! Linux's system store: the bundle that OpenSSL, `GnuTLS`, Go, curl, git and most other programs load. Families of
//! distributions differ in folder, ending and tool: each is a row of the table.

mod family;
mod keystore;

use std::path::{Path, PathBuf};

use self::family::{DECLARATIVE, Declarative, FAMILIES, FEDORA, Family, family};
pub use self::keystore::fills_keystore;
pub(super) use self::keystore::{Filled, filled, keystore_looks};

use super::{
    daemon,
    row::{About, ByHand, Group, Look, Planned, Scope, Store, Tried},
};
use crate::{
    Actor, Anchor, Change, Command, Contents, Facts, Proof, Reload, Service, SideEffect, Sources, Step,
    Vendor,
    fact::{Distribution, Engine, EngineKind, Os, User},
    hint,
};

pub(super) const STORE: Store = Store {
    id: "system",
    title: "system store",
    group: Group::System,
    about: About {
        writes: "the CA in the folder of the administrator's anchors (Flatcar: `/etc/ssl/certs`, which keeps it until the machine \
                 is made again); the distribution's updater makes the bundle. NixOS, ostree: nothing, the lines for their \
                 configuration are printed",
        proof: "the bundle holds the certificate",
        tried: Tried::Real(
            "Debian's update-ca-certificates, curl, OpenSSL, GnuTLS, Go, Python; by hand, in a stand-in root each with p11-kit \
             built for its folders: Fedora's and Arch's update-ca-trust, openSUSE's and Alpine's update-ca-certificates, each \
             with its Java keystore; only read: NixOS, ostree, Flatcar, FreeBSD, Synology DSM",
        ),
    },
    plan,
    looks,
    scope: Scope::Everything,
    reads_also: |_| Vec::new(),
};

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    if let Some(Declarative { marker, todo }) =
        DECLARATIVE.iter().find(|declarative| facts.has(declarative.marker))
    {
        let why = format!("this system's store is declared in its configuration or image ({marker} exists)");
        let family = family(facts).or_else(|nearest| nearest.ok_or(())).unwrap_or(&FEDORA);
        let todo = todo(family).line(anchor.printed().then(">labtrust.crt"));
        return Planned::Manual { why, todo: Some(todo) };
    }
    match family(facts) {
        Ok(family) => {
            let changes = vec![family.change(facts, anchor)];
            match family.configured(anchor) {
                Some(step) => Planned::Partly { changes, rest: vec![step] },
                None => Planned::Changes(changes),
            }
        }
        Err(Some(family)) => Planned::Manual {
            why: format!("{} is missing; it rebuilds this system's bundle", family.tool),
            todo: Some(hint!(
                "install the package ca-certificates (it brings {}), then try again",
                family.tool
            )),
        },
        Err(None) if matches!(facts.os, Os::Macos | Os::Windows) => {
            Planned::Absent("this operating system has another store".into())
        }
        Err(None) => Planned::Absent("no store of a known kind was found".into()),
    }
}

/// What trust in `anchor` changes on a machine of each family: one with its updater, and with the keystore that this fills.
pub(crate) fn changes_by_family(anchor: &Anchor) -> impl Iterator<Item = OfFamily> {
    FAMILIES.iter().map(move |family| {
        let root = User { name: "root".into(), uid: 0, gid: 0, home: "/root".into() };
        let keystore = family.keystore.map(|java| java.path.into());
        let tool = PathBuf::from(family.tool);
        let (tools, paths) = if tool.is_absolute() { (None, Some(tool)) } else { (Some(tool), None) };
        let tools = tools.map(|tool| (family.tool.to_owned(), Path::new("/usr/sbin").join(tool)));
        let id = family.ids.first().copied().unwrap_or_default().to_owned();
        let facts = Facts {
            distribution: Some(Distribution { id, like: Vec::new(), title: String::new() }),
            tools: tools.into_iter().collect(),
            paths: paths.into_iter().chain(keystore).collect(),
            ..Facts::new(family.os, root)
        };
        let change = family.change(&facts, anchor);
        OfFamily { ids: family.ids, is_telling: family.telling, tool: family.tool, change }
    })
}

/// A change on machines of one family.
pub(crate) struct OfFamily {
    /// `ID` or `ID_LIKE` of its members in `os-release`.
    pub ids: &'static [&'static str],
    /// Whether folder and updater together identify the family.
    pub is_telling: bool,
    /// The updater: a name to search for, or an absolute path.
    pub tool: &'static str,
    /// The change.
    pub change: Change,
}

/// The files that show that a system's store is declared in a configuration or an image.
pub(crate) fn declared() -> impl Iterator<Item = &'static str> {
    DECLARATIVE.iter().map(|declarative| declarative.marker)
}

/// The bundle of all anchors that most programs of the machine load, if there is one.
pub fn bundle(facts: &Facts) -> Option<PathBuf> {
    family(facts).ok().map(|family| PathBuf::from(family.bundle)).filter(|path| !path.as_os_str().is_empty())
}

/// Whether programs find the anchors of the system store also by hash links, which a bundle of their own does not hide.
pub(super) fn has_links(facts: &Facts) -> bool {
    family(facts).is_ok_and(|family| family.links.is_some())
}

/// Whether `path` is a bundle or a folder of the system store.
pub(super) fn is_own(facts: &Facts, path: &Path) -> bool {
    let family = family(facts).ok();
    let own =
        family.into_iter().flat_map(|family| [Some(family.bundle), family.links, family.copies]).flatten();
    own.chain(ALIASES).any(|own| !own.is_empty() && Path::new(own) == path)
}

/// Links to the bundles and folders of the families.
const ALIASES: [&str; 7] = [
    "/usr/lib/ssl/cert.pem",
    "/usr/lib/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// The file in which the store keeps `anchor`, if labtrust writes there.
pub(super) fn anchor_file(facts: &Facts, anchor: &Anchor) -> Option<PathBuf> {
    Some(family(facts).ok()?.file(anchor))
}

impl Family {
    fn sources(&self) -> Sources {
        let vendor = self.vendor.map(|(folder, list)| Vendor { folder: folder.into(), list: list.into() });
        Sources { folder: self.folder.into(), ending: self.ending.into(), vendor }
    }

    /// The file in which the store keeps `anchor`.
    fn file(&self, anchor: &Anchor) -> PathBuf {
        Path::new(self.folder).join(format!("{}.{}", anchor.file_stem(), self.ending))
    }

    /// The step that makes the next such machine trust `anchor` too.
    fn configured(&self, anchor: &Anchor) -> Option<ByHand> {
        let advice = self.configuration?(&self.file(anchor));
        let print = anchor.printed().then(">labtrust.crt");
        let step =
            ByHand::new("this machine has the CA until it is made again from its configuration", advice);
        Some(ByHand { commands: vec![print], is_optional: true, ..step })
    }

    fn change(&self, facts: &Facts, anchor: &Anchor) -> Change {
        let stem = anchor.file_stem();
        let path = self.file(anchor);
        let tool = self.find_tool(facts).unwrap_or(Path::new(self.tool));
        let update = Command::new(tool, self.arguments.iter().copied());
        let mut side_effects = vec![SideEffect::Bundle {
            path: self.bundle.into(),
            stale: self.stale.map(PathBuf::from),
            sources: Some(self.sources()),
            with_others: self.java_bundle.is_some(),
        }];
        if let Some(folder) = self.copies {
            side_effects.push(SideEffect::Copies { folder: folder.into(), sha256: anchor.sha256() });
        }
        if let Some(folder) = self.links {
            side_effects.push(SideEffect::Links { folder: folder.into(), target: path.clone() });
        }
        if let Some(java) = self.keystore.filter(|java| facts.has(java.path)) {
            side_effects.push(SideEffect::Keystore {
                path: java.path.into(),
                anchor: path.clone(),
                alias: format!("{}{stem}{}", java.alias.0, java.alias.1),
                keytool: facts.tools.get("keytool").cloned(),
                hook: Some(java.hook.into()),
                settings: Some(java.settings.into()),
            });
        }
        let is_machines = |engine: &&Engine| {
            matches!(engine.kind, EngineKind::Rootful | EngineKind::Other) && engine.owner.is_none()
        };
        let machines = facts.engines.iter().filter(is_machines).filter(|engine| engine.reads_system_store());
        let engines = machines.filter(|engine| engine.socket.is_some()).map(Service::engine);
        Change {
            store: STORE.id(),
            subject: self.copies.unwrap_or(self.bundle).into(),
            actor: Actor::Machine,
            steps: vec![Step::Put {
                path,
                contents: Contents::Public(
                    format!("{}{}", self.heading, anchor.certificate.pem()).into_bytes(),
                ),
                mode: 0o644,
            }],
            reload: Reload {
                applied: vec![update.clone()],
                undone: vec![update],
                side_effects,
                restart: engines.chain(daemon::services(facts)).collect(),
                ..Reload::default()
            },
            proof: match self.copies {
                Some(folder) => Proof::Folder { folder: folder.into(), sha256: anchor.sha256() },
                None => Proof::Bundle { path: self.bundle.into(), sha256: anchor.sha256() },
            },
            serves: None,
        }
    }
}

fn looks() -> Vec<Look> {
    let tools = ["keytool", "update-ca-certificates", "update-ca-trust", "certctl"].map(Look::Tool);
    let families = FAMILIES.iter().flat_map(|family| {
        [
            Some(family.folder),
            family.tool.starts_with('/').then_some(family.tool),
            family.keystore.map(|java| java.path),
        ]
    });
    let paths = families.flatten().chain(DECLARATIVE.iter().map(|declarative| declarative.marker));
    tools.into_iter().chain(paths.map(Look::Path)).chain(daemon::looks()).collect()
}
