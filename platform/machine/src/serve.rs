//! A small HTTP server for a fixed list of files in memory. It reads nothing from the disk while it runs, and its
//! clients are strangers: requests, connections and their time are bounded.

mod address;
mod connections;
mod file;
mod reply;
mod request;
mod visited;

use std::{
    io::{self, Read as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

pub use self::{
    address::{InvalidAddress, ListenAddress},
    file::ServedFile,
};
use self::{
    connections::{Connection, Connections},
    reply::Reply,
    request::Request,
    visited::visited,
};
use crate::bounded_stream::BoundedStream;

/// The time limit for a request, from the connection to the end of its headers.
const REQUEST: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 10 });

/// The time limit for an answer, and in addition one second for each [`SLOWEST`] bytes.
const ANSWER: Duration = Duration::from_secs(30);

/// The slowest client, in bytes a second.
const SLOWEST: usize = 16 << 10;

/// The time that a client has to close the connection after its answer. What it still sends is dropped.
const FAREWELL: Duration = Duration::from_secs(2);

/// The most faults of the socket in a row, and the pause after each.
const MOST_FAULTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(100);

/// The stack of a connection's thread, in bytes.
const STACK: usize = 128 << 10;

/// A socket that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens on `address`. On a machine without IPv6, all its addresses are those of IPv4.
    ///
    /// # Errors
    /// The port is in use, or this process may not use it, or the address is not one of this machine.
    pub fn bind(ListenAddress(address): ListenAddress) -> io::Result<Self> {
        let listener = TcpListener::bind(address).or_else(|error| {
            if address.ip().is_unspecified() && address.is_ipv6() && error.kind() != io::ErrorKind::AddrInUse
            {
                TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port()))
            } else {
                Err(error)
            }
        })?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The address that visitors from elsewhere type: for all addresses of this machine, the one of `known` that is its own,
    /// else that of the default route.
    pub fn visited_at(&self, known: &[SocketAddr]) -> SocketAddr {
        visited(self.address, known)
    }

    /// Serves `files` until the process ends.
    ///
    /// # Errors
    /// The socket is broken. A fault of a connection ends that connection alone.
    pub fn run(&self, files: Vec<ServedFile>) -> io::Result<()> {
        let files: Arc<[ServedFile]> = files.into();
        let connections = Arc::new(Connections::default());
        let mut faults = 0;
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                // The client is gone already, or no memory or file descriptor is left: later there may be.
                Err(_) if faults < MOST_FAULTS => {
                    faults += 1;
                    thread::sleep(PAUSE);
                    continue;
                }
                Err(error) => return Err(error),
            };
            faults = 0;
            // One that is not admitted is closed at once.
            if let Some(connection) = connections.admit(stream) {
                let files = Arc::clone(&files);
                let serve = move || converse(&connection, &files);
                // Without a thread, the connection is closed.
                let _ = thread::Builder::new().name("connection".into()).stack_size(STACK).spawn(serve);
            }
        }
    }
}

/// Answers the one request of a connection. If the client is gone or too slow, there is nobody to tell.
fn converse(connection: &Connection, files: &[ServedFile]) {
    let stream = connection.stream();
    let request = request::read(BoundedStream::new(stream, Instant::now() + REQUEST));
    if matches!(request, Request::File { .. }) {
        connection.has_asked();
    }
    let Some(reply) = Reply::to(&request, files) else { return };
    let time = ANSWER + Duration::from_secs((reply.len() / SLOWEST) as u64);
    let bounded = BoundedStream::new(stream, Instant::now() + time);
    if reply.write(bounded).is_ok() && stream.shutdown(Shutdown::Write).is_ok() {
        // A socket that is closed with unread bytes resets the connection, and the client may lose its answer.
        drain(BoundedStream::new(stream, Instant::now() + FAREWELL));
    }
}

fn drain(mut stream: BoundedStream<&TcpStream>) {
    let mut dropped = [0; 1024];
    while matches!(stream.read(&mut dropped), Ok(1..)) {}
}

#[cfg(test)]
mod tests;
