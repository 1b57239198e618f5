//! How far a connection to an endpoint gets: name, port, TLS. The result is data, so that it can be judged elsewhere and
//! later.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use labtrust_plan::{Certificate, Endpoint};
use serde::{Deserialize, Serialize};

use crate::{dial::MOST_ADDRESSES, handshake};

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

/// Connections to every address of an endpoint at once, under way. Proxies of the environment are not used.
#[derive(Debug)]
pub struct Reaching {
    begun: Instant,
    events: Receiver<Event>,
    is_over: bool,
    /// None until the name is resolved.
    found: Option<Result<Vec<Attempt>, String>>,
    /// The time until the first address answered.
    answered_after: Option<Duration>,
}

/// The connection to one address, so far.
#[derive(Debug)]
struct Attempt {
    address: SocketAddr,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    Connecting,
    ShakingHands,
    Done(Step),
}

#[derive(Debug)]
enum Event {
    Resolved(Result<Vec<SocketAddr>, String>),
    Progress(usize, Progress),
}

/// The time for which a connection to further addresses is waited for in any case. Clients do not wait for them at all.
const GRACE: Duration = Duration::from_millis(400);
/// The longest wait for an event, before it is checked again whether more events are needed.
const TICK: Duration = Duration::from_millis(5);

/// Tries a TLS handshake with every address of `endpoint` at once, within `limit`. Once one address has answered, the
/// others have little time to accept the connection.
pub fn reach(endpoint: &Endpoint, limit: Duration) -> Reached {
    let mut reaching = Reaching::begin(endpoint, limit);
    while !reaching.is_settled() {
        reaching.advance();
    }
    reaching.reached().unwrap_or_else(|| Reached::Nowhere("its name was not resolved in time".into()))
}

impl Reaching {
    /// Begins to connect, within `limit`.
    pub fn begin(endpoint: &Endpoint, limit: Duration) -> Self {
        let deadline = Instant::now() + limit;
        let to_resolve = endpoint.clone();
        let resolve = move || handshake::resolve(&to_resolve, limit).map_err(|error| error.to_string());
        Self::begin_with(endpoint, deadline, resolve)
    }

    fn begin_with(
        endpoint: &Endpoint,
        deadline: Instant,
        resolve: impl FnOnce() -> Result<Vec<SocketAddr>, String> + Send + 'static,
    ) -> Self {
        let (sender, events) = mpsc::channel();
        let endpoint = endpoint.clone();
        thread::spawn(move || {
            let mut addresses = resolve();
            if let Ok(addresses) = &mut addresses {
                addresses.truncate(MOST_ADDRESSES);
            }
            // The receiver is gone once enough is known.
            let _ = sender.send(Event::Resolved(addresses.clone()));
            for (index, address) in addresses.into_iter().flatten().enumerate() {
                let (sender, endpoint) = (sender.clone(), endpoint.clone());
                thread::spawn(move || {
                    let report = |progress| drop(sender.send(Event::Progress(index, progress)));
                    let step = step(address, &endpoint, deadline, || report(Progress::ShakingHands));
                    report(Progress::Done(step));
                });
            }
        });
        Self { begun: Instant::now(), events, is_over: false, found: None, answered_after: None }
    }

    /// Waits a moment for the next event.
    pub fn advance(&mut self) {
        match self.events.recv_timeout(TICK) {
            Ok(Event::Resolved(addresses)) => {
                let attempt = |address| Attempt { address, progress: Progress::Connecting };
                self.found = Some(addresses.map(|addresses| addresses.into_iter().map(attempt).collect()));
            }
            Ok(Event::Progress(index, progress)) => {
                if let Progress::Done(Step::Connected(Tls::Chain(_) | Tls::NotTls)) = progress {
                    self.answered_after.get_or_insert(self.begun.elapsed());
                }
                if let Some(Ok(attempts)) = &mut self.found
                    && let Some(attempt) = attempts.get_mut(index)
                {
                    attempt.progress = progress;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.is_over = true,
        }
    }

    fn attempts(&self) -> &[Attempt] {
        self.found.as_ref().and_then(|found| found.as_ref().ok()).map_or(&[], Vec::as_slice)
    }

    /// Whether all is known. An address that accepted the connection is waited for; the others are not, once one has
    /// answered.
    pub fn is_settled(&self) -> bool {
        let is_late =
            || self.answered_after.is_some_and(|after| self.begun.elapsed() >= after + after.max(GRACE));
        let is_known = |attempt: &Attempt| match attempt.progress {
            Progress::Connecting => is_late(),
            Progress::ShakingHands => false,
            Progress::Done(_) => true,
        };
        self.is_over || (self.found.is_some() && self.attempts().iter().all(is_known))
    }

    /// Whether any address has accepted the connection.
    pub fn is_open(&self) -> bool {
        let is_open = |attempt: &Attempt| {
            matches!(attempt.progress, Progress::ShakingHands | Progress::Done(Step::Connected(_)))
        };
        self.attempts().iter().any(is_open)
    }

    /// The first address that presents a chain.
    pub fn with_tls(&self) -> Option<SocketAddr> {
        self.first(|tls| matches!(tls, Tls::Chain(_)))
    }

    /// The first address that does not speak TLS.
    pub fn without_tls(&self) -> Option<SocketAddr> {
        self.first(|tls| matches!(tls, Tls::NotTls))
    }

    fn first(&self, is: impl Fn(&Tls) -> bool) -> Option<SocketAddr> {
        let is =
            |attempt: &&Attempt| matches!(&attempt.progress, Progress::Done(Step::Connected(tls)) if is(tls));
        self.attempts().iter().find(is).map(|attempt| attempt.address)
    }

    /// How far the connections have come; none if the name is not resolved yet.
    pub fn reached(self) -> Option<Reached> {
        let is_over = self.is_over;
        let step = |attempt: Attempt| {
            let step = match attempt.progress {
                Progress::Done(step) => step,
                _ if is_over => Step::Failed("the probe itself failed".into()),
                Progress::Connecting => Step::TimedOut,
                Progress::ShakingHands => Step::Connected(Tls::TimedOut),
            };
            (attempt.address, step)
        };
        Some(match self.found? {
            Ok(attempts) => Reached::Addresses(attempts.into_iter().map(step).collect()),
            Err(why) => Reached::Nowhere(why),
        })
    }
}

fn step(address: SocketAddr, endpoint: &Endpoint, deadline: Instant, note_open: impl FnOnce()) -> Step {
    let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    match TcpStream::connect_timeout(&address, left) {
        Ok(stream) => {
            note_open();
            Step::Connected(
                match handshake::shake_hands(stream, endpoint, deadline, handshake::Demand::Nothing) {
                    Ok(chain) => Tls::Chain(chain),
                    Err(error) => Tls::from(&error),
                },
            )
        }
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
        self.chains().next()
    }

    /// The chain of each address that presents one.
    pub fn chains(&self) -> impl Iterator<Item = &[Certificate]> {
        self.addresses().iter().filter_map(|(_, step)| match step {
            Step::Connected(Tls::Chain(chain)) => Some(chain.as_slice()),
            _ => None,
        })
    }

    /// Whether any address could be connected to.
    pub fn is_open(&self) -> bool {
        self.addresses().iter().any(|(_, step)| matches!(step, Step::Connected(_)))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{io::Write, net::TcpListener};

    use super::*;
    use crate::dial::tests::dropping;

    const LIMIT: Duration = Duration::from_secs(3);

    fn endpoint() -> Endpoint {
        "gitlab.example.com:4567".parse().expect("an endpoint")
    }

    /// A server that says something after `pause`, and nothing about TLS.
    fn talking(pause: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            thread::sleep(pause);
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n");
            thread::sleep(LIMIT);
        });
        address
    }

    /// The result for a name with these addresses, and the time that it takes.
    fn settled(addresses: Vec<SocketAddr>) -> (Reached, Duration) {
        let begun = Instant::now();
        let mut reaching = Reaching::begin_with(&endpoint(), begun + LIMIT, || Ok(addresses));
        while !reaching.is_settled() {
            reaching.advance();
        }
        (reaching.reached().expect("a result"), begun.elapsed())
    }

    #[test]
    fn an_address_that_drops_packets_has_little_time_once_another_has_answered() {
        let ((dead, _queue), alive) = (dropping(), talking(Duration::ZERO));
        let (reached, took) = settled(vec![dead, alive]);
        let steps = vec![(dead, Step::TimedOut), (alive, Step::Connected(Tls::NotTls))];
        assert_eq!(reached, Reached::Addresses(steps));
        assert!(took < Duration::from_secs(2), "{took:?}");
    }

    #[test]
    fn an_address_that_accepted_the_connection_is_waited_for() {
        let (quick, slow) = (talking(Duration::ZERO), talking(Duration::from_secs(1)));
        let (reached, took) = settled(vec![quick, slow]);
        let steps = [quick, slow].map(|address| (address, Step::Connected(Tls::NotTls)));
        assert_eq!(reached, Reached::Addresses(steps.to_vec()));
        assert!(took >= Duration::from_secs(1), "{took:?}");
    }

    #[test]
    fn the_first_answer_is_known_before_all_are() {
        let ((dead, _queue), alive) = (dropping(), talking(Duration::ZERO));
        let mut reaching =
            Reaching::begin_with(&endpoint(), Instant::now() + LIMIT, move || Ok(vec![dead, alive]));
        while reaching.without_tls().is_none() && !reaching.is_settled() {
            reaching.advance();
        }
        assert_eq!(reaching.without_tls(), Some(alive));
        assert!(reaching.is_open() && !reaching.is_settled());
    }
}
