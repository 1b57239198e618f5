//! Messages about proxies that cannot be reached, or that answer instead of the server.

use super::{
    known::{Any, DOCTOR, KnownMessage},
    side::Side,
    trust,
};

const CONNECT: Any = &["proxyconnect tcp"];
/// The codes about the daemon's proxy.
const NO_PROXY: &[&str] = &[
    "proxy-not-bypassed",
    "no-proxy-ineffective",
    "proxy-config-unused",
    "proxy-needs-restart",
    "cli-proxy-not-bypassed",
];

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[
            CONNECT,
            &[
                "first record does not look like a TLS handshake",
                "server gave HTTP response to HTTPS client",
                "EOF",
            ],
        ],
        codes: &["proxy-wrong-scheme", "proxy-not-bypassed"],
        side: Side::Proxy,
        what: "The proxy's URL begins with https://, but the proxy speaks plain HTTP: write http:// instead. It is \
               the protocol to the proxy itself; HTTPS requests still work.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[CONNECT, &["lookup http", "lookup https"]],
        codes: &["proxy-url-invalid", "proxy-wrong-scheme"],
        side: Side::Proxy,
        what: "The value of the proxy is not a URL, so the client looks for a host called http: a scheme is written \
               twice (http://http://…), quotation marks belong to the value, or the password contains a # or a lone %.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[CONNECT],
        codes: &["proxy-unreachable", "proxy-not-bypassed"],
        side: Side::Proxy,
        what: "Docker is set to use a proxy, but the proxy itself cannot be reached; Docker did not contact the \
               registry. A server on your own network needs no proxy: add it to NO_PROXY.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[
            &[
                "invalid proxy address",
                "parse http://",
                "parse https://",
                "parse socks5://",
                "invalid proxy URL",
            ],
            &[
                "invalid URL escape",
                "invalid userinfo",
                "invalid port",
                "invalid character",
                "first path segment in URL",
            ],
        ],
        codes: &["proxy-url-invalid"],
        side: Side::Proxy,
        what: "The value of the proxy is not a URL: quotation marks belong to it, or the user name or password contains a \
               character that must be encoded, such as # (%23) or % (%25).",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["Failed to resolve specifiers in"]],
        codes: &["proxy-percent-sign"],
        side: Side::Engine,
        what: "systemd ignores this assignment in a unit: in units, a % begins a specifier, and must be written %%.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["socks connect tcp"], &["dial tcp"]],
        codes: &["proxy-unreachable", "proxy-not-bypassed"],
        side: Side::Proxy,
        what: "Docker is set to use a SOCKS proxy, but the proxy itself cannot be reached; Docker did not contact the \
               registry. A server on your own network needs no proxy: add it to NO_PROXY.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["socks connect tcp"]],
        codes: NO_PROXY,
        side: Side::Proxy,
        what: "A SOCKS proxy was reached and refuses the connection, or cannot reach the server; the client did not \
               contact the server itself. The host is missing from NO_PROXY.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["proxy: unknown scheme", "invalid proxy URL", "proxy URL scheme"]],
        codes: &["proxy-wrong-scheme"],
        side: Side::Proxy,
        what: "The scheme of the proxy's URL is unknown to this program: it must be http://, https:// or socks5://.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[trust::GIT, PROXY_SAID],
        codes: &["git-proxy-not-bypassed", "cli-proxy-not-bypassed"],
        side: Side::Proxy,
        what: "git connected through a proxy, and the proxy refused: the host is missing from NO_PROXY, or git's \
               own http.proxy is set.",
        next: &["{labtrust doctor {}}", "git config --show-origin --name-only --get-regexp 'http.*proxy'"],
    },
    KnownMessage {
        says: &[PROXY_SAID],
        codes: &["cli-proxy-not-bypassed", "proxy-not-bypassed"],
        side: Side::Proxy,
        what: "A proxy refused the connection or could not be reached; the client did not contact the server \
               itself. The host is missing from NO_PROXY.",
        next: DOCTOR,
    },
];

/// Wordings of tools for an answer that came from the proxy.
const PROXY_SAID: Any = &[
    "from proxy after CONNECT",
    "CONNECT tunnel failed",
    "Proxy CONNECT aborted",
    "Tunnel connection failed",
    "Cannot connect to proxy",
    "Unable to connect to proxy",
    "Proxy tunneling failed",
    "Unable to tunnel through proxy",
    "ERR_TUNNEL_CONNECTION_FAILED",
    "ERR_PROXY_CONNECTION_FAILED",
    "The proxy server is refusing connections",
    "Could not resolve proxy",
    "tunneling socket could not be established",
    "Failed to connect to proxy",
    "curl: (5)",
    "curl: (97)",
    "curl: (56) Received HTTP code",
];

/// A proxy's answer to CONNECT, of which Go programs show only the text (net/http, `Transport.dialConn`). Other
/// programs use the same words, so these rows come last.
pub(super) const BARE: &[KnownMessage] = &[
    KnownMessage {
        says: &[&[
            "Proxy Authentication Required",
            "authenticationrequired from proxy",
            "HTTP 407",
            "407 Proxy",
        ]],
        codes: NO_PROXY,
        side: Side::Proxy,
        what: "A proxy asks for a user name and a password; the client did not contact the server itself. If the \
               server is on your own network, add it to NO_PROXY.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "Service Unavailable",
            "Forbidden",
            "Bad Gateway",
            "Gateway Timeout",
            "Gateway Time-out",
            "Proxy Error",
            "Host is not allowed",
            "Method Not Allowed",
        ]],
        codes: NO_PROXY,
        side: Side::Proxy,
        what: "This answer comes from a proxy that Docker is set to use, not from the registry. The proxy cannot \
               reach your network: the host is missing from NO_PROXY.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["NotAfter:"]],
        codes: &["cert-expired", "clock-skew"],
        side: Side::OtherEnd,
        what: "By the clock of the client, a Java program, the certificate has expired. The message shows its last \
               day.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "certificate verify failed",
            "certificate verification failed",
            "ssl certificate problem",
            "curl: (60)",
            "curl: (51)",
            "curl: (35)",
            "failed to verify certificate",
            "x509",
            "SSL_ERROR",
            "SSLHandshakeException",
            "peer certificate cannot be authenticated",
            "invalid peer certificate",
        ]],
        codes: &[
            "untrusted-system",
            "untrusted-docker",
            "cert-expired",
            "cert-name-mismatch",
            "chain-incomplete",
        ],
        side: Side::OtherEnd,
        what: "The client rejected the server's certificate. The message does not show the reason.",
        next: DOCTOR,
    },
];
