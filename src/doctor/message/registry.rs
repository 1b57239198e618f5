//! What a registry answers, and what a container tool makes of it.

use super::known::{Any, DOCTOR, KnownMessage};

/// An answer in HTTP that is not the one that was wanted.
pub(super) const FAILED: Any = &[
    "login attempt to",
    "failed with status",
    "received unexpected http status",
    "unexpected status code",
    "unexpected status from",
    "unexpected status",
    "invalid status code from registry",
    "unexpected http code",
    "error parsing http",
    "statuscode",
];
const FETCH: Any = &[
    "failed to fetch anonymous token",
    "failed to fetch oauth token",
    "requesting bearer token",
    "requesting bear token",
];

/// A registry that was reached and says no.
pub(super) const CREDENTIALS: &[KnownMessage] = &[
    KnownMessage {
        says: &[&["remote: HTTP Basic: Access denied", "fatal: Authentication failed for"]],
        codes: &[],
        what: "The way there and the certificate are fine: GitLab answered and refused the user name, the password or \
               the token. With two-factor authentication on, git needs an access token with the scope read_repository, or \
               write_repository to push.",
        next: &["make a token with these scopes in GitLab, and give it as the password"],
    },
    KnownMessage {
        says: &[&[
            "HTTP Basic: Access denied",
            "denied: access forbidden",
            "incorrect username or password",
            "unauthorized: authentication failed",
            "invalid username/password",
            "requested access to the resource is denied",
            "no basic auth credentials",
            "denied: insufficient_scope",
            "insufficient_scope: authorization failed",
        ]],
        codes: &[],
        what: "The way there and the certificate are fine: GitLab answered and refused the user name, the password or \
               the token. With two-factor authentication on, only an access token or a deploy token is taken.",
        next: &[
            "make a token with the scopes read_registry and write_registry in GitLab, and log in with it",
            "docker login {}",
        ],
    },
    KnownMessage {
        says: &[&["unauthorized: authentication required"]],
        codes: &["clock-skew"],
        what: "The way there and the certificate are fine: the registry was given no token that it takes. Either nobody is \
               logged in at exactly this host and port, or the token holds good by another clock.",
        next: &["docker login {}", "{labtrust doctor {}}"],
    },
    KnownMessage {
        says: &[&["unexpected status from", "unexpected status"], &["401 Unauthorized"]],
        codes: &["clock-skew"],
        what: "The way there and the certificate are fine: the registry was given no token that it takes. Either nobody is \
               logged in at exactly this host and port, or the token holds good by another clock.",
        next: &["docker login {}", "{labtrust doctor {}}"],
    },
    KnownMessage {
        says: &[FETCH, &["401", "403"]],
        codes: &[],
        what: "The way there and the certificate are fine: GitLab's token service was reached and refused the credentials.",
        next: &["docker login {}"],
    },
    KnownMessage {
        says: &[&["login attempt to", "token auth attempt", "failed to authorize"], &["401", "403"]],
        codes: &["clock-skew"],
        what: "The registry refused the token that GitLab gave: its key is not the one that the registry knows, or the \
               clocks of the two disagree.",
        next: &[
            "{labtrust doctor {}}",
            "on the server: sudo gitlab-ctl reconfigure",
            "on the server: sudo gitlab-ctl tail registry",
        ],
    },
];

const BACKEND: &[&str] = &[
    "{labtrust doctor {}}",
    "on the server: sudo gitlab-ctl status",
    "on the server: sudo gitlab-ctl tail registry",
];

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[&[
            "413 Request Entity Too Large",
            "413 Payload Too Large",
            "error parsing HTTP 413",
            "returned error: 413",
        ]],
        codes: &[],
        what: "The way there and the certificate are fine: a web server on it takes nothing of that size. GitLab's own \
               sets no limit; a reverse proxy before it does (in nginx client_max_body_size).",
        next: &["on the reverse proxy, in nginx: client_max_body_size 0;"],
    },
    KnownMessage {
        says: &[&[
            "plain HTTP request was sent to HTTPS port",
            "Client sent an HTTP request to an HTTPS server",
        ]],
        codes: &["realm-insecure"],
        what: "The server speaks HTTPS on this port, and somebody came with http://: the URL, a proxy or the token \
               service's address says so.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["malformed HTTP response \\x15\\x03"]],
        codes: &["registry-insecure", "realm-insecure", "proxy-wrong-scheme"],
        what: "Somebody asked in plain HTTP and was answered in TLS: the registry stands among the engine's \
               insecure-registries, or the URL of the token service or of a proxy says http:// where it must be https://.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "while connecting to upstream",
            "while reading response header from upstream",
            "GitLab is not responding",
            "returned error: 502",
            "returned error: 503",
            "returned error: 504",
        ]],
        codes: &["registry-backend-down", "realm-unreachable"],
        what: "The web server answers, and what is behind it does not: the registry, or GitLab itself. It does not run, or \
               has been started just now.",
        next: BACKEND,
    },
    KnownMessage {
        says: &[
            &["502 Bad Gateway", "503 Service Temporarily Unavailable", "504 Gateway Time-out"],
            &["nginx"],
        ],
        codes: &["registry-backend-down", "realm-unreachable"],
        what: "GitLab's web server answers, and what is behind it does not: the registry, or GitLab itself. It does not \
               run, or has been started just now.",
        next: BACKEND,
    },
    KnownMessage {
        says: &[
            &["unable to decode token response", "error unmarshalling token", "decoding token response"],
            &["invalid character"],
        ],
        codes: &["realm-not-json"],
        what: "The token service answered with a web page instead of a token: a login page, a redirect or an error page \
               stands in its place.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[FAILED, &["404"]],
        codes: &["registry-wrong-host", "not-a-registry"],
        what: "Something answers there and knows no registry: the name leads to another virtual host, or the registry is \
               not enabled.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[FAILED, &["502", "503", "504"]],
        codes: &["registry-backend-down"],
        what: "The web server in front of the registry answers, and the registry behind it does not.",
        next: &[
            "{labtrust doctor {}}",
            "on the server: sudo gitlab-ctl status registry",
            "on the server: sudo gitlab-ctl tail registry",
        ],
    },
    KnownMessage {
        says: &[FAILED, &["500"]],
        codes: &["registry-backend-down", "realm-unreachable"],
        what: "The registry, or the token service to which it sends everyone, broke off with an error of its own. Its log \
               says which: often a key or a folder that it may not read.",
        next: &[
            "{labtrust doctor {}}",
            "on the server: sudo gitlab-ctl tail registry",
            "on the server: sudo gitlab-ctl tail gitlab-rails",
        ],
    },
    KnownMessage {
        says: &[FAILED, &["407"]],
        codes: &["proxy-not-bypassed", "cli-proxy-not-bypassed"],
        what: "A proxy answered that wants a password first: the host is missing from NO_PROXY.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "error unmarshalling content",
            "looking for beginning of value",
            "404 page not found",
            "missing or empty Content-Type header",
            "missing signature key",
            "no match for platform in manifest: not found",
        ]],
        codes: &["not-a-registry", "registry-wrong-host", "proxy-not-bypassed"],
        what: "What answers is no registry but a web page: GitLab's own port, another server of that name, or a proxy.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["missing key"], &["for client certificate"]],
        codes: &["certsd-wrong-extension", "certsd-stray-key"],
        what: "Docker takes a .cert file in certs.d for a client's certificate, and wants its key: a CA belongs into a \
               file that ends in .crt. Until then every login there is broken off.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["missing client certificate"], &["for key"]],
        codes: &["certsd-stray-key"],
        what: "A .key lies in certs.d without its .cert, and until it is gone every login there is broken off. The \
               server's key never belongs on a client.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[
            &["open /", "read /"],
            &["certs.d/"],
            &[
                "no such file or directory",
                "is a directory",
                "not a directory",
                "too many levels of symbolic links",
                "permission denied",
                "input/output error",
            ],
        ],
        codes: &["certsd-unreadable"],
        what: "A file in certs.d that ends in .crt, .cert or .key cannot be read, and until it is gone every login there is \
               broken off.",
        next: DOCTOR,
    },
];
