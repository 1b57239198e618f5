//! Ports of this machine for a new GitLab: on a NAS or a busy server, other programs use the usual ones.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

/// The ports of this machine for a GitLab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ports {
    /// The port of GitLab's URL.
    pub https: u16,
    /// The port that redirects to https.
    pub http: u16,
    /// The port for Git over SSH.
    pub ssh: u16,
    /// The registry's port.
    pub registry: u16,
}

/// The candidates for https, in order of preference.
pub(super) const HTTPS: [u16; 4] = [443, 8443, 9443, 10443];
/// The candidates for the port that redirects.
pub(super) const HTTP: [u16; 4] = [80, 8080, 8081, 9080];
/// The candidates for Git over SSH.
pub(super) const SSH: [u16; 4] = [22, 2222, 2224, 10022];
/// The candidates for the registry.
pub(super) const REGISTRY: [u16; 4] = [4567, 5050, 5678, 14567];

/// Chooses ports one by one, each only once.
pub(super) struct Chooser<'a> {
    /// Whether a port is free on this machine.
    pub is_free: &'a dyn Fn(u16) -> bool,
    /// The ports that are chosen already.
    pub taken: Vec<u16>,
}

impl Chooser<'_> {
    /// The first of `candidates` that is free, or the first free port after them.
    pub(super) fn choose(&mut self, candidates: &[u16]) -> Option<u16> {
        let last = candidates.last().copied().unwrap_or_default();
        let more = last.saturating_add(1)..=last.saturating_add(200);
        let found = candidates.iter().copied().chain(more).find(|port| self.is_open(*port))?;
        self.taken.push(found);
        Some(found)
    }

    /// Takes `port`, if it is free.
    pub(super) fn take(&mut self, port: u16) -> bool {
        let is_open = self.is_open(port);
        self.taken.push(port);
        is_open
    }

    fn is_open(&self, port: u16) -> bool {
        port != 0 && !self.taken.contains(&port) && (self.is_free)(port)
    }
}

/// Whether nothing listens on `port`, on any address of this machine.
pub(super) fn is_free(port: u16) -> bool {
    [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)].into_iter().all(|address| {
        match TcpListener::bind(SocketAddr::new(address, port)).map_err(|error| error.kind()) {
            Err(ErrorKind::AddrInUse) => false,
            // Only root may bind the low ports: another user tries to connect instead.
            Err(ErrorKind::PermissionDenied) => !answers(address, port),
            // A machine without IPv6 has nothing that listens there.
            Ok(_) | Err(_) => true,
        }
    })
}

fn answers(address: IpAddr, port: u16) -> bool {
    let loopback: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    TcpStream::connect_timeout(&SocketAddr::new(loopback, port), Duration::from_secs(1)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_somebody_listens_on_is_not_free() {
        for address in ["127.0.0.1:0", "0.0.0.0:0"] {
            let listener = TcpListener::bind(address).expect("a port");
            let port = listener.local_addr().expect("its number").port();
            assert!(!is_free(port), "{address}");
            drop(listener);
            assert!(is_free(port), "{address}");
        }
    }

    #[test]
    fn the_next_free_port_is_chosen_and_none_twice() {
        for (busy, expected) in
            [(vec![], 443), (vec![443], 8443), (vec![443, 8443, 9443], 10443), (HTTPS.to_vec(), 10444)]
        {
            let is_free = |port: u16| !busy.contains(&port);
            let mut chooser = Chooser { is_free: &is_free, taken: Vec::new() };
            assert_eq!(chooser.choose(&HTTPS), Some(expected));
            assert_ne!(chooser.choose(&HTTPS), Some(expected));
            assert!(!chooser.take(expected) && chooser.take(7));
        }
        let mut chooser = Chooser { is_free: &|_| false, taken: Vec::new() };
        assert_eq!(chooser.choose(&HTTPS), None);
    }
}
