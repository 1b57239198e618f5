//! The token service, to which a registry sends everyone first: the innermost URL of a nested error.

use super::{
    known::{Any, DOCTOR, KnownMessage},
    network, registry, trust,
};

/// What only a request for a token has in it.
const REALM: Any = &[
    "/jwt/auth",
    "service=container_registry",
    "client_id=docker",
    "scope=repository",
    "scope=registry",
    "failed to fetch anonymous token",
    "failed to fetch oauth token",
    "requesting bearer token",
    "requesting bear token",
];
const TOKEN: Any = &["failed to fetch anonymous token", "failed to fetch oauth token"];

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[
            &["Failed to pull image", "failed to pull and unpack image", "ErrImagePull", "ImagePullBackOff"],
            trust::UNKNOWN,
        ],
        codes: &["untrusted-docker", "untrusted-system", "chain-incomplete"],
        what: "The node that pulls the image does not trust the registry's certificate: its engine or containerd \
               has to know the CA, on every node.",
        next: &["on each node: labtrust doctor {}", "on each node: labtrust trust {} --fingerprint SHA256"],
    },
    KnownMessage {
        says: &[TOKEN, trust::UNKNOWN],
        codes: &["build-untrusted", "realm-untrusted", "untrusted-system"],
        what: "docker build fetches its token without the engine, and trusts only what the system trusts: Docker's \
               certs.d does not count there.",
        next: &["{labtrust doctor {}}", "{labtrust trust {} --fingerprint SHA256}"],
    },
    KnownMessage {
        says: &[&["failed to solve", "load metadata for", "buildkit", "buildx"], trust::UNKNOWN],
        codes: &["build-untrusted", "untrusted-docker", "untrusted-system"],
        what: "The builder does not trust the registry's certificate. It reads the system's store; one that runs in a \
               container of its own reads only its own settings (buildkitd.toml, ca=[…]) and has to be recreated.",
        next: &["{labtrust doctor {}}", "{labtrust trust {} --fingerprint SHA256}"],
    },
    KnownMessage {
        says: &[REALM, trust::UNKNOWN],
        codes: &["realm-untrusted", "untrusted-docker", "untrusted-system", "chain-incomplete"],
        what: "The registry was believed; the token service, to which it sends everyone first, was not: it is GitLab \
               itself, on another port or host and with a certificate of its own.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[REALM, network::NO_ANSWER],
        codes: &["realm-unreachable"],
        what: "The registry answered; the token service, to which it sends everyone first, cannot be reached: it is \
               GitLab itself, usually on port 443 of its host.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[REALM, registry::FAILED, &["404", "500", "502", "503", "504"]],
        codes: &["realm-unreachable", "realm-not-json"],
        what: "The registry answered; the token service, to which it sends everyone first, answers with an error: GitLab \
               itself does not run or has been started just now (50x), or that URL is not GitLab's (404).",
        next: &["{labtrust doctor {}}", "on the server: sudo gitlab-ctl status"],
    },
    KnownMessage {
        says: &[
            REALM,
            &[
                "Service Unavailable",
                "Forbidden",
                "Bad Gateway",
                "Gateway Timeout",
                "Proxy Authentication Required",
            ],
        ],
        codes: &["no-proxy-port-only", "proxy-not-bypassed", "registry-backend-down"],
        what: "The registry answered; on the way to the token service, which is GitLab itself on port 443, a proxy \
               did. NO_PROXY with a port covers that port alone: write the bare host.",
        next: DOCTOR,
    },
];
