//! The answer to a request.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write as _},
    net::TcpStream,
};

use super::{file::ServedFile, request::Request};
use crate::bounded_stream::BoundedStream;

/// The bytes that are written at once. Between two pieces the time is checked.
const PIECE: usize = 64 << 10;

/// The name of the file that stands for a folder.
const INDEX: &str = "index.html";

/// An answer, ready to be sent.
pub(super) struct Reply<'f> {
    head: String,
    body: Cow<'f, [u8]>,
}

impl<'f> Reply<'f> {
    /// The answer to `request`; none if nobody is there to read it.
    pub(super) fn to(request: &Request, files: &'f [ServedFile]) -> Option<Self> {
        let status = match request {
            Request::Gone => return None,
            Request::File { path, wants_body } => {
                let wanted = if path.ends_with('/') { format!("{path}{INDEX}") } else { path.clone() };
                match files.iter().find(|file| file.path == wanted) {
                    Some(file) => return Some(Self::of(file, *wants_body)),
                    None if *wants_body => "404 Not Found",
                    None => return Some(Self::error("404 Not Found", false)),
                }
            }
            Request::OtherMethod => "405 Method Not Allowed",
            Request::Malformed => "400 Bad Request",
            Request::TooLarge => "431 Request Header Fields Too Large",
            Request::TooSlow => "408 Request Timeout",
        };
        Some(Self::error(status, true))
    }

    fn of(file: &'f ServedFile, wants_body: bool) -> Self {
        let mut head = head("200 OK", file.media_type, file.contents.len());
        for (name, value) in &file.headers {
            // Writing into a string cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        let body = if wants_body { Cow::Borrowed(&file.contents[..]) } else { Cow::Borrowed(&[][..]) };
        Self { head, body }
    }

    fn error(status: &str, wants_body: bool) -> Self {
        let text = format!("{status}\n").into_bytes();
        let mut head = head(status, "text/plain; charset=utf-8", text.len());
        if status.starts_with("405") {
            head.push_str("Allow: GET, HEAD\r\n");
        }
        head.push_str("\r\n");
        Self { head, body: Cow::Owned(if wants_body { text } else { Vec::new() }) }
    }

    /// Its length in bytes.
    pub(super) fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Sends it, until the deadline of `stream`.
    pub(super) fn write(&self, mut stream: BoundedStream<&TcpStream>) -> io::Result<()> {
        let pieces = [self.head.as_bytes()].into_iter().chain(self.body.chunks(PIECE));
        pieces.into_iter().try_for_each(|piece| stream.write_all(piece))
    }
}

/// The status line and the headers of every answer.
fn head(status: &str, media_type: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 {status}\r\n\
         Content-Type: {media_type}\r\n\
         Content-Length: {length}\r\n\
         Connection: close\r\n\
         Cache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\n\
         Referrer-Policy: no-referrer\r\n"
    )
}
