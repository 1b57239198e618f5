//! Messages of GitLab's own services, its runner and its container.

use super::{
    known::{Any, KnownMessage},
    side::Side,
};

/// Wordings that only a runner has.
const RUNNER: Any = &["Checking for jobs", "Registering runner", "Verifying runner"];

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[RUNNER, &["403 Forbidden"]],
        codes: &[],
        side: Side::Server,
        what: "Network and certificate are fine: GitLab rejected this runner's token. The runner was deleted, or \
               the token is not this runner's.",
        next: &["create a runner in GitLab (Settings > CI/CD > Runners), and register it with its new token"],
    },
    KnownMessage {
        says: &[RUNNER, &["500", "502", "503", "504"]],
        codes: &["realm-unreachable"],
        side: Side::Server,
        what: "The web server answers the runner, but GitLab behind it does not: it is not running, or is still \
               starting.",
        next: &["{labtrust doctor {}}", "on the server: sudo gitlab-ctl status"],
    },
    KnownMessage {
        says: &[&[
            "key values mismatch",
            "private key does not match public key",
            "private key does not match certificate",
        ]],
        codes: &["key-mismatch-on-disk"],
        side: Side::Server,
        what: "The certificate and the key in these files do not match.",
        next: &["on the server: sudo labtrust doctor {}"],
    },
    KnownMessage {
        says: &[&["cannot load certificate", "BIO_new_file() failed", "cannot load certificate key"]],
        codes: &["ssl-path-overridden", "key-mismatch-on-disk"],
        side: Side::Server,
        what: "GitLab's nginx does not start, because it cannot read the certificate or the key that its settings \
               name: the file is missing or in another place, or the key is encrypted.",
        next: &["on the server: sudo labtrust doctor {}", "on the server: sudo labtrust setup"],
    },
    KnownMessage {
        says: &[
            &[
                "bind() to",
                "bind for",
                "listen tcp",
                "listen tcp4",
                "listen tcp6",
                "ports are not available",
                "failed to bind host port",
            ],
            &[
                "address already in use",
                "port is already allocated",
                "Only one usage of each socket address",
                "forbidden by its access permissions",
            ],
        ],
        codes: &["port-taken"],
        side: Side::Server,
        what: "Another program on this machine already listens on that port, such as a NAS's own web server or a \
               second GitLab.",
        next: &["on the server: sudo labtrust doctor {}", "on the server: sudo ss -ltnp"],
    },
    KnownMessage {
        says: &[
            &["letsencrypt", "acme_certificate", "acme::client", "let's encrypt"],
            &["error", "failed", "invalid", "unable", "timeout"],
        ],
        codes: &["letsencrypt-will-take-over"],
        side: Side::Server,
        what: "GitLab asks Let's Encrypt for a certificate, but Let's Encrypt cannot reach a server on a private \
               network. If you use your own certificate, turn it off in gitlab.rb: letsencrypt['enable'] = false.",
        next: &["on the server: sudo labtrust doctor {}", "on the server: sudo gitlab-ctl reconfigure"],
    },
    KnownMessage {
        says: &[
            &[
                "tls handshake error from",
                "ssl_do_handshake() failed",
                "while SSL handshaking",
                "ssl handshake",
                "sslv3 alert",
                "tls: bad certificate",
            ],
            &[
                "bad certificate",
                "unknown ca",
                "certificate unknown",
                "unknown certificate authority",
                "alert number 42",
                "alert number 46",
                "alert number 48",
            ],
        ],
        codes: &["untrusted-docker", "untrusted-system", "chain-incomplete", "cert-name-mismatch"],
        side: Side::Server,
        what: "This line is from the server's log: a client ended the connection because it does not trust the \
               certificate. The line shows the client's address. Look for the cause on that client.",
        next: &["on that client: labtrust doctor {}"],
    },
];
