//! One request to a Docker engine over its socket.

use std::{
    io::{self, Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::Path,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use socket2::{Domain, SockAddr, Socket, Type};

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

/// Connects to `socket` within `limit`. Any user can make a socket whose queue is full: a plain connect to it never returns.
/// The time limit of a send also limits a connect (Linux, unix(7), `SO_SNDTIMEO`); macOS refuses at once.
pub(crate) fn connect(socket: &Path, limit: Duration) -> io::Result<UnixStream> {
    let stream = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    stream.set_write_timeout(Some(limit))?;
    stream.connect(&SockAddr::unix(socket)?)?;
    Ok(OwnedFd::from(stream).into())
}

/// The program that listens on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Its process; none if this process cannot see it, because the program runs outside of this process's container.
    pub pid: Option<u32>,
    /// Its user.
    pub uid: u32,
}

/// The program that listens on `socket`, if it can be asked within `limit`. If a service manager opened the socket, that is
/// the program.
pub(crate) fn peer(socket: &Path, limit: Duration) -> Option<Peer> {
    #[cfg(target_os = "linux")]
    {
        let (pid, uid) = super::raw::peer(&connect(socket, limit).ok()?).ok()?;
        Some(Peer { pid: Some(pid).filter(|pid| *pid != 0), uid })
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (socket, limit);
        None
    }
}

/// A request, and the limits of its answer.
pub(crate) struct Exchange<'a> {
    /// GET or POST.
    pub method: &'a str,
    /// The path, with its query.
    pub path: &'a str,
    /// A JSON document, or nothing.
    pub body: &'a str,
    /// The time until the end of the answer.
    pub limit: Duration,
    /// The number of bytes after which the answer is cut.
    pub most: usize,
}

/// An answer as it came.
pub(crate) struct RawAnswer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer of the engine at `socket` to `GET path` within `limit`.
pub(super) fn ask(socket: &Path, path: &str, limit: Duration) -> Result<Answer> {
    let request = Exchange { method: "GET", path, body: "", limit, most: LONGEST_ANSWER };
    let RawAnswer { status, body } = exchange(socket, &request)?;
    Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
}

/// The answer of the engine at `socket` to `request`.
pub(crate) fn exchange(socket: &Path, request: &Exchange<'_>) -> Result<RawAnswer> {
    let Exchange { method, path, body, limit, most } = *request;
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
    // HTTP/1.0, so that the answer ends with the connection and is not chunked.
    let content = match body.len() {
        0 => String::new(),
        length => format!("Content-Type: application/json\r\nContent-Length: {length}\r\n"),
    };
    let request = format!("{method} {path} HTTP/1.0\r\nHost: docker\r\n{content}\r\n{body}");
    stream.write_all(request.as_bytes()).map_err(fault)?;
    let mut answer = Vec::new();
    let mut part = [0; 8192];
    while answer.len() < most {
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
    parse(&answer).ok_or_else(|| Error::Peer { peer: peer(), why: "its answer is not HTTP".into() })
}

fn parse(answer: &[u8]) -> Option<RawAnswer> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let status = head.strip_prefix("HTTP/1.")?.split_whitespace().nth(1)?;
    Some(RawAnswer { status: status.parse().ok()?, body: answer[end + 4..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_with_a_full_queue_is_given_up_in_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("docker.sock");
        let full = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        full.bind(&SockAddr::unix(&path).expect("a path")).expect("bound");
        full.listen(0).expect("listening");
        let limit = Duration::from_millis(50);
        let waiting: Vec<_> = (0..3).map_while(|_| connect(&path, limit).ok()).collect();
        assert!(waiting.len() < 3, "the queue is never full");
        let started = Instant::now();
        let error = connect(&path, limit).expect_err("no place is free");
        assert!(started.elapsed() < Duration::from_secs(5), "{error}");
        assert!(matches!(ask(&path, "/info", limit), Err(Error::Peer { .. })));
    }
}
