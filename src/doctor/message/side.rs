//! The parts of the way to a registry.

use serde::{Serialize, Serializer};

/// The part of the way that a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The program on this machine that was called, and its own files.
    Client,
    /// The Docker daemon, podman or another program that contacts registries for clients.
    Engine,
    /// A proxy.
    Proxy,
    /// The container registry.
    Registry,
    /// The token service that the registry names: GitLab.
    Realm,
    /// GitLab's own web server, or another server.
    Server,
    /// The server at the other end of the failed connection: it depends on the URL in the message.
    OtherEnd,
}

impl Side {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Engine => "engine",
            Self::Proxy => "proxy",
            Self::Registry => "registry",
            Self::Realm => "realm",
            Self::Server | Self::OtherEnd => "server",
        }
    }

    /// The words for it in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Client => "the program itself",
            Self::Engine => "the Docker daemon or container engine",
            Self::Proxy => "a proxy",
            Self::Registry => "the registry",
            Self::Realm => "the token service (GitLab)",
            Self::Server | Self::OtherEnd => "the server",
        }
    }
}

impl Serialize for Side {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
