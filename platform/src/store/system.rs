//! Linux's system store: the bundle that OpenSSL, `GnuTLS`, Go, curl, git and most other programs
//! load. Families differ in folder, ending and tool: they are rows of one table.

use std::path::{Path, PathBuf};

use super::{Planned, Store};
use crate::{
    Anchor, Contents, Facts, Service,
    fact::{EngineKind, Os},
    plan::{Actor, Byproduct, Change, Command, LockId, Proof, Settle, Step},
};

pub const STORE: Store = Store {
    id: "system",
    title: "system store",
    plan,
    paths,
    tools: &["keytool", "update-ca-certificates", "update-ca-trust", "certctl"],
};

/// A family of systems that keep anchors in the same way.
struct Family {
    os: Os,
    /// `ID` or `ID_LIKE` of its members in `os-release`.
    ids: &'static [&'static str],
    /// Where anchors of the administrator's own lie.
    folder: &'static str,
    /// The ending that the tool wants.
    ending: &'static str,
    /// What rebuilds the bundle: a name to be found, or an absolute path.
    tool: &'static str,
    arguments: &'static [&'static str],
    /// The bundle that programs load.
    bundle: &'static str,
    /// What the updater leaves when it is killed, and appends to.
    stale: Option<&'static str>,
    /// A folder of hash links that the updater makes and does not take away.
    links: Option<&'static str>,
    /// A Java keystore that a hook adds to, and the alias's beginning and end around our file's stem.
    keystore: Option<(&'static str, &'static str, &'static str)>,
}

const PLAIN: Family = Family {
    os: Os::Linux,
    ids: &[],
    folder: "",
    ending: "crt",
    tool: "",
    arguments: &[],
    bundle: "",
    stale: None,
    links: None,
    keystore: None,
};

/// Sources: the tools themselves (update-ca-certificates(8), update-ca-trust(8), certctl(8)) and,
/// for DSM, its script.
const FAMILIES: &[Family] = &[
    // DSM calls itself nothing in os-release; its own script is the sign.
    Family {
        ids: &["synology", "dsm"],
        folder: "/usr/syno/etc/security-profile/ca-bundle-profile/ca-certificates",
        tool: "/usr/syno/bin/update-ca-certificates.sh",
        bundle: "/etc/ssl/certs/ca-certificates.crt",
        ..PLAIN
    },
    Family {
        ids: &["fedora", "rhel", "centos", "amzn", "ol", "rocky", "almalinux"],
        folder: "/etc/pki/ca-trust/source/anchors",
        tool: "update-ca-trust",
        arguments: &["extract"],
        bundle: "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        ..PLAIN
    },
    Family {
        ids: &[
            "suse",
            "opensuse",
            "opensuse-leap",
            "opensuse-tumbleweed",
            "sles",
            "sled",
            "sle-micro",
            "sle_hpc",
        ],
        folder: "/etc/pki/trust/anchors",
        ending: "pem",
        tool: "update-ca-certificates",
        bundle: "/var/lib/ca-certificates/ca-bundle.pem",
        ..PLAIN
    },
    Family {
        ids: &["arch", "archlinux", "manjaro", "endeavouros", "cachyos", "artix"],
        folder: "/etc/ca-certificates/trust-source/anchors",
        tool: "update-ca-trust",
        bundle: "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
        ..PLAIN
    },
    Family {
        ids: &["debian", "ubuntu", "raspbian", "linuxmint", "pop", "kali"],
        folder: "/usr/local/share/ca-certificates",
        tool: "update-ca-certificates",
        bundle: "/etc/ssl/certs/ca-certificates.crt",
        stale: Some("/etc/ssl/certs/ca-certificates.crt.new"),
        links: Some("/etc/ssl/certs"),
        keystore: Some(("/etc/ssl/certs/java/cacerts", "debian:", ".pem")),
        ..PLAIN
    },
    Family {
        ids: &["alpine", "wolfi", "chainguard", "postmarketos"],
        folder: "/usr/local/share/ca-certificates",
        tool: "update-ca-certificates",
        bundle: "/etc/ssl/certs/ca-certificates.crt",
        links: Some("/etc/ssl/certs"),
        ..PLAIN
    },
    Family {
        ids: &["gentoo"],
        folder: "/usr/local/share/ca-certificates",
        tool: "update-ca-certificates",
        bundle: "/etc/ssl/certs/ca-certificates.crt",
        stale: Some("/etc/ssl/certs/ca-certificates.crt.new"),
        links: Some("/etc/ssl/certs"),
        ..PLAIN
    },
    Family {
        os: Os::Freebsd,
        ids: &["freebsd"],
        folder: "/usr/local/etc/ssl/certs",
        tool: "certctl",
        arguments: &["rehash"],
        bundle: "/etc/ssl/cert.pem",
        ..PLAIN
    },
];

/// Systems whose store is described in a configuration or an image, and how one adds to it there.
const DECLARATIVE: &[(&str, &str)] = &[
    (
        "/etc/NIXOS",
        "add `security.pki.certificateFiles = [ ./labtrust.crt ];` to configuration.nix and run nixos-rebuild switch",
    ),
    (
        "/run/ostree-booted",
        "add the certificate to /etc/pki/ca-trust/source/anchors in the image or its layer, and run update-ca-trust there",
    ),
];

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    if let Some((marker, todo)) = DECLARATIVE.iter().find(|(marker, _)| facts.has(marker)) {
        let why = format!("this system's store is declared elsewhere ({marker} exists)");
        return Planned::Manual { why, todo: vec![(*todo).into(), "labtrust export -o labtrust.crt".into()] };
    }
    let member = |family: &&Family| family.os == facts.os && facts.is_like(family.ids);
    let family = match FAMILIES
        .iter()
        .find(|family| family.os == facts.os && family.tool.starts_with('/') && facts.has(family.tool))
    {
        Some(family) => Some(family),
        // The distribution and the tool together decide: either alone has fooled others.
        None => {
            FAMILIES.iter().find(|family| member(family) && family.find_tool(facts).is_some()).or_else(|| {
                let fits = |family: &&Family| {
                    family.os == facts.os && facts.has(family.folder) && family.find_tool(facts).is_some()
                };
                FAMILIES.iter().find(fits).filter(|_| !FAMILIES.iter().any(|family| member(&family)))
            })
        }
    };
    let Some(family) = family else {
        if facts.os == Os::Macos || facts.os == Os::Windows {
            return Planned::Absent("it has another store on this system".into());
        }
        let known = FAMILIES.iter().find(member);
        return match known {
            Some(family) => Planned::Manual {
                why: format!("{} is missing, which rebuilds this system's bundle", family.tool),
                todo: vec![format!(
                    "install the package ca-certificates (it brings {}), then run this again",
                    family.tool
                )],
            },
            None => Planned::Absent("no store of a known kind was found".into()),
        };
    };
    Planned::Changes(vec![family.change(facts, anchor)])
}

impl Family {
    fn find_tool<'a>(&'a self, facts: &'a Facts) -> Option<&'a Path> {
        if self.tool.starts_with('/') {
            return Some(Path::new(self.tool)).filter(|tool| facts.has(tool));
        }
        facts.tools.get(self.tool).map(PathBuf::as_path)
    }

    fn change(&self, facts: &Facts, anchor: &Anchor) -> Change {
        let stem = anchor.file_stem();
        let path = Path::new(self.folder).join(format!("{stem}.{}", self.ending));
        let tool = self.find_tool(facts).unwrap_or(Path::new(self.tool));
        let update = Command::new(tool, self.arguments.iter().copied());
        let mut byproducts =
            vec![Byproduct::Bundle { path: self.bundle.into(), stale: self.stale.map(PathBuf::from) }];
        if let Some(folder) = self.links {
            byproducts.push(Byproduct::Links { folder: folder.into(), target: path.clone() });
        }
        if let Some((keystore, before, after)) = self.keystore.filter(|(keystore, ..)| facts.has(keystore)) {
            byproducts.push(Byproduct::Keystore {
                path: keystore.into(),
                alias: format!("{before}{stem}{after}"),
                keytool: facts.tools.get("keytool").cloned(),
            });
        }
        let rootful = facts.engines.iter().filter(|engine| engine.kind == EngineKind::Rootful);
        Change {
            store: STORE.id(),
            subject: self.bundle.into(),
            actor: Actor::Machine,
            steps: vec![Step::Put {
                path,
                contents: Contents::Public(anchor.certificate.pem().into_bytes()),
                mode: 0o644,
            }],
            settle: Settle {
                applied: vec![update.clone()],
                undone: vec![update],
                lock: Some(LockId::SystemStore),
                byproducts,
                restart: rootful.filter(|engine| engine.socket.is_some()).map(Service::engine).collect(),
            },
            proof: Proof::Bundle { path: self.bundle.into(), sha256: anchor.sha256() },
            serves: None,
        }
    }
}

fn paths() -> Vec<PathBuf> {
    FAMILIES
        .iter()
        .flat_map(|family| {
            [
                Some(family.folder),
                family.tool.starts_with('/').then_some(family.tool),
                family.keystore.map(|(path, ..)| path),
            ]
        })
        .flatten()
        .chain(DECLARATIVE.iter().map(|(marker, _)| *marker))
        .map(PathBuf::from)
        .collect()
}
