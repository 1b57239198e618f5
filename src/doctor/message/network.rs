//! Messages about the way to the server: host name, port, TLS.

use super::{
    known::{Any, DOCTOR, KnownMessage},
    side::Side,
};

/// Wordings for a connection without an answer.
pub(super) const NO_ANSWER: Any = &[
    "connection refused",
    "no such host",
    "server misbehaving",
    "no route to host",
    "network is unreachable",
    "i/o timeout",
    "TLS handshake timeout",
    "context deadline exceeded",
    "Client.Timeout exceeded",
    "EOF",
    "connection reset by peer",
];

pub(super) const NOT_RESOLVED: KnownMessage = KnownMessage {
    says: &[],
    codes: &["name-not-resolved"],
    side: Side::OtherEnd,
    what: "The host name cannot be resolved: it is in neither DNS nor the hosts file, or this machine uses the \
           wrong DNS server.",
    next: DOCTOR,
};
pub(super) const NO_ROUTE: KnownMessage = KnownMessage {
    says: &[],
    codes: &["port-unreachable"],
    side: Side::OtherEnd,
    what: "This machine cannot reach that address: there is no route, the server is off, or a firewall rejects \
           the connection.",
    next: DOCTOR,
};

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[&[
            "server gave HTTP response to HTTPS client",
            "first record does not look like a TLS handshake",
            "wrong version number",
            "WRONG_VERSION_NUMBER",
            "packet length too long",
            "record layer failure",
            "Unsupported or unrecognized SSL message",
            "SSL_ERROR_RX_RECORD_TOO_LONG",
            "ERR_SSL_PROTOCOL_ERROR",
            "An unexpected TLS packet was received",
            "received corrupt message of type InvalidContentType",
            "SEC_E_INVALID_TOKEN",
            "oversized record received",
            "Error decoding the received TLS packet",
        ]],
        codes: &["not-tls", "registry-other-port", "proxy-wrong-scheme"],
        side: Side::OtherEnd,
        what: "The program on this port does not speak TLS: the server uses plain HTTP there, or another program \
               has the port.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "TLS handshake timeout",
            "SSL connection timeout",
            "SSL_connect: timeout",
            "handshake operation timed out",
        ]],
        codes: &["tls-handshake-failed", "port-timeout", "proxy-not-bypassed"],
        side: Side::OtherEnd,
        what: "The port is open, but the TLS handshake gets no answer: a firewall or a middlebox accepts the \
               connection and drops the packets, or the server is overloaded.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "handshake failure",
            "protocol version not supported",
            "alert protocol version",
            "unsupported protocol",
            "server selected unsupported protocol version",
            "no protocols available",
            "no shared cipher",
            "no cipher suite supported",
            "alert internal error",
            "tls: internal error",
            "dh key too small",
            "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
            "SSL_ERROR_NO_CYPHER_OVERLAP",
            "SSL_ERROR_UNSUPPORTED_VERSION",
            "A TLS fatal alert has been received",
            "Received fatal alert",
            "gnutls_handshake() failed: Handshake failed",
            "No appropriate protocol",
            "is not accepted by client preferences",
        ]],
        codes: &["tls-handshake-failed"],
        side: Side::OtherEnd,
        what: "Both sides speak TLS but cannot agree: they have no version or cipher in common, or the server has \
               no site with that name.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[
            &["lookup", "could not resolve host", "unable to resolve host address", "getaddrinfo"],
            &[".local on", ".local:", ".local"],
            &["no such host", "server misbehaving", "i/o timeout", "Name or service not known"],
        ],
        codes: &["name-not-resolved"],
        side: Side::OtherEnd,
        what: "Names that end in .local belong to mDNS (Avahi, Bonjour). Docker, other Go programs and containers ask \
               only DNS and the hosts file, although ping finds such a name. Add a line with the address to \
               /etc/hosts, or give the server a name in DNS.",
        next: &["getent hosts NAME.local", "{labtrust doctor {}}"],
    },
    KnownMessage {
        says: &[&["lookup"], &["read udp", "dial udp", "cannot unmarshal DNS message", "Try again"]],
        codes: &["name-not-resolved"],
        side: Side::OtherEnd,
        what: "This machine's DNS server (name server) does not answer. The client did not get the address, and did \
               not contact the server itself.",
        next: &["{labtrust doctor {}}", "cat /etc/resolv.conf"],
    },
    KnownMessage {
        says: &[&[
            "no such host",
            "Could not resolve host",
            "Temporary failure in name resolution",
            "Name or service not known",
            "nodename nor servname provided",
            "server misbehaving",
            "unable to resolve host",
            "UnknownHostException",
            "ENOTFOUND",
            "EAI_AGAIN",
            "ERR_NAME_NOT_RESOLVED",
            "DNS_PROBE_FINISHED_NXDOMAIN",
            "getaddrinfo failed",
            "NameResolutionError",
            "curl: (6)",
        ]],
        ..NOT_RESOLVED
    },
    KnownMessage {
        says: &[&["connection refused", "ECONNREFUSED", "ERR_CONNECTION_REFUSED", "actively refused it"]],
        codes: &["port-refused", "port-not-published", "registry-other-port"],
        side: Side::OtherEnd,
        what: "The machine answers, but no program listens on that port: the registry is not enabled or is on \
               another port, or its container's port is not published.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "no route to host",
            "network is unreachable",
            "NoRouteToHostException",
            "EHOSTUNREACH",
            "ENETUNREACH",
            "ERR_ADDRESS_UNREACHABLE",
            "ERR_INTERNET_DISCONNECTED",
            "Host is unreachable",
            "host is down",
        ]],
        ..NO_ROUTE
    },
    KnownMessage {
        says: &[&["Couldn't connect to server", "Could not connect to server", "curl: (7)"]],
        codes: &["port-refused", "port-unreachable", "port-not-published", "registry-other-port"],
        side: Side::OtherEnd,
        what: "The connection failed. curl shows the same message for a port on which no program listens and for a \
               machine that cannot be reached. If the message names a proxy, the connection to the proxy failed.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "i/o timeout",
            "connection timed out",
            "operation timed out",
            "context deadline exceeded",
            "Client.Timeout exceeded",
            "request canceled while waiting for connection",
            "SocketTimeoutException",
            "connect timed out",
            "did not properly respond after a period of time",
            "ETIMEDOUT",
            "ESOCKETTIMEDOUT",
            "ConnectTimeoutError",
            "ReadTimeoutError",
            "ERR_CONNECTION_TIMED_OUT",
            "ERR_TIMED_OUT",
            "timed out",
            "curl: (28)",
        ]],
        codes: &["port-timeout", "proxy-not-bypassed", "port-unreachable"],
        side: Side::OtherEnd,
        what: "No answer came in time: a firewall drops the packets, the server is off, or a proxy is missing or \
               blocks the connection.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "EOF",
            "connection reset by peer",
            "connection reset",
            "ECONNRESET",
            "socket hang up",
            "SSL_ERROR_SYSCALL",
            "Remote host terminated the handshake",
            "Remote host closed connection during handshake",
            "Empty reply from server",
            "Remote end closed connection without response",
            "TLS connection was non-properly terminated",
            "ERR_CONNECTION_RESET",
            "ERR_CONNECTION_CLOSED",
            "ERR_EMPTY_RESPONSE",
            "PR_CONNECT_RESET_ERROR",
            "PR_END_OF_FILE_ERROR",
            "forcibly closed by the remote host",
            "Client network socket disconnected",
            "unexpected eof while reading",
            "Error in the pull function",
            "RPC failed; curl 56",
            "write: broken pipe",
            "curl: (52)",
            "curl: (56)",
        ]],
        codes: &["connection-closed", "tls-handshake-failed"],
        side: Side::OtherEnd,
        what: "The connection was accepted and then closed without an answer: by a firewall or a middlebox, or by a \
               server that expects another protocol on that port.",
        next: DOCTOR,
    },
];
