//! Messages about a registry's answer, and about a container tool's own files.

use super::{
    known::{Any, DOCTOR, KnownMessage},
    side::Side,
};

/// Wordings for an unexpected HTTP answer.
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

const TOKEN_REJECTED: KnownMessage = KnownMessage {
    says: &[],
    codes: &["clock-skew", "token-refused"],
    side: Side::Registry,
    what: "Network and certificate are fine: the registry rejected the token. Either you are not logged in at \
           exactly this host and port, or a clock is wrong and the token counts as expired.",
    next: &["docker login {}", "{labtrust doctor {}}"],
};

/// Messages about a registry that was reached but refuses.
pub(super) const CREDENTIALS: &[KnownMessage] = &[
    KnownMessage {
        says: &[&[
            "remote: HTTP Basic: Access denied",
            "fatal: Authentication failed for",
            "Authentifizierung fehlgeschlagen für",
            "Échec d'authentification pour",
            "Autenticación falló para",
            "鉴权失败",
            "身份驗證失敗",
        ]],
        codes: &[],
        side: Side::Server,
        what: "Network and certificate are fine: GitLab rejected the user name, the password or the token. With \
               two-factor authentication, git needs an access token with the scope read_repository, or \
               write_repository to push.",
        next: &["create a token with these scopes in GitLab, and enter it as the password"],
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
        side: Side::Realm,
        what: "Network and certificate are fine: GitLab rejected the user name, the password or the token. With \
               two-factor authentication, it accepts only an access token or a deploy token.",
        next: &[
            "create a token with the scopes read_registry and write_registry in GitLab, and log in with it:",
            "docker login {}",
        ],
    },
    KnownMessage { says: &[&["unauthorized: authentication required"]], ..TOKEN_REJECTED },
    KnownMessage {
        says: &[&["unexpected status from", "unexpected status"], &["401 Unauthorized"]],
        ..TOKEN_REJECTED
    },
    KnownMessage {
        says: &[&["login attempt to", "token auth attempt", "failed to authorize"], &["401", "403"]],
        codes: &["token-refused", "token-key-mismatch", "password-in-front", "clock-skew"],
        side: Side::Registry,
        what: "The registry rejected the token that GitLab issued: GitLab signed it with a key that the registry \
               does not know, or their clocks differ.",
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
        side: Side::Registry,
        what: "Network and certificate are fine: a web server on the way does not accept a request of that size. \
               GitLab's own web server sets no limit; a reverse proxy before it does (in nginx, client_max_body_size).",
        next: &["on the reverse proxy, in the nginx configuration: client_max_body_size 0;"],
    },
    KnownMessage {
        says: &[&[
            "plain HTTP request was sent to HTTPS port",
            "Client sent an HTTP request to an HTTPS server",
        ]],
        codes: &["realm-insecure", "forwarded-headers-missing"],
        side: Side::OtherEnd,
        what: "The server speaks HTTPS on this port, but the client used http://. The URL, a proxy or the address \
               of the token service begins with http://.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["malformed HTTP response \\x15\\x03"]],
        codes: &["registry-insecure", "realm-insecure", "proxy-wrong-scheme"],
        side: Side::OtherEnd,
        what: "The client used plain HTTP, and the server answered in TLS. The registry is in Docker's \
               insecure-registries, or the URL of the token service or of a proxy begins with http:// instead of \
               https://.",
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
        side: Side::Registry,
        what: "The web server answers, but the registry or GitLab behind it does not: it is not running, or is \
               still starting.",
        next: BACKEND,
    },
    KnownMessage {
        says: &[
            &["502 Bad Gateway", "503 Service Temporarily Unavailable", "504 Gateway Time-out"],
            &["nginx"],
        ],
        codes: &["registry-backend-down", "realm-unreachable"],
        side: Side::OtherEnd,
        what: "GitLab's web server answers, but the registry or GitLab behind it does not: it is not running, or is \
               still starting.",
        next: BACKEND,
    },
    KnownMessage {
        says: &[
            &["unable to decode token response", "error unmarshalling token", "decoding token response"],
            &["invalid character"],
        ],
        codes: &["realm-not-json"],
        side: Side::Realm,
        what: "The token service answered with a web page instead of a token: a sign-in page, a redirect or an \
               error page.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[FAILED, &["404"]],
        codes: &["registry-wrong-host", "not-a-registry"],
        side: Side::Registry,
        what: "The web server that answers has no registry: the name belongs to another virtual host, or the \
               registry is not enabled.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[FAILED, &["502", "503", "504"]],
        codes: &["registry-backend-down"],
        side: Side::Registry,
        what: "The web server answers, but the registry behind it does not.",
        next: &[
            "{labtrust doctor {}}",
            "on the server: sudo gitlab-ctl status registry",
            "on the server: sudo gitlab-ctl tail registry",
        ],
    },
    KnownMessage {
        says: &[FAILED, &["500"]],
        codes: &["registry-backend-down", "realm-unreachable"],
        side: Side::Registry,
        what: "The registry or the token service has an internal error of its own. Its log shows the cause, often a \
               key or a folder that it cannot read.",
        next: &[
            "{labtrust doctor {}}",
            "on the server: sudo gitlab-ctl tail registry",
            "on the server: sudo gitlab-ctl tail gitlab-rails",
        ],
    },
    KnownMessage {
        says: &[FAILED, &["407"]],
        codes: &["proxy-not-bypassed", "cli-proxy-not-bypassed"],
        side: Side::Proxy,
        what: "A proxy answered and asks for a password: the host is missing from NO_PROXY.",
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
        side: Side::Registry,
        what: "A web page answers instead of a registry: GitLab's own port, another server with that name, or a proxy.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["missing key"], &["for client certificate"]],
        codes: &["certsd-wrong-extension", "certsd-stray-key"],
        side: Side::Engine,
        what: "Docker treats a .cert file in certs.d as a client certificate and needs its key. Every login fails \
               until the file is removed. The name of a CA file must end in .crt.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["missing client certificate"], &["for key"]],
        codes: &["certsd-stray-key"],
        side: Side::Engine,
        what: "certs.d contains a .key without its .cert. Every login fails until the file is removed. A server's \
               key never belongs on a client.",
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
        side: Side::Engine,
        what: "A file in certs.d that ends in .crt, .cert or .key cannot be read. Every login fails until the file \
               is readable or removed.",
        next: DOCTOR,
    },
];

/// Messages whose words other messages contain too; these rows come after all others of registries.
pub(super) const LATE: &[KnownMessage] = &[KnownMessage {
    says: &[
        &[
            "failed to solve",
            "failed to resolve reference",
            "failed to resolve source metadata",
            "reading manifest",
            "manifest for",
        ],
        &["not found", "manifest unknown"],
    ],
    codes: &[],
    side: Side::Registry,
    what: "Network and certificate are fine: the registry has no image with this name and tag, or the logged in user \
           cannot see it.",
    next: &["compare the name with Deploy > Container registry in GitLab, and log in:", "docker login {}"],
}];
