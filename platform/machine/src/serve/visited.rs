//! The address at which visitors from elsewhere reach a server on this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Addresses elsewhere (RFC 5737, RFC 3849). The way to them is the default route.
const ELSEWHERE: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))];

/// The address that visitors from elsewhere type for a server that listens on `address`: this one, or for all addresses of
/// the machine the one of `known` that is its own, else the one of its default route, else a loopback address.
pub(super) fn visited(address: SocketAddr, known: &[SocketAddr]) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    let is_heard = |ip: &IpAddr| !ip.is_loopback() && (ip.is_ipv4() || address.is_ipv6());
    let own = known.iter().map(SocketAddr::ip).filter(|ip| local_end(*ip) == Some(*ip));
    let ip = own
        .chain(ELSEWHERE.into_iter().filter_map(local_end))
        .find(is_heard)
        .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    SocketAddr::new(ip, address.port())
}

/// The address of this machine from which it reaches `ip`. The system chooses it; nothing is sent.
fn local_end(ip: IpAddr) -> Option<IpAddr> {
    let unspecified: IpAddr =
        if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((unspecified, 0)).ok()?;
    socket.connect((ip, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_type_an_address_of_this_machine() {
        let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
        for chosen in ["192.0.2.10:80", "127.0.0.1:8899", "[::1]:8899"] {
            assert_eq!(visited(address(chosen), &[address("198.51.100.1:443")]), address(chosen));
        }
        for everywhere in ["0.0.0.0:8899", "[::]:8899"] {
            // Neither is known of this machine: the first is another's, the second is reached by nobody else.
            let known = [address("198.51.100.1:443"), address("127.0.1.1:443")];
            let found = visited(address(everywhere), &known);
            assert_eq!(found.port(), 8899);
            assert!(!known.iter().any(|known| known.ip() == found.ip()), "{found}");
            assert!(UdpSocket::bind((found.ip(), 0)).is_ok(), "{found} is not of this machine");
        }
    }
}
