//! Families of distributions: their folders, endings and tools.

use std::path::{Path, PathBuf};

use crate::{Facts, Hint, fact::Os, hint};

/// A family of distributions with the same folder and tool for anchors.
pub(super) struct Family {
    pub os: Os,
    /// `ID` or `ID_LIKE` of its members in `os-release`.
    pub ids: &'static [&'static str],
    /// The folder of the administrator's own anchors.
    pub folder: &'static str,
    /// Whether folder and tool together identify the family.
    pub telling: bool,
    /// The ending that the tool requires.
    pub ending: &'static str,
    /// A line that the tool requires above the certificate.
    pub heading: &'static str,
    /// The program that rebuilds the bundle: a name to search for, or an absolute path.
    pub tool: &'static str,
    pub arguments: &'static [&'static str],
    /// The bundle that programs load.
    pub bundle: &'static str,
    /// The folder of the vendor's anchors, and the list of the chosen ones, if the tool reads such a list.
    pub vendor: Option<(&'static str, &'static str)>,
    /// A folder to which the tool copies each anchor. If there is one, programs read it, and the bundle may be missing.
    pub copies: Option<&'static str>,
    /// The file that a killed updater leaves, and to which the next one appends.
    pub stale: Option<&'static str>,
    /// A folder of hash links that the updater makes and does not remove.
    pub links: Option<&'static str>,
    /// A Java keystore to which the updater's hook adds new anchors.
    pub keystore: Option<JavaStore>,
    /// A Java keystore that the updater itself writes as a whole.
    pub java_bundle: Option<&'static str>,
    /// Where machines are made from a configuration, and not repaired: how to add the file at this path, with the contents of
    /// `labtrust.crt`, to that configuration.
    pub configuration: Option<fn(&Path) -> Hint>,
}

/// A Java keystore to which an updater's hook adds anchors.
#[derive(Clone, Copy)]
pub(super) struct JavaStore {
    pub path: &'static str,
    pub hook: &'static str,
    /// The settings in which an administrator turns the hook off.
    pub settings: &'static str,
    /// The parts of the hook's aliases before and after our file's stem.
    pub alias: (&'static str, &'static str),
}

impl JavaStore {
    /// The hook of Alpine's package java-cacerts, which writes the whole keystore.
    pub(super) const ALPINE: &str = "/etc/ca-certificates/update.d/java-cacerts";
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
    configuration: None,
};

/// update-ca-trust(8). Amazon Linux, Oracle Linux, Rocky and Alma are like these.
pub(super) const FEDORA: Family = Family {
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
pub(super) const FAMILIES: &[Family] = &[
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
    // `/usr` is read-only there, `/etc` is not. Its own script of that name makes hash links to the `.pem` files in
    // `/etc/ssl/certs`, bundles them, and runs at each start too (Flatcar, ca-certificates; its documentation, "Custom
    // certificate authorities").
    Family {
        ids: &["flatcar", "coreos"],
        folder: "/etc/ssl/certs",
        telling: false,
        ending: "pem",
        tool: "update-ca-certificates",
        bundle: "/etc/ssl/certs/ca-certificates.crt",
        links: Some("/etc/ssl/certs"),
        configuration: Some(|file| {
            Hint::from("a machine that is made again starts without the CA: add this to its Butane configuration, beside the file labtrust.crt:")
                .line("storage:")
                .line("  files:")
                .line(hint!("    - path: {}", file))
                .line("      mode: 0644")
                .line("      contents: { local: labtrust.crt }")
        }),
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
pub(super) struct Declarative {
    /// The file that identifies it.
    pub marker: &'static str,
    /// How to add the CA of the file `labtrust.crt` there, with the folder and the updater of its family.
    pub todo: fn(&Family) -> Hint,
}

pub(super) const DECLARATIVE: &[Declarative] = &[
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

/// The family of the machine. If its tool is missing, the error is the family that it would be. Distribution and tool decide
/// together: each of them alone, or a folder, can be misleading.
pub(super) fn family(facts: &Facts) -> Result<&'static Family, Option<&'static Family>> {
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
    pub(super) fn find_tool<'a>(&'a self, facts: &'a Facts) -> Option<&'a Path> {
        if self.tool.starts_with('/') {
            return Some(Path::new(self.tool)).filter(|tool| facts.has(tool));
        }
        facts.tools.get(self.tool).map(PathBuf::as_path)
    }
}
