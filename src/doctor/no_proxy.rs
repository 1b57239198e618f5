//! Decides which requests of a Go program bypass its proxy. Docker, podman and every other Go program share these
//! rules: golang.org/x/net/http/httpproxy, of which net/http holds a copy.

pub mod curl;
mod near_miss;

use std::net::IpAddr;

use labtrust_plan::{DnsName, Endpoint, Host};

pub use near_miss::{NearMiss, near_miss};

/// Whether a request to `endpoint` bypasses the proxy if `NO_PROXY` is `list`.
pub fn is_bypassed(list: &str, endpoint: &Endpoint) -> bool {
    is_always_direct(&endpoint.host) || entries(list).any(|entry| Entry::parse(entry).matches(endpoint))
}

/// The entries of `list`. Only commas separate them; a space belongs to the entry.
pub fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

/// `list` with the additional entry `host`.
pub fn with(list: &str, host: &Host) -> String {
    match list.trim().trim_end_matches(',') {
        "" => host.to_string(),
        list => format!("{list},{host}"),
    }
}

/// Whether `host` is the machine itself, which no proxy setting covers.
pub fn is_always_direct(host: &Host) -> bool {
    match host {
        Host::Dns(name) => name.as_str() == "localhost",
        Host::Ip(address) => address.to_canonical().is_loopback(),
    }
}

/// The meaning of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// `*`: every host.
    All,
    /// A network. It covers URLs that contain an address; names are not looked up.
    Network(IpAddr, u32),
    /// One address, on one port or on all.
    Address(IpAddr, Option<String>),
    /// Hosts whose names end in this text, which begins with a dot.
    Domain {
        /// The text.
        suffix: String,
        /// Whether the name after the dot itself is covered too.
        with_itself: bool,
        /// The port, compared as text; none for all ports.
        port: Option<String>,
    },
    /// An entry that is ignored.
    Nothing,
}

impl Entry {
    /// Parses `entry`.
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
        // Like Go, keep a name that cannot be written in ASCII as it is.
        let ascii = if name.is_ascii() { None } else { name.parse::<DnsName>().ok() };
        let name = ascii.as_ref().map_or(name, DnsName::as_str);
        Self::Domain { suffix: format!("{}{name}", ".".repeat(dots.max(1))), with_itself: dots == 0, port }
    }

    /// Whether the entry covers `endpoint`.
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

    /// The port to which the entry is limited.
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
    // An IPv4 network that is written as IPv6.
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

/// Splits host and port (Go's `net.SplitHostPort`). Where Go reports an error, such as several colons without
/// brackets, or brackets without a port, the whole entry is the host.
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
