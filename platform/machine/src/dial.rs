//! Connects to a host with several addresses, some of which may never answer: IPv6 behind many firewalls, or an old
//! address that is still in DNS.

use std::{
    net::{SocketAddr, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::handshake;

/// The most addresses of a name that are tried. A name with more is an attack, or a content delivery network.
pub(crate) const MOST_ADDRESSES: usize = 8;

/// Connects to all `addresses` at once: the first connection that succeeds within `limit`, and its address.
///
/// # Errors The address that failed last, and the reason, as text.
pub fn connect(addresses: &[SocketAddr], limit: Duration) -> Result<(TcpStream, SocketAddr), String> {
    let (sender, receiver) = mpsc::channel();
    for address in addresses.iter().copied().take(MOST_ADDRESSES) {
        let sender = sender.clone();
        // The receiver is gone if another address was faster.
        thread::spawn(move || sender.send((address, TcpStream::connect_timeout(&address, limit))));
    }
    drop(sender);
    let mut why = "it has no address".to_owned();
    for (address, result) in receiver {
        match result {
            Ok(stream) => return Ok((stream, address)),
            Err(error) => why = format!("{address}: {}", handshake::describe_fault(&error)),
        }
    }
    Err(why)
}

#[cfg(all(test, target_os = "linux"))]
pub(crate) mod tests {
    use std::{
        net::{Ipv4Addr, TcpListener},
        time::Instant,
    };

    use socket2::{Domain, Socket, Type};

    use super::*;

    /// An address that drops every packet, for as long as the sockets live: its queue of connections is full.
    pub(crate) fn dropping() -> (SocketAddr, Vec<Socket>) {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a port");
        listener.listen(0).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let client = || {
            let client = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
            let _ = client.connect_timeout(&address, Duration::from_millis(50));
            client
        };
        let clients = [client(), client()];
        let address = address.as_socket().expect("an IP address");
        (address, std::iter::once(listener).chain(clients).collect())
    }

    #[test]
    fn an_address_that_drops_packets_does_not_delay_the_others() {
        let (dead, _queue) = dropping();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let alive = listener.local_addr().expect("an address");
        let began = Instant::now();
        let (_, address) = connect(&[dead, alive], Duration::from_secs(5)).expect("a connection");
        assert_eq!(address, alive);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        let why = connect(&[dead], Duration::from_millis(100)).expect_err("no connection");
        assert_eq!(why, format!("{dead}: it did not answer in time"));
        assert_eq!(connect(&[], Duration::from_millis(100)).expect_err("none"), "it has no address");
    }
}
