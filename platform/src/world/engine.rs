//! Asks a Docker engine, over its socket, what it sees. Nothing is pulled and no credentials are sent.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::{Duration, Instant},
};

use serde::Deserialize;

use super::World;
use crate::{Endpoint, Error, Result};

/// The engine contacts the registry itself, so this bounds a connection it may have to give up on.
const LIMIT: Duration = Duration::from_secs(8);
const LONGEST_ANSWER: u64 = 1 << 20;

/// What the engine says of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It speaks TLS with it and accepts its certificate.
    Accepted,
    /// It does not accept its certificate; with its own words.
    Refused(String),
    /// It came to no verdict: no network, no registry, a proxy.
    Unknown(String),
}

/// Makes the engine at `socket` contact the registry at `endpoint` (moby API,
/// `GET /distribution/{name}/json`) and judges its answer.
pub fn reaches(world: &World, socket: &Path, endpoint: &Endpoint) -> Result<Reach> {
    let answer = world.ask_engine(socket, &format!("/distribution/{endpoint}/labtrust/probe/json"))?;
    Ok(judge(&answer))
}

/// What the engine's `answer` to that request says.
pub fn judge(answer: &str) -> Reach {
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
        Ok(Answer::Fault { message }) => message,
        Err(_) => return Reach::Unknown("its answer is not that of a Docker engine".into()),
    };
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    // Go's words for a chain that it does not verify. That certificates are spoken of is not enough: an
    // engine also complains of a client's certificate, and a server's alert is no verdict on the server's.
    if says(&["x509: ", "failed to verify certificate"]) {
        Reach::Refused(message)
    } else if says(&["dial ", "lookup ", "permission denied", "page not found"]) {
        // It did not come so far as to ask the registry.
        Reach::Unknown(message)
    } else if says(&[
        "no basic auth credentials",
        "unauthorized",
        "denied",
        "manifest unknown",
        "not found",
        "authentication required",
    ]) {
        Reach::Accepted
    } else {
        Reach::Unknown(message)
    }
}

pub(super) fn ask(socket: &Path, path: &str) -> Result<String> {
    let peer = || format!("the Docker engine at {}", socket.display());
    let fault = |error: std::io::Error| Error::Peer { peer: peer(), why: error.to_string() };
    let mut stream = UnixStream::connect(socket).map_err(fault)?;
    let deadline = Instant::now() + LIMIT;
    stream
        .set_read_timeout(Some(LIMIT))
        .and_then(|()| stream.set_write_timeout(Some(LIMIT)))
        .map_err(fault)?;
    // HTTP/1.0, so that the answer ends with the connection and is not chunked.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n").map_err(fault)?;
    let mut answer = Vec::new();
    let mut part = [0; 8192];
    let mut limited = stream.take(LONGEST_ANSWER);
    loop {
        match limited.read(&mut part).map_err(fault)? {
            0 => break,
            length => answer.extend_from_slice(&part[..length]),
        }
        if Instant::now() > deadline {
            return Err(Error::Peer { peer: peer(), why: "it does not stop answering".into() });
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    match answer.split_once("\r\n\r\n") {
        Some((_, body)) => Ok(body.to_owned()),
        None => Err(Error::Peer { peer: peer(), why: "its answer is no HTTP".into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_words_are_judged() {
        let judged = |message: &str| judge(&serde_json::json!({ "message": message }).to_string());
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
            "missing key x.key for client certificate x.cert",
        ] {
            assert!(matches!(judged(message), Reach::Unknown(_)), "{message}");
        }
    }
}
