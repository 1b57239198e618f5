//! What a registry answers, and what a container tool makes of it.

use super::{Any, DOCTOR, Row};

const FAILED: Any = &[
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
const FETCH: Any = &["failed to fetch anonymous token", "failed to fetch oauth token"];

/// A registry that was reached and says no.
pub const CREDENTIALS: &[Row] = &[
    Row {
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
            "remote: HTTP Basic: Access denied",
        ]],
        codes: &[],
        what: "The way there and the certificate are fine: GitLab answered and refused the user name, the password or \
               the token. With two-factor authentication on, only an access token or a deploy token is taken.",
        next: &[
            "make a token with the scopes read_registry and write_registry in GitLab, and log in with it",
            "docker login {}",
        ],
    },
    Row {
        says: &[&["unauthorized: authentication required"]],
        codes: &["clock-skew"],
        what: "The way there and the certificate are fine: the registry was given no token that it takes. Either nobody is \
               logged in at exactly this host and port, or the token holds good by another clock.",
        next: &["docker login {}", "labtrust doctor {}"],
    },
    Row {
        says: &[FETCH, &["401", "403"]],
        codes: &[],
        what: "The way there and the certificate are fine: GitLab's token service was reached and refused the credentials.",
        next: &["docker login {}"],
    },
    Row {
        says: &[&["login attempt to", "token auth attempt", "failed to authorize"], &["401", "403"]],
        codes: &["clock-skew"],
        what: "The registry refused the token that GitLab gave: its key is not the one that the registry knows, or the \
               clocks of the two disagree.",
        next: &[
            "labtrust doctor {}",
            "on the server: sudo gitlab-ctl reconfigure",
            "on the server: sudo gitlab-ctl tail registry",
        ],
    },
];

pub const ROWS: &[Row] = &[
    Row {
        says: &[
            &["unable to decode token response", "error unmarshalling token", "decoding token response"],
            &["invalid character"],
        ],
        codes: &["realm-not-json"],
        what: "The token service answered with a web page instead of a token: a login page, a redirect or an error page \
               stands in its place.",
        next: DOCTOR,
    },
    Row {
        says: &[FAILED, &["404"]],
        codes: &["registry-wrong-host", "not-a-registry"],
        what: "Something answers there and knows no registry: the name leads to another virtual host, or the registry is \
               not enabled.",
        next: DOCTOR,
    },
    Row {
        says: &[FAILED, &["502", "503", "504"]],
        codes: &["registry-backend-down"],
        what: "The web server in front of the registry answers, and the registry behind it does not.",
        next: &[
            "labtrust doctor {}",
            "on the server: sudo gitlab-ctl status registry",
            "on the server: sudo gitlab-ctl tail registry",
        ],
    },
    Row {
        says: &[FAILED, &["407"]],
        codes: &["proxy-not-bypassed", "cli-proxy-not-bypassed"],
        what: "A proxy answered that wants a password first: the host is missing from NO_PROXY.",
        next: DOCTOR,
    },
    Row {
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
    Row {
        says: &[&["missing key"], &["for client certificate"]],
        codes: &["certsd-wrong-extension", "certsd-stray-key"],
        what: "Docker takes a .cert file in certs.d for a client's certificate, and wants its key: a CA belongs into a \
               file that ends in .crt. Until then every login there is broken off.",
        next: DOCTOR,
    },
    Row {
        says: &[&["missing client certificate"], &["for key"]],
        codes: &["certsd-stray-key"],
        what: "A .key lies in certs.d without its .cert, and until it is gone every login there is broken off. The \
               server's key never belongs on a client.",
        next: DOCTOR,
    },
];
