//! Hosts and endpoints. They are parsed once, at the edge, so that other modules only get valid ones.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use serde::{Deserialize, Serialize, de};

/// A DNS name in its canonical form: lower case, A-labels (IDNA), no trailing dot, no wildcard.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DnsName(String);

/// A DNS name or an IP address: a host for which a certificate is valid.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A DNS name.
    Dns(DnsName),
    /// An IP address.
    Ip(IpAddr),
}

/// A host and a TCP port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// The host.
    pub host: Host,
    /// The TCP port.
    pub port: u16,
}

/// `HOST`, `HOST:PORT` or `https://HOST[:PORT]`, as users type it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The host.
    pub host: Host,
    /// The port, if one was given.
    pub port: Option<u16>,
}

impl From<&Endpoint> for Target {
    fn from(endpoint: &Endpoint) -> Self {
        Self { host: endpoint.host.clone(), port: Some(endpoint.port) }
    }
}

/// The error for a text that is not a valid host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a valid host: {why}")]
pub struct InvalidHost {
    text: String,
    why: &'static str,
}

/// Reasons that have a hint of their own.
const WILDCARD: &str = "a wildcard is not allowed here";
const PATH: &str = "a path does not belong here";
const USER: &str = "a user name or password does not belong here";
const ZONE: &str = "an address with a zone (%) is only valid on this machine";

impl InvalidHost {
    fn new(text: &str, why: &'static str) -> Self {
        // The text before an @ may be a password, which must not be logged.
        let (before, text) = text.rsplit_once('@').map_or(("", text), |(_, host)| ("…@", host));
        let after = if text.chars().nth(100).is_some() { "…" } else { "" };
        Self { text: format!("{before}{}{after}", text.chars().take(100).collect::<String>()), why }
    }

    /// A hint with the expected form.
    pub fn hint(&self) -> &'static str {
        match self.why {
            WILDCARD => {
                "pass the full name. A wildcard is only allowed in the names of a certificate (--name, sign); a permitted \
                 domain includes all names below it"
            }
            PATH => "leave out the path: mygitlab.example.com, or with a port mygitlab.example.com:4567",
            USER => "give only the part after the @",
            ZONE => "pass a name, or an address that other machines can reach",
            _ => {
                "pass a host such as mygitlab.example.com, 192.0.2.10 or 2001:db8::1; with a port: \
                 mygitlab.example.com:4567 or [2001:db8::1]:4567"
            }
        }
    }
}

impl DnsName {
    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this name is `parent` or lies below it (RFC 5280 §4.2.1.10).
    pub fn is_within(&self, parent: &DnsName) -> bool {
        self.0.strip_suffix(parent.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

impl FromStr for DnsName {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |why| InvalidHost::new(text, why);
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.is_empty() {
            return Err(invalid("it is empty"));
        }
        if name.contains(char::is_whitespace) {
            return Err(invalid("it contains a space"));
        }
        if name.contains('*') {
            return Err(invalid(WILDCARD));
        }
        if name.split('.').any(str::is_empty) {
            return Err(invalid("a part between two dots is empty"));
        }
        let name = idna::domain_to_ascii(name)
            .map_err(|_| invalid("it contains characters that a DNS name cannot have"))?;
        if name.len() > 253 {
            return Err(invalid("it is longer than 253 characters"));
        }
        for label in name.split('.') {
            if label.is_empty() || label.len() > 63 {
                return Err(invalid("a part between two dots is empty or longer than 63 characters"));
            }
            if label.starts_with('-') || label.ends_with('-') {
                return Err(invalid("a part between two dots starts or ends with a hyphen"));
            }
            // RFC 1123 §2.1 forbids underscores, but many servers have them, and all clients except Java accept them.
            if !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
                return Err(invalid("only letters, digits, hyphens, underscores and dots are allowed"));
            }
        }
        // Many resolvers read such a name as an address in another form (WHATWG URL, "ends in a number").
        let is_number = |last: &str| match last.strip_prefix("0x") {
            Some(hex) => hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
            None => last.bytes().all(|byte| byte.is_ascii_digit()),
        };
        if name.rsplit('.').next().is_some_and(is_number) {
            return Err(invalid("it ends in a number but is not an IP address"));
        }
        Ok(Self(name))
    }
}

impl Host {
    /// The host as in a URL: IPv6 addresses in brackets.
    pub fn in_url(&self) -> String {
        match self {
            Self::Ip(IpAddr::V6(address)) => format!("[{address}]"),
            _ => self.to_string(),
        }
    }
}

impl FromStr for Host {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(address) = bare {
            let why = if address.contains('%') { ZONE } else { "only an IPv6 address can be in brackets" };
            let address: Ipv6Addr = address.parse().map_err(|_| InvalidHost::new(text, why))?;
            return Ok(Self::Ip(address.into()));
        }
        match text.parse::<IpAddr>() {
            Ok(address) => Ok(Self::Ip(address)),
            Err(_) => text.parse().map(Self::Dns),
        }
    }
}

impl Endpoint {
    /// The endpoint `host:port`.
    pub fn new(host: Host, port: u16) -> Self {
        Self { host, port }
    }

    /// The folder under `certs.d` that Docker reads for this endpoint: `host:port`, or the bare
    /// host for 443 (docker/docs, "Verify repository client with certificates").
    pub fn certs_d_folder(&self) -> String {
        self.without_default_port()
    }

    /// The endpoint as in an https:// URL: `host:port`, or the bare host for 443.
    pub fn without_default_port(&self) -> String {
        if self.port == 443 { self.host.in_url() } else { self.to_string() }
    }

    /// The registry as the beginning of an image's name. A name without a dot or a port would be a folder on Docker Hub
    /// (distribution/reference, `splitDockerDomain`).
    pub fn registry_name(&self) -> String {
        let bare = self.without_default_port();
        if bare.contains(['.', ':']) { bare } else { self.to_string() }
    }

    /// The name of an image, which need not exist, with which a program is made to contact the registry.
    pub fn probe_image(&self) -> String {
        format!("{}/labtrust/probe", self.registry_name())
    }
}

impl Target {
    /// The endpoint; `port` is used if no port was given.
    pub fn or_port(&self, port: u16) -> Endpoint {
        Endpoint::new(self.host.clone(), self.port.unwrap_or(port))
    }
}

impl FromStr for Target {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |why| InvalidHost::new(text, why);
        let trimmed = text.trim();
        let rest = match trimmed.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => {
                rest.strip_suffix('/').unwrap_or(rest)
            }
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => {
                return Err(invalid("use https:// or no scheme (plain HTTP has no certificate)"));
            }
            Some(_) => return Err(invalid("only https:// URLs are accepted")),
            None => trimmed,
        };
        if rest.contains('@') {
            return Err(invalid(USER));
        }
        if rest.contains(['/', '?', '#']) {
            return Err(invalid(PATH));
        }
        if let Ok(address) = rest.parse::<Ipv6Addr>() {
            return Ok(Self { host: Host::Ip(address.into()), port: None });
        }
        if rest.split_once('%').is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok()) {
            return Err(invalid(ZONE));
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (rest, None),
        };
        let port = match port {
            None => None,
            Some(port) => Some(
                port.parse::<u16>()
                    .ok()
                    .filter(|number| *number != 0 && !port.starts_with('+'))
                    .ok_or_else(|| invalid("the port is not a number from 1 to 65535"))?,
            ),
        };
        let host = host.parse::<Host>().map_err(|error| InvalidHost::new(text, error.why))?;
        Ok(Self { host, port })
    }
}

impl FromStr for Endpoint {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let target: Target = text.parse()?;
        let port = target.port.ok_or_else(|| InvalidHost::new(text, "the port is missing"))?;
        Ok(Self::new(target.host, port))
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => name.fmt(f),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host.in_url(), self.port)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host.in_url()),
            None => self.host.fmt(f),
        }
    }
}

macro_rules! serialize_as_text {
    ($($kind:ty),+) => {$(
        impl Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )+};
}

serialize_as_text!(DnsName, Host, Endpoint);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_normalised() {
        for (text, expected) in [
            ("mygitlab.example.com", "mygitlab.example.com"),
            ("MyGitLab.Example.COM.", "mygitlab.example.com"),
            ("mygitlab.example.com:4567", "mygitlab.example.com:4567"),
            ("https://mygitlab.example.com", "mygitlab.example.com"),
            ("HTTPS://mygitlab.example.com:4567/", "mygitlab.example.com:4567"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("192.0.2.10:4567", "192.0.2.10:4567"),
            ("[2001:db8::1]:4567", "[2001:db8::1]:4567"),
            ("2001:DB8::1", "2001:db8::1"),
            ("nas", "nas"),
        ] {
            let target = text.parse::<Target>().map(|target| target.to_string());
            assert_eq!(target.as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_host_is_refused_with_the_reason() {
        let long = "a".repeat(300);
        for (text, reason) in [
            ("", "empty"),
            ("host/path", "path"),
            ("https://host/path", "path"),
            ("http://host", "plain HTTP"),
            ("ftp://host", "https://"),
            ("user@host", "user name"),
            ("host:0", "port"),
            ("host:65536", "port"),
            ("host:+443", "port"),
            ("host:", "port"),
            ("*.example.com", "wildcard"),
            ("a..b", "empty"),
            (".example.com", "empty"),
            ("my host", "space"),
            ("-a.example.com", "hyphen"),
            ("192.0.2.256", "number"),
            ("010.0.0.1", "number"),
            ("127.1", "number"),
            ("0x7f.1", "number"),
            ("1.2.0x7F", "number"),
            ("0x7f000001", "number"),
            ("fe80::1%eth0", "zone"),
            ("[fe80::1%eth0]", "zone"),
            ("[fe80::1%eth0]:443", "zone"),
            ("a%2eb", "letters"),
            ("a/b:443", "path"),
            ("[192.0.2.1]", "IPv6"),
            (&long, "253"),
        ] {
            let error = text.parse::<Target>().expect_err(text).to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        let error = "https://me:secret@host/".parse::<Target>().expect_err("a password").to_string();
        assert!(error.contains("…@host") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn certs_d_drops_only_the_default_port() {
        let folder = |text: &str| text.parse::<Endpoint>().map(|endpoint| endpoint.certs_d_folder());
        assert_eq!(folder("h:4567").as_deref(), Ok("h:4567"));
        assert_eq!(folder("h:443").as_deref(), Ok("h"));
    }
}
