//! Reads an engine's answer about a registry: one sentence tells how far the engine got when it contacted the registry.

use std::path::Path;

use labtrust_plan::Endpoint;
use serde::Deserialize;

use super::{LIMIT, distribution, get};
use crate::{Result, World};

const LONGEST_MESSAGE: usize = 1000;

/// How far an engine got with a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The engine accepts the registry's certificate.
    Accepted,
    /// The engine rejects the certificate; its message.
    Refused(String),
    /// The engine failed before it asked the registry, and so fails at every login; its message. Mostly a file in the
    /// registry's folder of `certs.d` is the reason.
    GaveUp(String),
    /// The engine could not check the certificate, because of the network, a proxy or the registry; its message.
    Unknown(String),
}

/// Go's messages for a chain that does not verify. The word "certificate" alone is not enough: an engine also reports
/// faults of a client's certificate, and alerts from the server.
const REFUSED: &[&str] = &["x509: ", "failed to verify certificate"];

/// Messages of an engine that reached no registry: a network fault, or the engine does not know the request.
const NOBODY: &[&str] = &["dial ", "lookup ", "page not found"];

/// Messages about the network, a proxy, or another server in the registry's place. Mostly they contain the URL of the
/// request (Go, `net/url.Error`), which shows that the request was sent; these also occur without a URL.
const TRIED: &[&str] = &[
    "proxyconnect",
    "Service Unavailable",
    "deadline exceeded",
    "request canceled",
    "Client.Timeout",
    "timeout",
    "EOF",
    "toomanyrequests",
    "error unmarshalling",
];

/// Messages for an HTTP answer that does not come from a registry (distribution, `registry/client/errors.go`). A newer
/// engine repeats the answer's text after `unknown: `, without a URL.
const ANSWERED: [&str; 4] = ["unexpected HTTP status", "error parsing HTTP", "unknown: ", "unsupported: "];

/// Answers of a registry over TLS to a request without credentials.
const ACCEPTED: &[&str] = &[
    "no basic auth credentials",
    "unauthorized",
    "denied: ",
    "manifest unknown",
    "name unknown",
    "not found",
    "authentication required",
    // From containers/image, about the token service that the registry names.
    "invalid status code from registry",
    // From containerd, about the registry and about that service.
    "failed with status code [",
    "authorization failed",
    "failed to fetch anonymous token: unexpected status",
];

impl Reach {
    /// Whether the TLS handshake succeeded: the engine accepts the certificate, whatever the answer was.
    pub fn is_through_tls(&self) -> bool {
        match self {
            Self::Accepted => true,
            Self::Unknown(message) => ANSWERED.iter().any(|text| message.contains(text)),
            Self::Refused(_) | Self::GaveUp(_) => false,
        }
    }
}

/// Makes the engine at `socket` contact the registry at `endpoint` and judges its answer.
pub fn contact_registry(world: &World, socket: &Path, endpoint: &Endpoint) -> Result<Reach> {
    Ok(reach_from_answer(&get(world, socket, &distribution(endpoint), LIMIT)?.body))
}

/// Reads the engine's `answer` to that request.
pub fn reach_from_answer(answer: &str) -> Reach {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Answer {
        Found {
            #[serde(rename = "Descriptor")]
            _descriptor: serde_json::Value,
        },
        Fault {
            message: String,
        },
    }
    let message = match serde_json::from_str(answer) {
        Ok(Answer::Found { .. }) => return Reach::Accepted,
        // An engine repeats a server's text, however long it is.
        Ok(Answer::Fault { message }) => message.chars().take(LONGEST_MESSAGE).collect::<String>(),
        Err(_) => return Reach::Unknown("its answer is not that of a Docker daemon".into()),
    };
    reach_from_message(message)
}

/// Reads the error output of a program that contacted a registry itself, such as skopeo. The program reads the registry's
/// `folder` of `certs.d`.
pub fn reach_from_client(complaints: &str, folder: &Path) -> Reach {
    let last = complaints.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it printed nothing");
    match reach_from_message(last.chars().take(LONGEST_MESSAGE).collect()) {
        // A program may fail for reasons that have nothing to do with the registry.
        Reach::GaveUp(message) if !is_about(&message, folder) => Reach::Unknown(message),
        reach => reach,
    }
}

/// Whether a program gave up because of a file in `folder`, which it does not always name.
fn is_about(message: &str, folder: &Path) -> bool {
    message.contains(&*folder.to_string_lossy()) || message.contains("failed to load X509 key pair")
}

fn reach_from_message(message: String) -> Reach {
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    let names_url = message.contains("://");
    if says(REFUSED) && names_url {
        Reach::Refused(message)
    } else if says(NOBODY) {
        Reach::Unknown(message)
    } else if says(ACCEPTED) {
        Reach::Accepted
    } else if names_url || says(TRIED) || says(&ANSWERED) {
        Reach::Unknown(message)
    } else {
        Reach::GaveUp(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programs_complaints_are_judged_by_their_last_line() {
        let judged = |text: &str| {
            let line = format!("time=\"x\" level=fatal msg=\"Error listing repository tags: {text}\"\n");
            reach_from_client(&format!("a warning\n{line}\n"), Path::new("/etc/containers/certs.d/h:4567"))
        };
        for text in [
            "fetching tags list: authentication required",
            r#"failed to resolve reference "h:4567/x:1": pulling from host h:4567 failed with status code [manifests 1]: 401 Unauthorized"#,
            "pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials",
            "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://h/jwt/auth: 403 Forbidden",
        ] {
            assert_eq!(judged(text), Reach::Accepted, "{text}");
        }
        let refused = r#"Get \"https://h:4567/v2/\": x509: certificate signed by unknown authority"#;
        assert!(matches!(judged(refused), Reach::Refused(_)));
        let folder = "open /etc/containers/certs.d/h:4567/x.crt: permission denied";
        assert!(matches!(judged(folder), Reach::GaveUp(_)));
        assert!(matches!(
            judged("failed to load X509 key pair: tls: failed to find any PEM data"),
            Reach::GaveUp(_)
        ));
        assert!(matches!(judged("open /etc/containers/policy.json: no such file"), Reach::Unknown(_)));
        assert!(matches!(reach_from_client("", Path::new("/x")), Reach::Unknown(_)));
    }

    fn judged(message: &str) -> Reach {
        reach_from_answer(&serde_json::json!({ "message": message }).to_string())
    }

    #[test]
    fn the_engines_words_are_judged() {
        for message in
            ["no basic auth credentials", "unauthorized: authentication required", "manifest unknown: x"]
        {
            assert_eq!(judged(message), Reach::Accepted, "{message}");
        }
        let refused = r#"Get "https://h:4567/v2/": x509: certificate signed by unknown authority"#;
        assert_eq!(judged(refused), Reach::Refused(refused.into()));
        for message in [
            "dial tcp: lookup h: no such host",
            "Service Unavailable",
            "page not found",
            "dial tcp 192.0.2.10:4567: connect: permission denied",
            r#"Get "https://h:4567/v2/": remote error: tls: certificate required"#,
            r#"Get "https://h:4567/v2/": access denied by policy"#,
            r#"Get "https://h:4567/v2/": Bad Gateway"#,
            "error unmarshalling content: invalid character 'w' looking for beginning of value",
            "received unexpected HTTP status: 502 Bad Gateway",
            "unknown: <html>\r\n<head><title>400 No required SSL certificate was sent</title></head>",
            "context deadline exceeded",
        ] {
            assert!(matches!(judged(message), Reach::Unknown(_)), "{message}");
        }
    }

    #[test]
    fn an_engine_that_gave_up_before_it_asked_has_not_failed_to_tell() {
        // Words of 20.10 and of 28.5 for what may lie in certs.d, and for troubles of their own.
        for message in [
            "missing key x.key for client certificate x.cert",
            "missing key x.key for client certificate x.cert. CA certificates must use the extension .crt",
            "Missing client certificate server.cert for key server.key",
            "open /etc/docker/certs.d/h:4567/b.crt: no such file or directory",
            "open /etc/docker/certs.d/h:4567/b.crt: permission denied",
            "open /etc/docker/certs.d/h:4567: permission denied",
            "open /etc/docker/certs.d/h:4567/loop.crt: too many levels of symbolic links",
            "open /etc/docker/certs.d/h:4567: not a directory",
            "read /etc/docker/certs.d/h:4567/ca.crt: is a directory",
            "fdopendir: not a directory",
            "read /etc/docker/certs.d/h:4567/ca.crt: input/output error",
            "tls: private key does not match public key",
            "tls: failed to find any PEM data in certificate input",
            "x509: malformed certificate",
            "mkdir /var/lib/docker/tmp: no space left on device",
            "invalid reference format",
        ] {
            assert_eq!(judged(message), Reach::GaveUp(message.into()));
        }
    }

    #[test]
    fn an_answer_of_whoever_it_is_came_through_tls() {
        for (message, expected) in [
            ("unauthorized: authentication required", true),
            ("received unexpected HTTP status: 502 Bad Gateway", true),
            ("error parsing HTTP 404 response body: invalid character '<'", true),
            (r#"Get "https://h:4567/v2/": Bad Gateway"#, false),
            (r#"Get "https://h:4567/v2/": x509: certificate signed by unknown authority"#, false),
            ("open /etc/docker/certs.d/h:4567: not a directory", false),
        ] {
            assert_eq!(judged(message).is_through_tls(), expected, "{message}");
        }
    }
}
