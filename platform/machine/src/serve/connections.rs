//! The connections of the server. They are bounded, and one that is silent makes room for the next.

use std::{
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The most connections at the same time. Each has a thread.
pub(super) const MOST: usize = 64;

/// The connections, in the order in which they came.
#[derive(Default)]
pub(super) struct Connections(Mutex<Vec<Entry>>);

struct Entry {
    stream: Arc<TcpStream>,
    has_asked: bool,
}

/// One of the connections that may exist at the same time. It leaves them when it is dropped.
pub(super) struct Connection {
    stream: Arc<TcpStream>,
    all: Arc<Connections>,
}

impl Connections {
    /// Takes `stream` in. If there are too many, the oldest that has sent no whole request is closed; none if each has.
    pub(super) fn admit(self: &Arc<Self>, stream: TcpStream) -> Option<Connection> {
        let mut entries = self.entries();
        if entries.len() >= MOST {
            let silent = entries.iter().position(|entry| !entry.has_asked)?;
            // A client that is gone already has closed it.
            let _ = entries.remove(silent).stream.shutdown(Shutdown::Both);
        }
        let stream = Arc::new(stream);
        entries.push(Entry { stream: Arc::clone(&stream), has_asked: false });
        Some(Connection { stream, all: Arc::clone(self) })
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Marks that the client has sent its request: from now on, the connection makes room for no other.
    pub(super) fn has_asked(&self) {
        let mut entries = self.all.entries();
        if let Some(entry) = entries.iter_mut().find(|entry| Arc::ptr_eq(&entry.stream, &self.stream)) {
            entry.has_asked = true;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.all.entries().retain(|entry| !Arc::ptr_eq(&entry.stream, &self.stream));
    }
}
