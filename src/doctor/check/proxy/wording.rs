//! Classifies the message of a daemon that does not reach a registry: which program the wording comes from.

/// The origin of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wording {
    /// The proxy: Go shows only the text of its answer to `CONNECT`.
    Proxy,
    /// The daemon: its proxy cannot be reached.
    Unreachable,
    /// The daemon: its proxy does not speak TLS, or speaks only TLS.
    Scheme,
    /// The daemon: the connection failed, at an unknown place.
    Transport,
    /// The registry or its token service, after a successful TLS handshake.
    Server,
}

const ROWS: &[(Wording, &[&str])] = &[
    (Wording::Server, &["unexpected HTTP status", "unexpected status", "status code", "failed with status"]),
    (Wording::Server, &["invalid character", "page not found", "x509: ", "too many requests"]),
    (Wording::Transport, &["server gave HTTP response"]),
    (
        Wording::Transport,
        &["EOF", "timeout", "timed out", "deadline", "Client.Timeout", "in time", "reset by peer"],
    ),
    (
        Wording::Transport,
        &["dial ", "lookup ", "broken pipe", "tls: ", "malformed HTTP", "closed", "canceled"],
    ),
];

impl Wording {
    /// The origin of `message`.
    pub(super) fn of(message: &str) -> Self {
        let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
        // A SOCKS proxy that was reached answers with a reason of its own.
        if says(&["socks connect"]) && !says(&["dial "]) {
            return Self::Proxy;
        }
        if says(&["proxyconnect tcp", "socks connect"]) {
            // The errors of TLS about plain HTTP, and of plain HTTP about TLS.
            let is_scheme = says(&["first record does not look like a TLS handshake", "malformed HTTP"]);
            return if is_scheme { Self::Scheme } else { Self::Unreachable };
        }
        ROWS.iter().find(|(_, texts)| says(texts)).map_or(Self::Proxy, |(wording, _)| *wording)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_of_a_message_is_recognised() {
        for (message, expected) in [
            (r#"Get "https://h:4567/v2/": Service Unavailable"#, Wording::Proxy),
            (r#"Get "https://h:4567/v2/": Forbidden"#, Wording::Proxy),
            (r#"Get "https://h:4567/v2/": Bad Gateway"#, Wording::Proxy),
            (r#"Get "https://h:4567/v2/": Proxy Authentication Required"#, Wording::Proxy),
            (r#"Get "https://h:4567/v2/": Access violation"#, Wording::Proxy),
            (r#"Get "https://h/jwt/auth?service=x": Service Unavailable"#, Wording::Proxy),
            ("Service Unavailable", Wording::Proxy),
            (
                r#"Get "https://h:4567/v2/": proxyconnect tcp: dial tcp 192.0.2.10:9: connect: connection refused"#,
                Wording::Unreachable,
            ),
            (
                r#"Get "https://h:4567/v2/": proxyconnect tcp: dial tcp: lookup p: no such host"#,
                Wording::Unreachable,
            ),
            (
                r#"Get "https://h:4567/v2/": proxyconnect tcp: tls: first record does not look like a TLS handshake"#,
                Wording::Scheme,
            ),
            (
                r#"Get "https://h:4567/v2/": socks connect tcp 192.0.2.9:1080->h:4567: dial tcp 192.0.2.9:1080: connect: connection refused"#,
                Wording::Unreachable,
            ),
            (
                r#"Get "https://h:4567/v2/": socks connect tcp 192.0.2.9:1080->h:4567: unknown error connection refused"#,
                Wording::Proxy,
            ),
            (
                r#"Get "https://h:4567/v2/": socks connect tcp 192.0.2.9:1080->h:4567: unknown error connection not allowed by ruleset"#,
                Wording::Proxy,
            ),
            (r#"Get "https://h:4567/v2/": EOF"#, Wording::Transport),
            (r#"Get "https://h:4567/v2/": net/http: TLS handshake timeout"#, Wording::Transport),
            (
                r#"Get "https://h:4567/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"#,
                Wording::Transport,
            ),
            (
                r#"Get "https://h:4567/v2/": dial tcp 192.0.2.10:4567: connect: connection refused"#,
                Wording::Transport,
            ),
            ("the Docker daemon at /var/run/docker.sock: it did not answer in time", Wording::Transport),
            ("received unexpected HTTP status: 502 Bad Gateway", Wording::Server),
            (r#"Get "https://h:4567/v2/": x509: certificate signed by unknown authority"#, Wording::Server),
        ] {
            assert_eq!(Wording::of(message), expected, "{message}");
        }
    }
}
