//! How far a connection to an endpoint gets: name, port, TLS. The result is data, so that it can be judged elsewhere and
//! later.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use labtrust_plan::{Certificate, Endpoint};
use serde::{Deserialize, Serialize};

use crate::handshake;

/// How far connections to an endpoint got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// Its name has no address; the resolver's message.
    Nowhere(String),
    /// Each address, in the resolver's order, and how far the connection got.
    Addresses(Vec<(SocketAddr, Step)>),
}

/// How far a connection to one address got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The connection was refused: no program listens, or a firewall answers.
    Refused,
    /// There is no route, or a router reports that there is none.
    Unreachable,
    /// Nothing answered in time.
    TimedOut,
    /// The connection failed for another reason.
    Failed(String),
    /// Connected; the result of TLS.
    Connected(Tls),
}

/// The result of a TLS handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// The server presents this chain, leaf first.
    Chain(Vec<Certificate>),
    /// The server does not speak TLS.
    NotTls,
    /// The server closed the connection.
    Closed,
    /// The server accepted the connection, and then did not finish the handshake in time.
    TimedOut,
    /// The server has no site with this host name.
    NameUnknown,
    /// The server accepts only clients with a certificate of their own.
    WantsCertificate,
    /// The server speaks TLS, but the handshake failed.
    Failed(String),
}

/// Tries a TLS handshake with every address of `endpoint` at once, within `limit`. Proxies of the environment are not
/// used.
pub fn reach(endpoint: &Endpoint, limit: Duration) -> Reached {
    let deadline = Instant::now() + limit;
    let addresses = match handshake::resolve(endpoint, limit) {
        Ok(addresses) => addresses,
        Err(error) => return Reached::Nowhere(error.to_string()),
    };
    // A name with more addresses than this is an attack, or a content delivery network.
    let tried = &addresses[..addresses.len().min(MOST_ADDRESSES)];
    let steps = std::thread::scope(|scope| {
        let attempts: Vec<_> =
            tried.iter().map(|address| scope.spawn(|| step(*address, endpoint, deadline))).collect();
        let lost = || Step::Failed("the probe itself failed".into());
        attempts.into_iter().map(|attempt| attempt.join().unwrap_or_else(|_| lost())).collect::<Vec<_>>()
    });
    Reached::Addresses(tried.iter().copied().zip(steps).collect())
}

const MOST_ADDRESSES: usize = 8;

fn step(address: SocketAddr, endpoint: &Endpoint, deadline: Instant) -> Step {
    let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    match TcpStream::connect_timeout(&address, left) {
        Ok(stream) => Step::Connected(
            match handshake::shake_hands(stream, endpoint, deadline, handshake::Demand::Nothing) {
                Ok(chain) => Tls::Chain(chain),
                Err(error) => Tls::from(&error),
            },
        ),
        Err(error) => Step::from(&error),
    }
}

impl From<&io::Error> for Step {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => Self::Unreachable,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::TimedOut,
            _ => Self::Failed(handshake::describe_fault(error)),
        }
    }
}

impl From<&io::Error> for Tls {
    fn from(error: &io::Error) -> Self {
        use rustls::{
            AlertDescription as Alert,
            Error::{AlertReceived, InvalidMessage},
            InvalidMessage as Message,
        };
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match (tls, error.kind()) {
            (
                Some(InvalidMessage(Message::HandshakePayloadTooLarge | Message::CertificatePayloadTooLarge)),
                _,
            ) => Self::Failed(handshake::describe_fault(error)),
            (Some(InvalidMessage(_)), _) => Self::NotTls,
            (Some(AlertReceived(Alert::UnrecognisedName)), _) => Self::NameUnknown,
            (Some(AlertReceived(Alert::CertificateRequired)), _) => Self::WantsCertificate,
            (
                None,
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe,
            ) => Self::Closed,
            (None, io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => Self::TimedOut,
            _ => Self::Failed(handshake::describe_fault(error)),
        }
    }
}

impl Reached {
    /// Each address and how far the connection got.
    pub fn addresses(&self) -> &[(SocketAddr, Step)] {
        match self {
            Self::Nowhere(_) => &[],
            Self::Addresses(addresses) => addresses,
        }
    }

    /// The chain of the first address that presents one.
    pub fn chain(&self) -> Option<&[Certificate]> {
        self.addresses().iter().find_map(|(_, step)| match step {
            Step::Connected(Tls::Chain(chain)) => Some(chain.as_slice()),
            _ => None,
        })
    }

    /// Whether any address could be connected to.
    pub fn is_open(&self) -> bool {
        self.addresses().iter().any(|(_, step)| matches!(step, Step::Connected(_)))
    }
}
