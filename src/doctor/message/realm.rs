//! Messages about the token service, to which a registry sends every client: the innermost URL of a nested error.

use super::{
    known::{Any, DOCTOR, KnownMessage},
    network, registry,
    side::Side,
    trust,
};

/// Texts that only a request for a token contains.
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
        side: Side::OtherEnd,
        what: "The node that pulls the image does not trust the registry's certificate. Docker or containerd must \
               trust the CA on every node.",
        next: &["on each node: labtrust doctor {}", "on each node: labtrust trust {} --fingerprint SHA256"],
    },
    KnownMessage {
        says: &[TOKEN, trust::UNKNOWN],
        codes: &["build-untrusted", "realm-untrusted", "untrusted-system"],
        side: Side::Realm,
        what: "docker build gets its token without the Docker daemon, and trusts only the CAs in the system store, \
               not those in Docker's certs.d.",
        next: &["{labtrust doctor {}}", "{labtrust trust {} --fingerprint SHA256}"],
    },
    KnownMessage {
        says: &[&["failed to solve", "load metadata for", "buildkit", "buildx"], trust::UNKNOWN],
        codes: &["build-untrusted", "untrusted-docker", "untrusted-system"],
        side: Side::OtherEnd,
        what: "The builder does not trust the registry's certificate. Docker's own builder keeps what it read for a \
               registry when a build failed: once the CA is trusted, restart Docker. A builder in its own container \
               reads only its own settings (buildkitd.toml, ca=[…]) and must be recreated after a change.",
        next: &["{labtrust doctor {}}", "{labtrust trust {} --fingerprint SHA256}"],
    },
    KnownMessage {
        says: &[REALM, trust::UNKNOWN],
        codes: &["realm-untrusted", "untrusted-docker", "untrusted-system", "chain-incomplete"],
        side: Side::Realm,
        what: "Docker trusts the registry, but not the token service to which the registry sends every client. The \
               token service is GitLab itself, on another port or host and with its own certificate.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[
            REALM,
            &[
                "cannot validate certificate for",
                "certificate is valid for",
                "certificate is not valid for any names",
            ],
        ],
        codes: &["realm-wrong-host", "cert-name-mismatch", "cert-ip-not-in-san"],
        side: Side::Realm,
        what: "The registry answered, but the URL of the token service, to which it sends every client, names a host or \
               an address that is not in the certificate there. The URL comes from external_url in the server's \
               gitlab.rb.",
        next: &["{labtrust doctor {}}", "on the server: sudo grep -n external_url /etc/gitlab/gitlab.rb"],
    },
    KnownMessage {
        says: &[REALM, network::NO_ANSWER],
        codes: &["realm-unreachable"],
        side: Side::Realm,
        what: "The registry answered, but the token service to which it sends every client cannot be reached. The \
               token service is GitLab itself, usually on port 443.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[REALM, registry::FAILED, &["404", "500", "502", "503", "504"]],
        codes: &["realm-unreachable", "realm-not-json"],
        side: Side::Realm,
        what: "The registry answered, but the token service to which it sends every client reports an error: GitLab \
               is not running or is still starting (50x), or that URL is not GitLab's (404).",
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
        side: Side::Realm,
        what: "The registry answered, but a proxy answered for the token service, which is GitLab itself on port \
               443. A NO_PROXY entry with a port covers that port only: write the host without a port.",
        next: DOCTOR,
    },
];
