//! Whose words they are that an engine repeats when it does not reach a registry.

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// The proxy: Go shows the text of its answer to `CONNECT`, bare.
    Proxy,
    /// The engine: its proxy cannot be reached.
    Unreachable,
    /// The engine: its proxy does not speak TLS, or nothing else.
    Scheme,
    /// The engine: something failed on the way, wherever it was.
    Transport,
    /// The registry or its token service, over TLS that came about.
    Server,
}

const ROWS: &[(Words, &[&str])] = &[
    (Words::Server, &["unexpected HTTP status", "unexpected status", "status code", "failed with status"]),
    (Words::Server, &["invalid character", "page not found", "x509: ", "too many requests"]),
    (Words::Transport, &["server gave HTTP response"]),
    (
        Words::Transport,
        &["EOF", "timeout", "timed out", "deadline", "Client.Timeout", "in time", "reset by peer"],
    ),
    (Words::Transport, &["dial ", "lookup ", "broken pipe", "tls: ", "malformed HTTP", "closed", "canceled"]),
];

impl Words {
    /// Whose words `message` ends in.
    pub(super) fn of(message: &str) -> Self {
        let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
        if says(&["proxyconnect tcp", "socks connect"]) {
            // What TLS makes of plain HTTP, and plain HTTP of TLS.
            let is_scheme = says(&["first record does not look like a TLS handshake", "malformed HTTP"]);
            return if is_scheme { Self::Scheme } else { Self::Unreachable };
        }
        ROWS.iter().find(|(_, texts)| says(texts)).map_or(Self::Proxy, |(words, _)| *words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_words_they_are_is_told() {
        for (message, expected) in [
            (r#"Get "https://h:4567/v2/": Service Unavailable"#, Words::Proxy),
            (r#"Get "https://h:4567/v2/": Forbidden"#, Words::Proxy),
            (r#"Get "https://h:4567/v2/": Bad Gateway"#, Words::Proxy),
            (r#"Get "https://h:4567/v2/": Proxy Authentication Required"#, Words::Proxy),
            (r#"Get "https://h:4567/v2/": Access violation"#, Words::Proxy),
            (r#"Get "https://h/jwt/auth?service=x": Service Unavailable"#, Words::Proxy),
            ("Service Unavailable", Words::Proxy),
            (
                r#"Get "https://h:4567/v2/": proxyconnect tcp: dial tcp 192.0.2.10:9: connect: connection refused"#,
                Words::Unreachable,
            ),
            (
                r#"Get "https://h:4567/v2/": proxyconnect tcp: dial tcp: lookup p: no such host"#,
                Words::Unreachable,
            ),
            (
                r#"Get "https://h:4567/v2/": proxyconnect tcp: tls: first record does not look like a TLS handshake"#,
                Words::Scheme,
            ),
            (r#"Get "https://h:4567/v2/": EOF"#, Words::Transport),
            (r#"Get "https://h:4567/v2/": net/http: TLS handshake timeout"#, Words::Transport),
            (
                r#"Get "https://h:4567/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"#,
                Words::Transport,
            ),
            (
                r#"Get "https://h:4567/v2/": dial tcp 192.0.2.10:4567: connect: connection refused"#,
                Words::Transport,
            ),
            ("the Docker engine at /var/run/docker.sock: it did not answer in time", Words::Transport),
            ("received unexpected HTTP status: 502 Bad Gateway", Words::Server),
            (r#"Get "https://h:4567/v2/": x509: certificate signed by unknown authority"#, Words::Server),
        ] {
            assert_eq!(Words::of(message), expected, "{message}");
        }
    }
}
