//! Messages about the settings of podman, buildah, skopeo and CRI-O (containers/image).

use super::{known::KnownMessage, side::Side};

const FILES: &[&str] = &["cat /etc/containers/registries.conf", "ls /etc/containers/registries.conf.d"];

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[&["is blocked in"]],
        codes: &["podman-blocked"],
        side: Side::Client,
        what: "A setting of this machine has blocked the registry (blocked = true in registries.conf): podman, buildah, \
               skopeo and CRI-O do not contact it.",
        next: FILES,
    },
    KnownMessage {
        says: &[&["did not resolve to an alias and no unqualified-search registries are defined"]],
        codes: &[],
        side: Side::Client,
        what: "The image has no registry in its name, and registries.conf names no registries to search. Write the \
               whole name, with the registry's host and port.",
        next: &["podman pull {}/GROUP/PROJECT:TAG"],
    },
    KnownMessage {
        says: &[
            &[
                "registries configuration",
                "default registries to try",
                "registries.conf",
                "registry configuration",
            ],
            &[
                "must be in v2 format",
                "mixing sysregistry",
                "toml: ",
                "(last key",
                "cannot load TOML",
                "permission denied",
                "invalid condition",
                "not a valid",
            ],
        ],
        codes: &["registries-conf-broken"],
        side: Side::Client,
        what: "podman, buildah and skopeo cannot read their registries.conf: it is not valid TOML, or in the old \
               format, or not readable. The message names the file and the line.",
        next: FILES,
    },
];
