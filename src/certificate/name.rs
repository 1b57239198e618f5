//! A subject alternative name, from a command line or a certificate. It is parsed once, so that no other module compares
//! names as text.

use std::{fmt, net::IpAddr, str::FromStr};

use labtrust_plan::{DnsName, Host, InvalidHost};
use serde::{Deserialize, Serialize, de};

/// One name of a certificate (RFC 5280 §4.2.1.6, RFC 6125 §6.4.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubjectName {
    /// `mygitlab.example.com`
    Dns(DnsName),
    /// `*.pages.example.com`; the value is the name without the star.
    Wildcard(DnsName),
    /// `192.0.2.10`; an IPv4 address mapped into IPv6 is stored as IPv4.
    Ip(IpAddr),
}

impl SubjectName {
    /// The DNS name that a CA's constraints must permit: for a wildcard, the domain without the star.
    pub fn dns(&self) -> Option<&DnsName> {
        match self {
            Self::Dns(name) | Self::Wildcard(name) => Some(name),
            Self::Ip(_) => None,
        }
    }

    /// The host; for a wildcard, the domain without the star.
    pub fn base(&self) -> Host {
        match self {
            Self::Dns(name) | Self::Wildcard(name) => Host::Dns(name.clone()),
            Self::Ip(address) => Host::Ip(*address),
        }
    }

    /// Whether it has an underscore, which no host name should (RFC 1123 §2.1).
    pub fn has_underscore(&self) -> bool {
        self.dns().is_some_and(|name| name.as_str().contains('_'))
    }

    /// Whether a client that connects to `host` accepts this name: the same address, the same DNS
    /// name, or exactly one label in place of the star (RFC 6125 §6.4.3).
    pub fn covers(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Dns(name), Host::Dns(host)) => name == host,
            (Self::Wildcard(parent), Host::Dns(host)) => {
                host.as_str().split_once('.').is_some_and(|(_, rest)| rest == parent.as_str())
            }
            (Self::Ip(address), Host::Ip(host)) => *address == host.to_canonical(),
            _ => false,
        }
    }

    /// Whether a certificate with `names` is enough for this one: it has the name, or a wildcard that covers the host.
    pub fn is_among(&self, names: &[Self]) -> bool {
        let is_host = !matches!(self, Self::Wildcard(_));
        names.iter().any(|name| name == self || (is_host && name.covers(&self.base())))
    }
}

impl From<Host> for SubjectName {
    fn from(host: Host) -> Self {
        match host {
            Host::Dns(name) => Self::Dns(name),
            Host::Ip(address) => Self::Ip(address.to_canonical()),
        }
    }
}

impl FromStr for SubjectName {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("*.") {
            Some(parent) => parent.parse().map(Self::Wildcard),
            None => text.parse::<Host>().map(Self::from),
        }
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => name.fmt(f),
            Self::Wildcard(parent) => write!(f, "*.{parent}"),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

impl Serialize for SubjectName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SubjectName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Names for a sentence: `a, b and c`; only the first ones of many.
pub fn list(names: &[impl fmt::Display]) -> String {
    list_to(8, names)
}

/// The same with at most `most` names.
pub fn list_to(most: usize, names: &[impl fmt::Display]) -> String {
    let joined = |names: &[_]| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match names {
        [] => String::new(),
        [one] => one.to_string(),
        [first @ .., _] if names.len() > most => {
            let first = &first[..most.saturating_sub(1)];
            format!("{} and {} more", joined(first), names.len() - first.len())
        }
        [first @ .., last] => format!("{} and {last}", joined(first)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> SubjectName {
        text.parse().expect(text)
    }

    #[test]
    fn a_wildcard_is_enough_for_a_host_and_for_no_other_wildcard() {
        let names = [name("git.example.com"), name("*.pages.example.com"), name("192.0.2.10")];
        for (text, expected) in [
            ("git.example.com", true),
            ("docs.pages.example.com", true),
            ("*.pages.example.com", true),
            ("::ffff:192.0.2.10", true),
            ("pages.example.com", false),
            ("a.docs.pages.example.com", false),
            ("*.docs.pages.example.com", false),
            ("*.example.com", false),
        ] {
            assert_eq!(name(text).is_among(&names), expected, "{text}");
        }
    }

    #[test]
    fn names_are_normalised() {
        for (text, expected) in [
            ("MyGitLab.Example.COM", "mygitlab.example.com"),
            ("*.Pages.Example.com", "*.pages.example.com"),
            ("*.bücher.example", "*.xn--bcher-kva.example"),
            ("192.0.2.10", "192.0.2.10"),
            ("[2001:DB8::1]", "2001:db8::1"),
            ("::ffff:192.0.2.10", "192.0.2.10"),
        ] {
            assert_eq!(name(text).to_string(), expected);
        }
        for text in ["", "*", "*.", "*.*.example.com", "a.*.example.com", "a b", "192.0.2.256", "*.192.0.2.1"]
        {
            assert!(text.parse::<SubjectName>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_covers_what_clients_accept() {
        for (text, host, covered) in [
            ("gitlab.example.com", "gitlab.example.com", true),
            ("gitlab.example.com", "GITLAB.example.com", true),
            ("gitlab.example.com", "a.gitlab.example.com", false),
            ("*.example.com", "gitlab.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.b.example.com", false),
            ("192.0.2.10", "192.0.2.10", true),
            ("192.0.2.10", "::ffff:192.0.2.10", true),
            ("192.0.2.10", "192.0.2.11", false),
            ("2001:db8::1", "2001:db8:0::1", true),
        ] {
            let host: Host = host.parse().expect(host);
            assert_eq!(name(text).covers(&host), covered, "{text} {host}");
        }
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(list(&[] as &[&str]), "");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert!(list(&["a"; 300]).ends_with("a, a and 293 more"));
    }
}
