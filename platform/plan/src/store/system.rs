//! Linux's system store: the bundle that OpenSSL, `GnuTLS`, Go, curl, git and most other programs load. Families of
//! distributions differ in folder, ending and tool: each is a row of the table.

use std::path::{Path, PathBuf};

use super::{
    daemon,
    row::{About, Group, Look, Planned, Scope, Store, Tried},
};
use crate::{
    Actor, Anchor, Change, Command, Contents, Facts, Hint, Proof, Reload, Service, SideEffect, Sources, Step,
    Vendor,
    fact::{Engine, EngineKind, Os},
    hint,
};

pub(super) const STORE: Store = Store {
    id: "system",
    title: "system store",
    group: Group::System,
    about: About {
        writes: "the CA in the folder of the administrator's anchors; the distribution's updater makes the bundle",
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

/// A family of distributions with the same folder and tool for anchors.
struct Family {
    os: Os,
    /// `ID` or `ID_LIKE` of its members in `os-release`.
    ids: &'static [&'static str],
    /// The folder of the administrator's own anchors.
    folder: &'static str,
    /// Whether folder and tool together identify the family.
    telling: bool,
    /// The ending that the tool requires.
    ending: &'static str,
    /// A line that the tool requires above the certificate.
    heading: &'static str,
    /// The program that rebuilds the bundle: a name to search for, or an absolute path.
    tool: &'static str,
    arguments: &'static [&'static str],
    /// The bundle that programs load.
    bundle: &'static str,
    /// The folder of the vendor's anchors, and the list of the chosen ones, if the tool reads such a list.
    vendor: Option<(&'static str, &'static str)>,
    /// A folder to which the tool copies each anchor. If there is one, programs read it, and the bundle may be missing.
    copies: Option<&'static str>,
    /// The file that a killed updater leaves, and to which the next one appends.
    stale: Option<&'static str>,
    /// A folder of hash links that the updater makes and does not remove.
    links: Option<&'static str>,
    /// A Java keystore to which the updater's hook adds new anchors.
    keystore: Option<JavaStore>,
    /// A Java keystore that the updater itself writes as a whole.
    java_bundle: Option<&'static str>,
}

/// A Java keystore to which an updater's hook adds anchors.
#[derive(Clone, Copy)]
struct JavaStore {
    path: &'static str,
    hook: &'static str,
    /// The settings in which an administrator turns the hook off.
    settings: &'static str,
    /// The parts of the hook's aliases before and after our file's stem.
    alias: (&'static str, &'static str),
}

impl JavaStore {
    /// The hook of Alpine's package java-cacerts, which writes the whole keystore.
    const ALPINE: &str = "/etc/ca-certificates/update.d/java-cacerts";
}

const PLAIN: Family = Family {
    os: Os::Linux,
    ids: &[],
    folder: "",
    telling: true,
    ending: "crt",
    heading: "",
    tool: "",
    arguments: &[],
    bundle: "",
    vendor: None,
    copies: None,
    stale: None,
    links: None,
    keystore: None,
    java_bundle: None,
};

/// update-ca-trust(8). Amazon Linux, Oracle Linux, Rocky and Alma are like these.
const FEDORA: Family = Family {
    ids: &["fedora", "rhel", "centos", "openeuler", "azurelinux", "mariner"],
    folder: "/etc/pki/ca-trust/source/anchors",
    tool: "update-ca-trust",
    arguments: &["extract"],
    bundle: "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    java_bundle: Some("/etc/pki/ca-trust/extracted/java/cacerts"),
    ..PLAIN
};

/// The families. Sources: the tools themselves and their manuals. A distribution that names its family in `ID_LIKE` is not
/// listed.
const FAMILIES: &[Family] = &[
    // DSM has no ID in os-release: it is recognised by its own script, which defines USERCERTSDIR.
    Family {
        ids: &["synology", "dsm"],
        folder: "/usr/syno/etc/security-profile/ca-bundle-profile/ca-certificates",
        tool: "/usr/syno/bin/update-ca-certificates.sh",
        bundle: "/etc/ssl/certs/ca-certificates.crt",
        links: Some("/etc/ssl/certs"),
        ..PLAIN
    },
    FEDORA,
    // openSUSE's ca-certificates. Leap, Tumbleweed, MicroOS, Aeon and SLE Micro are like these.
    Family {
        ids: &["suse", "opensuse", "sles", "sled"],
        folder: "/etc/pki/trust/anchors",
        ending: "pem",
        tool: "update-ca-certificates",
        // Without it, the script makes no new bundle if the old one seems newer than the folder of certificates.
        arguments: &["--fresh"],
        bundle: "/var/lib/ca-certificates/ca-bundle.pem",
        java_bundle: Some("/var/lib/ca-certificates/java-cacerts"),
        ..PLAIN
    },
    Family {
        ids: &["arch", "artix"],
        folder: "/etc/ca-certificates/trust-source/anchors",
        tool: "update-ca-trust",
        bundle: "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
        java_bundle: Some("/etc/ssl/certs/java/cacerts"),
        ..PLAIN
    },
    // Debian's script, which Gentoo, Void and Slackware also ship. Alpine has an equivalent program of the same name
    // (update-ca.c).
    Family {
        ids: &["debian", "ubuntu", "alpine", "wolfi", "chainguard", "gentoo", "void", "slackware"],
        folder: "/usr/local/share/ca-certificates",
        tool: "update-ca-certificates",
        bundle: "/etc/ssl/certs/ca-certificates.crt",
        vendor: Some(("/usr/share/ca-certificates", "/etc/ca-certificates.conf")),
        stale: Some("/etc/ssl/certs/ca-certificates.crt.new"),
        links: Some("/etc/ssl/certs"),
        keystore: Some(JavaStore {
            path: "/etc/ssl/certs/java/cacerts",
            hook: "/etc/ca-certificates/update.d/jks-keystore",
            settings: "/etc/default/cacerts",
            alias: ("debian:", ".pem"),
        }),
        ..PLAIN
    },
    // `/usr` is read-only there. Its own script of that name bundles the files in `/etc/ssl/certs`.
    Family {
        ids: &["flatcar", "coreos"],
        folder: "/etc/ssl/certs",
        telling: false,
        ending: "pem",
        tool: "update-ca-certificates",
        bundle: "/etc/ssl/certs/ca-certificates.crt",
        ..PLAIN
    },
    // certctl(8). Up to 14 it is a script that makes links and no bundle, and in some releases ignores files without this
    // heading. From 15 on it copies, bundles, and never removes its copies; and it no longer reads
    // `/usr/local/etc/ssl/certs`.
    Family {
        os: Os::Freebsd,
        ids: &["freebsd"],
        folder: "/usr/local/share/certs",
        heading: "Certificate:\n",
        tool: "certctl",
        arguments: &["rehash"],
        bundle: "/etc/ssl/cert.pem",
        copies: Some("/etc/ssl/certs"),
        ..PLAIN
    },
];

/// A system whose store is declared in a configuration or an image.
struct Declarative {
    /// The file that identifies it.
    marker: &'static str,
    /// How to add the CA of the file `labtrust.crt` there, with the folder and the updater of its family.
    todo: fn(&Family) -> Hint,
}

const DECLARATIVE: &[Declarative] = &[
    Declarative {
        marker: "/etc/NIXOS",
        todo: |_| {
            "write the CA into a file beside configuration.nix, add \
             `security.pki.certificateFiles = [ ./labtrust.crt ];` to configuration.nix, and run nixos-rebuild switch:"
                .into()
        },
    },
    Declarative {
        marker: "/run/ostree-booted",
        todo: |family| {
            hint!(
                "write the CA into a file, add that to {} in the image or its layer, and run {} there:",
                Path::new(family.folder),
                family.tool
            )
        },
    },
];

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
        Ok(family) => Planned::Changes(vec![family.change(facts, anchor)]),
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

/// Whether the system's updater fills a Java keystore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// It does.
    On,
    /// It would, but does not; the reason.
    Off(&'static str),
}

/// Whether the updater of this system fills the Java keystore at `path`; none if it has nothing to do with it.
pub(super) fn filled(facts: &Facts, path: &Path) -> Option<Filled> {
    let family = family(facts).ok()?;
    if family.java_bundle.is_some_and(|bundle| path == bundle) {
        let is_declared = DECLARATIVE.iter().any(|declarative| facts.has(declarative.marker));
        let why = "it is made in this system's configuration or image";
        return Some(if is_declared { Filled::Off(why) } else { Filled::On });
    }
    let java = family.keystore.filter(|java| path == java.path)?;
    let settings = facts.text(java.settings).unwrap_or_default();
    Some(if ![java.hook, JavaStore::ALPINE].iter().any(|hook| facts.has(hook)) {
        Filled::Off("the hook that fills it from the system store is missing")
    } else if fills_keystore(settings.as_bytes()) == Some(false) {
        Filled::Off("an administrator turned off the hook that fills it from the system store")
    } else {
        Filled::On
    })
}

/// Whether the hook's `settings`, of Debian's package ca-certificates-java, let it add anchors; none if they do not tell.
pub fn fills_keystore(settings: &[u8]) -> Option<bool> {
    let text = String::from_utf8_lossy(settings);
    let value = text.lines().rev().find_map(|line| line.trim().strip_prefix("cacerts_updates="))?;
    Some(value.trim_matches(['"', '\'']) == "yes")
}

/// The questions of [`filled`].
pub(super) fn keystore_looks() -> Vec<Look> {
    let java = FAMILIES.iter().filter_map(|family| family.keystore);
    java.flat_map(|java| [Look::Path(java.hook), Look::Path(JavaStore::ALPINE), Look::Text(java.settings)])
        .collect()
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
    let family = family(facts).ok()?;
    Some(Path::new(family.folder).join(format!("{}.{}", anchor.file_stem(), family.ending)))
}

/// The family of the machine. If its tool is missing, the error is the family that it would be. Distribution and tool decide
/// together: each of them alone, or a folder, can be misleading.
fn family(facts: &Facts) -> Result<&'static Family, Option<&'static Family>> {
    let families = || FAMILIES.iter().filter(|family| family.os == facts.os);
    if let Some(family) = families().find(|family| family.tool.starts_with('/') && facts.has(family.tool)) {
        return Ok(family);
    }
    // The distribution itself first, then those in `ID_LIKE`, nearest first.
    let ids = facts.distribution.iter().flat_map(|known| std::iter::once(&known.id).chain(&known.like));
    let mut kin = ids.filter_map(|id| families().find(|family| family.ids.contains(&id.as_str()))).peekable();
    if let Some(nearest) = kin.peek().copied() {
        return kin.find(|family| family.find_tool(facts).is_some()).ok_or(Some(nearest));
    }
    let mut fitting = families()
        .filter(|family| family.telling && facts.has(family.folder) && family.find_tool(facts).is_some());
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(None),
    }
}

impl Family {
    fn find_tool<'a>(&'a self, facts: &'a Facts) -> Option<&'a Path> {
        if self.tool.starts_with('/') {
            return Some(Path::new(self.tool)).filter(|tool| facts.has(tool));
        }
        facts.tools.get(self.tool).map(PathBuf::as_path)
    }

    fn sources(&self) -> Sources {
        let vendor = self.vendor.map(|(folder, list)| Vendor { folder: folder.into(), list: list.into() });
        Sources { folder: self.folder.into(), ending: self.ending.into(), vendor }
    }

    fn change(&self, facts: &Facts, anchor: &Anchor) -> Change {
        let stem = anchor.file_stem();
        let path = Path::new(self.folder).join(format!("{stem}.{}", self.ending));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_may_turn_the_hook_off() {
        for (settings, fed) in [
            ("# x\ncacerts_updates=yes\n", Some(true)),
            ("cacerts_updates=yes\n cacerts_updates='no'", Some(false)),
            ("cacerts_updates=", Some(false)),
            ("#cacerts_updates=no\n", None),
            ("", None),
        ] {
            assert_eq!(fills_keystore(settings.as_bytes()), fed, "{settings}");
        }
    }
}
