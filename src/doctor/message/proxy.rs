//! Proxies that cannot be reached, and those that answer in the place of whoever was asked.

use super::known::{Any, DOCTOR, KnownMessage};

const CONNECT: Any = &["proxyconnect tcp"];
/// An engine's own way there.
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
        what: "The proxy is set with https:// and speaks plain HTTP: write http:// in its URL. That is how the proxy is \
               spoken to, not what it carries.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[CONNECT],
        codes: &["proxy-unreachable", "proxy-not-bypassed"],
        what: "The engine was told to use a proxy, and the proxy itself cannot be reached; the registry was not even \
               asked. A server on your own network needs no proxy: it belongs into NO_PROXY.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["unable to access"], PROXY_SAID],
        codes: &["git-proxy-not-bypassed", "cli-proxy-not-bypassed"],
        what: "git asked a proxy for the way, and the proxy refused: the host is missing from NO_PROXY, or \
               git's own http.proxy is set.",
        next: &["{labtrust doctor {}}", "git config --show-origin --get-regexp 'http.*proxy'"],
    },
    KnownMessage {
        says: &[PROXY_SAID],
        codes: &["cli-proxy-not-bypassed", "proxy-not-bypassed"],
        what: "A proxy was asked for the way and refused, or could not be reached; the server itself was not asked. The \
               host is missing from NO_PROXY.",
        next: DOCTOR,
    },
];

/// How tools tell that it was the proxy that answered.
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

/// A proxy's answer to CONNECT, of which Go programs show the words alone (net/http, `Transport.dialConn`).
/// Others say these words too: this comes after all else.
pub(super) const BARE: &[KnownMessage] = &[
    KnownMessage {
        says: &[&[
            "Proxy Authentication Required",
            "authenticationrequired from proxy",
            "HTTP 407",
            "407 Proxy",
        ]],
        codes: NO_PROXY,
        what: "A proxy answered that wants a user name and a password first: the server itself was not asked. A server on \
               your own network belongs into NO_PROXY.",
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
        what: "With nothing else beside it this is not the registry's answer but a proxy's, which the engine was told to \
               use and which does not know the way to a server on your own network: the host is missing from NO_PROXY.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["NotAfter:"]],
        codes: &["cert-expired", "clock-skew"],
        what: "Java says when the certificate ended: by the clock of the client that complains it has expired.",
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
        what: "The certificate that the server presents was refused; the text does not say for which of the usual reasons.",
        next: DOCTOR,
    },
];
