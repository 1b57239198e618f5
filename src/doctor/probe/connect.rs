//! Asks a proxy to connect to a server, as HTTPS does, without credentials, and reads the certificate behind it.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Instant,
};

use labtrust_machine::{dial, handshake};
use labtrust_plan::{Endpoint, Target, text};

use super::{socks, time_budget::left};
use crate::doctor::{
    evidence::{Asked, ProxySeen, Redacted},
    redacted::MARK,
};

/// The longest status line that is kept.
const LONGEST: usize = 512;
/// The longest head of an answer that is read, in bytes.
const LONGEST_HEAD: usize = 8192;

/// The answer of the proxy at `url` to `CONNECT` for `endpoint`.
pub(super) fn ask_proxy(url: &str, endpoint: &Endpoint, deadline: Instant) -> ProxySeen {
    let mut seen =
        ProxySeen { url: Redacted::proxy(url), reached: Asked::Not, answer: Asked::Not, chain: Vec::new() };
    let Some((protocol, proxy)) = proxy_endpoint(url) else {
        seen.reached = Asked::Failed("this is not the URL of a proxy".into());
        return seen;
    };
    match connect(&proxy, deadline) {
        Ok((stream, address)) => {
            seen.reached = Asked::Answered(address.to_string().into());
            let answer = match protocol {
                Protocol::Http => converse(&stream, endpoint, deadline),
                Protocol::Socks => socks::converse(&stream, endpoint, deadline),
                // Such a proxy is only connected to; the daemon's message tells the rest.
                Protocol::Other => return seen,
            };
            seen.answer = answer.map(Redacted::from).into();
            if seen.is_connected() {
                seen.chain = handshake::fetch_over(stream, endpoint, deadline).unwrap_or_default();
            }
        }
        Err(why) => seen.reached = Asked::Failed(why.into()),
    }
    seen
}

/// The protocol to a proxy.
#[derive(Clone, Copy, Debug)]
enum Protocol {
    Http,
    Socks,
    /// TLS, or a scheme that is not known here.
    Other,
}

/// The protocol to the proxy, and its endpoint.
fn proxy_endpoint(url: &str) -> Option<(Protocol, Endpoint)> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let authority = authority.split(['/', '?', '#']).next()?;
    let target: Target = authority.parse().ok().filter(|_| authority != MARK)?;
    let (protocol, port) = match scheme {
        "http" => (Protocol::Http, 80),
        "https" => (Protocol::Other, 443),
        "socks5" | "socks5h" => (Protocol::Socks, 1080),
        _ => (Protocol::Other, 80),
    };
    Some((protocol, target.or_port(port)))
}

/// A connection to `endpoint`, with its address.
fn connect(endpoint: &Endpoint, deadline: Instant) -> Result<(TcpStream, SocketAddr), String> {
    let addresses = handshake::resolve(endpoint, left(deadline)).map_err(|error| error.to_string())?;
    dial::connect(&addresses, left(deadline))
}

fn converse(mut stream: &TcpStream, endpoint: &Endpoint, deadline: Instant) -> Result<String, String> {
    let said = |error: std::io::Error| handshake::describe_fault(&error);
    stream.set_write_timeout(Some(left(deadline))).map_err(said)?;
    write!(stream, "CONNECT {endpoint} HTTP/1.1\r\nHost: {endpoint}\r\n\r\n").map_err(said)?;
    let mut line = Vec::new();
    let mut part = [0];
    // The bytes after the head come from the server behind the proxy.
    while line.len() < LONGEST_HEAD && !line.ends_with(b"\r\n\r\n") {
        let is_told = line.contains(&b'\n');
        if Instant::now() >= deadline {
            if is_told {
                break;
            }
            return Err("it does not answer".into());
        }
        stream.set_read_timeout(Some(left(deadline))).map_err(said)?;
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(count) => line.extend_from_slice(&part[..count]),
            Err(_) if is_told => break,
            Err(error) => return Err(said(error)),
        }
    }
    let line = String::from_utf8_lossy(&line);
    let line = line.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err("it closes the connection".into());
    }
    Ok(text::in_line(line).chars().take(LONGEST).collect())
}
