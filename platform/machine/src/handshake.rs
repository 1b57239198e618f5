//! Fetches the chain that a TLS server presents, also if no known CA signed it. In the handshake the server proves that it has the leaf's
//! key; the chain is checked afterwards. The doctor also accepts a chain without that proof.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use labtrust_plan::{Certificate, Endpoint, Host};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme,
    client::{
        ResolvesClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::{Error, Result, bounded_stream::BoundedStream};

/// This machine's loopback addresses.
const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// The certificates that the server at `endpoint` presents, leaf first, within `limit`.
pub fn fetch(endpoint: &Endpoint, limit: Duration) -> Result<Vec<Certificate>> {
    let deadline = Instant::now() + limit;
    let addresses = resolve(endpoint, limit)?;
    fetch_from(&addresses, endpoint, deadline)
}

/// The certificates that this machine presents as `endpoint`: on its loopback addresses first, then on the host's own
/// addresses.
pub fn fetch_here(endpoint: &Endpoint, limit: Duration) -> Result<Vec<Certificate>> {
    let deadline = Instant::now() + limit;
    let mut addresses = LOOPBACK.map(|address| (address, endpoint.port).into()).to_vec();
    addresses.extend(resolve(endpoint, Duration::from_secs(2)).unwrap_or_default());
    fetch_from(&addresses, endpoint, deadline)
}

/// Whether something listens on `port` of this machine's loopback addresses.
pub fn is_open_here(port: u16) -> bool {
    let limit = Duration::from_millis(500);
    LOOPBACK.iter().any(|address| TcpStream::connect_timeout(&(*address, port).into(), limit).is_ok())
}

/// Whether `chain` leads to `anchor`, and is valid for `host`, now.
pub fn leads_to(chain: &[Certificate], anchor: &Certificate, host: &Host) -> bool {
    let Some((leaf, rest)) = chain.split_first() else { return false };
    if leaf == anchor {
        return true;
    }
    let leaf = CertificateDer::from(leaf.der());
    let anchor = CertificateDer::from(anchor.der());
    let rest: Vec<_> = rest.iter().map(|certificate| CertificateDer::from(certificate.der())).collect();
    let (Ok(leaf), Ok(anchor)) =
        (webpki::EndEntityCert::try_from(&leaf), webpki::anchor_from_trusted_cert(&anchor))
    else {
        return false;
    };
    let algorithms = ring::default_provider().signature_verification_algorithms;
    let usage = webpki::KeyUsage::server_auth();
    leaf.verify_for_usage(algorithms.all, &[anchor], &rest, UnixTime::now(), usage, None, None).is_ok()
        && leaf.verify_is_valid_for_subject_name(&server_name(host)).is_ok()
}

fn fetch_from(addresses: &[SocketAddr], endpoint: &Endpoint, deadline: Instant) -> Result<Vec<Certificate>> {
    let fault = |why: String| Error::Peer { peer: endpoint.to_string(), why };
    let mut last = fault("it has no address".into());
    for (address, others) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        // An address that never answers, such as IPv6 behind many firewalls, leaves time for the others.
        let share = left / u32::try_from(others).unwrap_or(u32::MAX);
        last = match TcpStream::connect_timeout(address, share) {
            Ok(stream) => {
                return shake_hands(stream, endpoint, deadline, Demand::Proof)
                    .map_err(|error| fault(describe_fault(&error)));
            }
            // For a host name, the message names the address that was tried.
            Err(error) if matches!(endpoint.host, Host::Ip(_)) => fault(describe_fault(&error)),
            Err(error) => fault(format!("{address}: {}", describe_fault(&error))),
        };
    }
    Err(last)
}

/// The addresses of `endpoint`, within `limit`. The system's resolver has no time limit, so it runs in a thread that may
/// outlive this call.
pub fn resolve(endpoint: &Endpoint, limit: Duration) -> Result<Vec<SocketAddr>> {
    if let Host::Ip(address) = endpoint.host {
        return Ok(vec![(address, endpoint.port).into()]);
    }
    let (sender, receiver) = mpsc::channel();
    let (name, port) = (endpoint.host.to_string(), endpoint.port);
    thread::spawn(move || {
        sender.send((name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>))
    });
    let fault = |why: String| Error::Peer { peer: endpoint.to_string(), why };
    match receiver.recv_timeout(limit) {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(_)) => Err(fault("its name has no address (it is not in DNS nor in the hosts file)".into())),
        Err(_) => Err(fault(format!("its name was not resolved within {} seconds", limit.as_secs()))),
    }
}

/// The chain that is presented as `endpoint` at the other end of `stream`, such as a proxy's tunnel. No proof of the key is
/// required.
pub fn fetch_over(stream: TcpStream, endpoint: &Endpoint, deadline: Instant) -> Result<Vec<Certificate>> {
    shake_hands(stream, endpoint, deadline, Demand::Nothing)
        .map_err(|error| Error::Peer { peer: endpoint.to_string(), why: describe_fault(&error) })
}

/// What a server must prove in the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// That it has the leaf's key.
    Proof,
    /// Nothing: chains with weak keys are wanted too, and rustls verifies no proof by such a key.
    Nothing,
}

/// The chain that the server at the other end of `stream` presents as `endpoint`.
pub(crate) fn shake_hands(
    stream: TcpStream,
    endpoint: &Endpoint,
    deadline: Instant,
    demand: Demand,
) -> io::Result<Vec<Certificate>> {
    let provider = Arc::new(ring::default_provider());
    let witness = Arc::new(Witness { provider: Arc::clone(&provider), demand, chain: Mutex::default() });
    let client = Arc::new(WithoutCertificate::default());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<Witness>::clone(&witness))
        .with_client_cert_resolver(Arc::<WithoutCertificate>::clone(&client));
    let mut connection =
        ClientConnection::new(Arc::new(config), server_name(&endpoint.host)).map_err(io::Error::other)?;
    let mut stream = BoundedStream::new(stream, deadline);
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).map_err(|error| client.judge(error))?;
    }
    connection.send_close_notify();
    let _ = connection.complete_io(&mut stream);
    Ok(std::mem::take(&mut *witness.chain.lock().unwrap_or_else(PoisonError::into_inner)))
}

fn server_name(host: &Host) -> ServerName<'static> {
    match host {
        Host::Ip(address) => ServerName::IpAddress((*address).into()),
        // Every `DnsName` is a valid server name. If the two ever differ, no certificate matches.
        Host::Dns(name) => ServerName::try_from(name.to_string())
            .unwrap_or(ServerName::IpAddress(IpAddr::V4(Ipv4Addr::UNSPECIFIED).into())),
    }
}

/// `error`, from connecting or from the handshake, in words for the administrator of the server.
pub fn describe_fault(error: &io::Error) -> String {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return describe_tls_fault(tls);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused: nothing listens on this port".into(),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            "there is no route to it from this machine".into()
        }
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "it did not answer in time".into(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => "it closed the connection".into(),
        _ => error.to_string(),
    }
}

/// The fault of a server that wants a client certificate, in words for its administrator.
pub const WANTS_CERTIFICATE: &str = "it accepts only clients with a certificate of their own";

/// A failed handshake in words for the administrator of the server.
fn describe_tls_fault(error: &rustls::Error) -> String {
    use rustls::{AlertDescription as Alert, Error as Tls, InvalidMessage};
    match error {
        Tls::InvalidMessage(
            InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::CertificatePayloadTooLarge,
        ) => "it sends more certificates than any client accepts".into(),
        Tls::InvalidMessage(_) => "it does not speak TLS on this port (plain HTTP?)".into(),
        Tls::PeerIncompatible(_) | Tls::AlertReceived(Alert::ProtocolVersion) => {
            "it supports neither TLS 1.2 nor TLS 1.3".into()
        }
        Tls::AlertReceived(Alert::UnrecognisedName) => "it does not know this host name".into(),
        Tls::AlertReceived(Alert::CertificateRequired) => WANTS_CERTIFICATE.into(),
        Tls::AlertReceived(Alert::HandshakeFailure) => {
            "it refused the TLS handshake: it has no certificate, or none of the usual ciphers".into()
        }
        Tls::InvalidCertificate(_) => "it does not prove that it has the key of its certificate".into(),
        Tls::PeerMisbehaved(_)
        | Tls::InappropriateMessage { .. }
        | Tls::InappropriateHandshakeMessage { .. } => {
            "it breaks the TLS protocol (does another service listen on this port?)".into()
        }
        other => format!("the TLS handshake failed: {other}"),
    }
}

/// A client without a certificate. It notes whether the server asked for one.
#[derive(Debug, Default)]
struct WithoutCertificate {
    is_asked: AtomicBool,
}

impl WithoutCertificate {
    /// `error`, or the alert of TLS 1.3 for a missing certificate, if the server asked for one and then broke off.
    /// Older versions have no such alert: OpenSSL's servers report a failed handshake, and Go's a bad certificate.
    fn judge(&self, error: io::Error) -> io::Error {
        use rustls::{AlertDescription as Alert, Error as Tls};
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Tls>());
        match tls {
            Some(Tls::AlertReceived(
                Alert::HandshakeFailure | Alert::BadCertificate | Alert::NoCertificate | Alert::AccessDenied,
            )) if self.is_asked.load(Ordering::Relaxed) => {
                io::Error::other(Tls::AlertReceived(Alert::CertificateRequired))
            }
            _ => error,
        }
    }
}

impl ResolvesClientCert for WithoutCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.is_asked.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

impl Demand {
    fn on(
        self,
        proof: Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self {
            Self::Proof => proof,
            Self::Nothing => Ok(HandshakeSignatureValid::assertion()),
        }
    }
}

/// Stores the chain and accepts it. The signature of the handshake is still verified, if `demand` asks for it.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    demand: Demand,
    chain: Mutex<Vec<Certificate>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(leaf).chain(rest).map(|der| Certificate::new(der.to_vec())).collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.demand.on(verify_tls12_signature(message, leaf, signature, algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.demand.on(verify_tls13_signature(message, leaf, signature, algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
