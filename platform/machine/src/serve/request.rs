//! One request (RFC 9112): its line and its headers, and nothing after them.

use std::{io::Read as _, net::TcpStream};

use crate::bounded_stream::BoundedStream;

/// The largest request line with headers, in bytes.
const LARGEST: usize = 8 << 10;

/// The most headers.
const MOST_HEADERS: usize = 64;

/// What a client asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// The file at a path; `has_body` is false for `HEAD`.
    File { path: String, wants_body: bool },
    /// Another method.
    OtherMethod,
    /// No request that a server must understand.
    Malformed,
    /// The headers are too long, or too many.
    TooLarge,
    /// It did not come in time.
    TooSlow,
    /// The client ended the connection.
    Gone,
}

/// Reads the request of `stream`, until its deadline.
pub(super) fn read(mut stream: BoundedStream<&TcpStream>) -> Request {
    let mut bytes = Vec::with_capacity(1024);
    let mut piece = [0; 1024];
    loop {
        let count = match stream.read(&mut piece) {
            Ok(0) => return Request::Gone,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) if stream.is_over() => return Request::TooSlow,
            Err(_) => return Request::Gone,
        };
        bytes.extend_from_slice(&piece[..count]);
        if let Some(request) = parse(&bytes) {
            return request;
        }
        if bytes.len() >= LARGEST {
            return Request::TooLarge;
        }
    }
}

/// The request in `bytes`; none if it is not complete.
pub(super) fn parse(bytes: &[u8]) -> Option<Request> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return None,
        Err(httparse::Error::TooManyHeaders) => return Some(Request::TooLarge),
        Err(_) => return Some(Request::Malformed),
    }
    let hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host")).count();
    // RFC 9112 §3.2: exactly one; HTTP/1.0 had none.
    if hosts > 1 || (hosts == 0 && request.version == Some(1)) {
        return Some(Request::Malformed);
    }
    let wants_body = match request.method {
        Some("GET") => true,
        Some("HEAD") => false,
        _ => return Some(Request::OtherMethod),
    };
    let path = path(request.path.unwrap_or_default());
    Some(path.map_or(Request::Malformed, |path| Request::File { path: path.to_owned(), wants_body }))
}

/// The path of a target: `/path?query`, or `http://host/path?query`.
fn path(target: &str) -> Option<&str> {
    let target = match target.strip_prefix("http://") {
        Some(absolute) => absolute.find('/').map_or("/", |slash| &absolute[slash..]),
        None => target,
    };
    target.split(['?', '#']).next().filter(|path| path.starts_with('/'))
}
