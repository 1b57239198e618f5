//! The address of the server, as people type it.

use std::{
    fmt,
    net::{Ipv6Addr, SocketAddr},
    str::FromStr,
};

/// An address and a TCP port to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenAddress(pub SocketAddr);

/// The error for a text that is no address to listen on.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an address of this machine with a port")]
pub struct InvalidAddress(String);

impl InvalidAddress {
    /// A hint with the expected form.
    pub fn hint(&self) -> &'static str {
        "pass an IP address and a port, such as 192.0.2.10:8899 or [::1]:8899, or a port alone for every address of this \
         machine: 8899"
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ListenAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let port = text.strip_prefix(':').unwrap_or(text).parse();
        let everywhere = port.map(|port: u16| SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)));
        let address = everywhere
            .or_else(|_| text.parse())
            .map_err(|_| InvalidAddress(text.chars().take(100).collect()))?;
        Ok(Self(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_port_and_a_port_alone_means_all_addresses() {
        for (text, address) in [
            ("192.0.2.10:8080", "192.0.2.10:8080"),
            ("[::1]:80", "[::1]:80"),
            ("8080", "[::]:8080"),
            (":8080", "[::]:8080"),
            ("127.0.0.1:0", "127.0.0.1:0"),
        ] {
            assert_eq!(
                text.parse::<ListenAddress>().map(|parsed| parsed.to_string()).ok().as_deref(),
                Some(address)
            );
        }
        for text in
            ["", ":", "localhost", "localhost:80", "192.0.2.10", "1.2.3.4:99999", "http://192.0.2.10:80"]
        {
            assert!(text.parse::<ListenAddress>().is_err(), "{text}");
        }
    }
}
