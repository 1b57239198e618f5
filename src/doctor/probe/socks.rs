//! Asks a SOCKS proxy to connect to a server (RFC 1928), without credentials.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, TcpStream},
    time::Instant,
};

use labtrust_machine::handshake;
use labtrust_plan::{Endpoint, Host};

use super::time_budget::left;
use crate::doctor::evidence::SOCKS;

/// The replies, by number (RFC 1928 §6).
const REPLIES: [&str; 9] = [
    "succeeded",
    "general SOCKS server failure",
    "connection not allowed by ruleset",
    "network unreachable",
    "host unreachable",
    "connection refused",
    "TTL expired",
    "command not supported",
    "address type not supported",
];

/// The reply of the proxy at the other end of `stream` to a request for `endpoint`, as a line.
pub(super) fn converse(stream: &TcpStream, endpoint: &Endpoint, deadline: Instant) -> Result<String, String> {
    let said = |error: io::Error| handshake::describe_fault(&error);
    send(stream, &[5, 1, 0], deadline).map_err(said)?;
    match receive::<2>(stream, deadline).map_err(said)? {
        [5, 0] => {}
        [5, 2 | 0xff] => return Err("it asks for a user name and a password".into()),
        _ => return Err("it does not speak SOCKS 5".into()),
    }
    send(stream, &request(endpoint), deadline).map_err(said)?;
    let [_, reply, _, kind] = receive::<4>(stream, deadline).map_err(said)?;
    // The address that follows ends before the first byte of the server.
    let length = match kind {
        1 => 4,
        4 => 16,
        _ => usize::from(receive::<1>(stream, deadline).map_err(said)?[0]),
    };
    for _ in 0..length + 2 {
        receive::<1>(stream, deadline).map_err(said)?;
    }
    let words = REPLIES.get(usize::from(reply)).unwrap_or(&"unknown reply");
    Ok(format!("{SOCKS}{reply} {words}"))
}

fn request(endpoint: &Endpoint) -> Vec<u8> {
    let mut request = vec![5, 1, 0];
    match &endpoint.host {
        Host::Ip(IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Host::Ip(IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        Host::Dns(name) => {
            let name = name.to_string();
            request.push(3);
            // A DNS name has at most 253 bytes.
            request.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
            request.extend(name.bytes().take(usize::from(u8::MAX)));
        }
    }
    request.extend(endpoint.port.to_be_bytes());
    request
}

fn send(mut stream: &TcpStream, bytes: &[u8], deadline: Instant) -> io::Result<()> {
    stream.set_write_timeout(Some(left(deadline)))?;
    stream.write_all(bytes)
}

fn receive<const COUNT: usize>(mut stream: &TcpStream, deadline: Instant) -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    stream.set_read_timeout(Some(left(deadline)))?;
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}
