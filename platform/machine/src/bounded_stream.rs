//! A TCP stream with one deadline for all reads and writes, however slowly the peer sends.

use std::{
    borrow::Borrow,
    io::{self, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// The stream and its deadline. A read or a write after the deadline fails with [`io::ErrorKind::TimedOut`].
pub(crate) struct BoundedStream<S> {
    stream: S,
    deadline: Instant,
}

impl<S: Borrow<TcpStream>> BoundedStream<S> {
    pub(crate) fn new(stream: S, deadline: Instant) -> Self {
        Self { stream, deadline }
    }

    /// Whether the deadline is over.
    pub(crate) fn is_over(&self) -> bool {
        self.left().is_err()
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl<S: Borrow<TcpStream>> Read for BoundedStream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut stream = self.stream.borrow();
        stream.set_read_timeout(self.left()?)?;
        stream.read(buffer)
    }
}

impl<S: Borrow<TcpStream>> Write for BoundedStream<S> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let mut stream = self.stream.borrow();
        stream.set_write_timeout(self.left()?)?;
        stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.borrow().flush()
    }
}
