//! The parts of a message that never hold its reason: the words that a tool puts around the error of another program,
//! and the URLs and images that they name. An image may be called `eof`, and "failed to resolve" is not about DNS.

/// The words around the errors of others. They name the action that failed.
pub(super) const WRAPPERS: &[&str] = &[
    // BuildKit, buildx and containerd.
    "failed to resolve source metadata for",
    "failed to resolve reference",
    "failed to resolve image",
    "failed to do request:",
    "failed to solve:",
    "failed to solve with frontend",
    "failed to build:",
    "failed to authorize:",
    "failed to fetch anonymous token:",
    "failed to fetch oauth token:",
    "failed to compute cache key:",
    "failed to pull and unpack image",
    // The Docker daemon and the docker command.
    "error response from daemon:",
    "error during connect:",
    "error pulling image configuration:",
    // Kubernetes and CRI-O.
    "rpc error: code = unknown desc =",
    "rpc error: code = unavailable desc =",
    "failed to pull image",
    "unable to pull image or OCI artifact:",
    "pull image err:",
    // podman, buildah and skopeo.
    "initializing source",
    "authenticating creds for",
    "pinging container registry",
    "error pinging docker registry",
    "trying to reuse blob",
    "unable to retrieve auth token:",
    "mirrors also failed:",
    // Python's requests.
    "max retries exceeded with url:",
];

/// The ranges of `text` with URLs and images, in bytes.
pub(super) fn names(text: &str) -> Vec<(usize, usize)> {
    let is_end = |one: char| one.is_whitespace() || is_quote(one) || "()[]<>{},;".contains(one);
    let mut names = Vec::new();
    let mut start = 0;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        if is_end(letter) {
            if is_name(&text[start..at]) {
                names.push((start, at));
            }
            start = at + letter.len_utf8();
        }
    }
    names
}

/// Whether `word` is a URL, or an image with its registry: a slash after a host with a dot or a port.
fn is_name(word: &str) -> bool {
    let Some((host, _)) = word.split_once('/') else { return false };
    if ["https:", "http:", "docker:"].contains(&host.to_ascii_lowercase().as_str()) {
        return true;
    }
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').all(is_label) && port.is_none_or(is_port) && (name.contains('.') || port.is_some())
}

/// Whether the character is a quotation mark, in any typography.
pub(super) fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '`' | '´' | '«' | '»' | '\u{2018}'..='\u{201f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_images_are_names_and_reasons_are_not() {
        for (text, expected) in [
            (
                r#"Head "https://h:4567/v2/g/eof/manifests/404": EOF"#,
                vec!["https://h:4567/v2/g/eof/manifests/404"],
            ),
            ("failed to solve: h:4567/g/eof:502: not found", vec!["h:4567/g/eof:502:"]),
            ("git.example.com/g/p: i/o timeout", vec!["git.example.com/g/p:"]),
            (
                "net/http: TLS handshake timeout; crypto/rsa: read/write HTTP/1.1 /etc/docker/certs.d/x",
                vec![],
            ),
            ("dial tcp 192.0.2.10:4567: connect: connection refused", vec![]),
            ("lib:../crypto/bio/bio_addr.c:746:Temporary failure in name resolution", vec![]),
            ("", vec![]),
        ] {
            let found: Vec<&str> = names(text).into_iter().map(|(from, to)| &text[from..to]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
