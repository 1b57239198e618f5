//! What GitLab's own services and its engine say on the server.

use super::known::{Any, KnownMessage};

/// What only a runner says.
const RUNNER: Any = &["Checking for jobs", "Registering runner", "Verifying runner"];

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[RUNNER, &["403 Forbidden"]],
        codes: &[],
        what: "The way there and the certificate are fine: GitLab answered and does not know this runner's token, or no \
               longer: the runner was deleted, or its token is another's.",
        next: &["make a runner in GitLab (Settings > CI/CD > Runners), and register it with its new token"],
    },
    KnownMessage {
        says: &[RUNNER, &["500", "502", "503", "504"]],
        codes: &["realm-unreachable"],
        what: "The web server before GitLab answers the runner, and GitLab itself does not run, or has been started just \
               now.",
        next: &["{labtrust doctor {}}", "on the server: sudo gitlab-ctl status"],
    },
    KnownMessage {
        says: &[&[
            "key values mismatch",
            "private key does not match public key",
            "private key does not match certificate",
        ]],
        codes: &["key-mismatch-on-disk"],
        what: "The certificate and the key in the files do not belong together.",
        next: &["on the server: labtrust doctor {}"],
    },
    KnownMessage {
        says: &[&["cannot load certificate", "BIO_new_file() failed", "cannot load certificate key"]],
        codes: &["ssl-path-overridden", "key-mismatch-on-disk"],
        what: "GitLab's nginx cannot read the certificate or the key that its settings name, and does not start without: \
               the file is missing, is somewhere else, or the key is encrypted.",
        next: &["on the server: labtrust doctor {}", "on the server: labtrust setup"],
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
        what: "Another program of this machine listens on that port already: its own web server, as on a NAS, or a second \
               GitLab.",
        next: &["on the server: labtrust doctor {}", "on the server: sudo ss -ltnp"],
    },
    KnownMessage {
        says: &[
            &["letsencrypt", "acme_certificate", "acme::client", "let's encrypt"],
            &["error", "failed", "invalid", "unable", "timeout"],
        ],
        codes: &["letsencrypt-will-take-over"],
        what: "GitLab asks Let's Encrypt for a certificate, which cannot reach a server on a private network. With a \
               certificate of your own it has to be switched off: letsencrypt['enable'] = false.",
        next: &["on the server: labtrust doctor {}", "on the server: sudo gitlab-ctl reconfigure"],
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
        what: "This is the server's side: a client broke off because it does not believe the certificate. Its address \
               stands in the line; what it lacks is to be looked at there.",
        next: &["on that client: labtrust doctor {}"],
    },
];
