//! Which requests of a Go program go past its proxy. Docker, podman and every other Go program share
//! these rules: golang.org/x/net/http/httpproxy, of which net/http holds a copy.

pub mod curl;
mod near_miss;

use std::net::IpAddr;

use labtrust_plan::{DnsName, Endpoint, Host};

pub use near_miss::{NearMiss, near_miss};

/// Whether a request to `endpoint` goes past the proxy, where `NO_PROXY` is `list`.
pub fn is_bypassed(list: &str, endpoint: &Endpoint) -> bool {
    is_always_direct(&endpoint.host) || entries(list).any(|entry| Entry::parse(entry).matches(endpoint))
}

/// The entries of `list`. Commas alone separate: a space is part of a name that nobody has.
pub fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

/// `list` with `host` besides.
pub fn with(list: &str, host: &Host) -> String {
    match list.trim().trim_end_matches(',') {
        "" => host.to_string(),
        list => format!("{list},{host}"),
    }
}

/// Whatever is set, the machine itself is never asked for through a proxy.
pub fn is_always_direct(host: &Host) -> bool {
    match host {
        Host::Dns(name) => name.as_str() == "localhost",
        Host::Ip(address) => address.to_canonical().is_loopback(),
    }
}

/// What one entry stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// `*`: everything.
    All,
    /// Addresses, if a URL names one of them: no name is ever looked up for this.
    Network(IpAddr, u32),
    /// One address, on this port or on all.
    Address(IpAddr, Option<String>),
    /// What ends in this text, which begins with a dot.
    Domain {
        /// The text.
        suffix: String,
        /// Whether what stands after that dot is meant itself, too.
        with_itself: bool,
        /// The port; none for all. It is compared as text.
        port: Option<String>,
    },
    /// What is ignored.
    Nothing,
}

impl Entry {
    /// What `entry` stands for.
    pub fn parse(entry: &str) -> Self {
        let entry = entry.trim().to_lowercase();
        if entry == "*" {
            return Self::All;
        }
        if let Some(network) = network(&entry) {
            return network;
        }
        let (host, port) = split_port(&entry);
        if host.is_empty() {
            return Self::Nothing;
        }
        if let Ok(address) = host.parse::<IpAddr>() {
            return Self::Address(address.to_canonical(), port);
        }
        let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
        let name = host.trim_start_matches('.');
        let dots = host.len() - name.len();
        // As lenient as the original: what cannot be written in ASCII stays as it is.
        let ascii = if name.is_ascii() { None } else { name.parse::<DnsName>().ok() };
        let name = ascii.as_ref().map_or(name, DnsName::as_str);
        Self::Domain { suffix: format!("{}{name}", ".".repeat(dots.max(1))), with_itself: dots == 0, port }
    }

    /// Whether `endpoint` is meant.
    pub fn matches(&self, endpoint: &Endpoint) -> bool {
        let is_port = |port: &Option<String>| {
            port.as_ref().is_none_or(|port| port.is_empty() || *port == endpoint.port.to_string())
        };
        match (self, &endpoint.host) {
            (Self::All, _) => true,
            (Self::Network(first, length), Host::Ip(address)) => {
                contains(*first, *length, address.to_canonical())
            }
            (Self::Address(named, port), Host::Ip(address)) => {
                *named == address.to_canonical() && is_port(port)
            }
            (Self::Domain { suffix, with_itself, port }, host) => {
                let host = host.to_string();
                (host.ends_with(suffix) || *with_itself && host == suffix[1..]) && is_port(port)
            }
            (Self::Network(..) | Self::Address(..) | Self::Nothing, _) => false,
        }
    }

    /// The port to which it is limited.
    pub fn port(&self) -> Option<&str> {
        match self {
            Self::Address(_, port) | Self::Domain { port, .. } => {
                port.as_deref().filter(|port| !port.is_empty())
            }
            Self::All | Self::Network(..) | Self::Nothing => None,
        }
    }
}

/// `10.0.0.0/8`, `2001:db8::/32` (Go's `net.ParseCIDR`).
fn network(entry: &str) -> Option<Entry> {
    let (address, length) = entry.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let is_number = length.bytes().all(|byte| byte.is_ascii_digit());
    let length: u32 = length.parse().ok().filter(|_| is_number)?;
    let (canonical, spare) = (address.to_canonical(), if address.is_ipv4() { 32 } else { 128 });
    (length <= spare).then_some(())?;
    // A network of IPv4 that is written as one of IPv6.
    let mapped = if canonical.is_ipv4() && address.is_ipv6() { 96 } else { 0 };
    match length.checked_sub(mapped) {
        Some(length) => Some(Entry::Network(canonical, length)),
        None => Some(Entry::Network(address, length)),
    }
}

fn contains(first: IpAddr, length: u32, address: IpAddr) -> bool {
    match (first, address) {
        (IpAddr::V4(first), IpAddr::V4(address)) => {
            (u32::from(first) ^ u32::from(address)).checked_shr(32 - length).unwrap_or(0) == 0
        }
        (IpAddr::V6(first), IpAddr::V6(address)) => {
            (u128::from(first) ^ u128::from(address)).checked_shr(128 - length).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// Host and port (Go's `net.SplitHostPort`); all of it is the host where that finds a fault, such as
/// several colons without brackets, or brackets without a port.
fn split_port(entry: &str) -> (&str, Option<String>) {
    let Some((host, port)) = entry.rsplit_once(':') else { return (entry, None) };
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').filter(|inner| !inner.contains(['[', ']'])),
        None => Some(host).filter(|host| !host.contains([':', '[', ']'])),
    };
    match host.filter(|_| !port.contains(['[', ']'])) {
        Some(host) => (host, Some(port.to_owned())),
        None => (entry, None),
    }
}

#[cfg(test)]
mod tests;
