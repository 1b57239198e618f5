//! One request to a Docker engine over its socket.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

const LONGEST_ANSWER: usize = 1 << 20;

/// An engine's answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// Connects to `socket` within `limit`. A socket with a full queue blocks forever, and any user can make one: so a thread
/// connects, which may outlive this call.
pub(crate) fn connect(socket: &Path, limit: Duration) -> io::Result<UnixStream> {
    let (sender, receiver) = mpsc::channel();
    let path = socket.to_owned();
    thread::spawn(move || sender.send(UnixStream::connect(path)));
    receiver.recv_timeout(limit).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// The answer of the engine at `socket` to `GET path` within `limit`.
pub(super) fn ask(socket: &Path, path: &str, limit: Duration) -> Result<Answer> {
    let peer = || format!("the Docker daemon at {}", socket.display());
    let fault = |error: io::Error| {
        let why = match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "it did not answer in time".into(),
            _ => error.to_string(),
        };
        Error::Peer { peer: peer(), why }
    };
    let mut stream = connect(socket, limit).map_err(fault)?;
    let deadline = Instant::now() + limit;
    stream.set_write_timeout(Some(limit)).map_err(fault)?;
    // HTTP/1.0, so that the answer ends with the connection and is not chunked.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n").map_err(fault)?;
    let mut answer = Vec::new();
    let mut part = [0; 8192];
    while answer.len() < LONGEST_ANSWER {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::Peer { peer: peer(), why: "its answer does not end".into() });
        }
        stream.set_read_timeout(Some(left)).map_err(fault)?;
        match stream.read(&mut part).map_err(fault)? {
            0 => break,
            length => answer.extend_from_slice(&part[..length]),
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    parse(&answer).ok_or_else(|| Error::Peer { peer: peer(), why: "its answer is not HTTP".into() })
}

fn parse(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split_whitespace().nth(1)?;
    Some(Answer { status: status.parse().ok()?, body: body.to_owned() })
}
