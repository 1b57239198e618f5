//! Entries of `NO_PROXY` that somebody wrote for a host and that do not stand for it: other programs have
//! other rules, and each of these works somewhere.

use std::net::IpAddr;

use labtrust_plan::{Endpoint, Host};

use super::{Entry, entries};

/// An entry that is meant for the endpoint and does not reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss<'l> {
    /// The entry.
    pub entry: &'l str,
    /// Why not, as the rest of a sentence that begins with it.
    pub why: String,
}

/// The first entry of `list` that is meant for `endpoint`, which has these `addresses`, and is not for it.
pub fn near_miss<'l>(list: &'l str, endpoint: &Endpoint, addresses: &[IpAddr]) -> Option<NearMiss<'l>> {
    entries(list).filter(|entry| !Entry::parse(entry).matches(endpoint)).find_map(|entry| {
        let why = why(entry, endpoint, addresses)?;
        Some(NearMiss { entry, why })
    })
}

fn why(entry: &str, endpoint: &Endpoint, addresses: &[IpAddr]) -> Option<String> {
    let would = |text: &str| Entry::parse(text).matches(endpoint);
    let host = &endpoint.host;
    if entry.split(SEPARATORS).any(would) {
        return Some("is one name to Docker: only commas separate".into());
    }
    if would(entry.trim_matches(['"', '\''])) {
        return Some("has quotation marks in it".into());
    }
    if let Some(port) = Entry::parse(entry).port()
        && would(entry.strip_suffix(&format!(":{port}"))?)
    {
        return Some(format!("is for port {port} alone"));
    }
    let bare = entry.split_once("://").map_or(entry, |(_, rest)| rest);
    if bare != entry || bare.contains('/') && bare.split('/').next().is_some_and(would) {
        return would(bare.split('/').next()?).then(|| "is a URL, where a name is expected".into());
    }
    if let Some(rest) = entry.strip_prefix("*.").or(entry.strip_prefix('.'))
        && rest.eq_ignore_ascii_case(&host.to_string())
    {
        return Some(format!("is for what is below {host}, and not for itself"));
    }
    if would(entry.trim_end_matches('.')) || would(entry.trim_matches(['[', ']'])) {
        return Some("is written otherwise than the host".into());
    }
    if matches!(host, Host::Dns(_))
        && addresses.iter().any(|address| Entry::parse(entry).matches(&at(*address, endpoint)))
    {
        return Some(format!(
            "is for URLs with an address in them: {host} is a name, which is not looked up"
        ));
    }
    let names = std::iter::once(host.to_string()).chain(addresses.iter().map(ToString::to_string));
    if entry.contains('*') && names.into_iter().any(|name| is_like(&name, &entry.to_lowercase())) {
        return Some("has a * in it, which means something only alone or as the *. before a name".into());
    }
    None
}

/// What some programs take for the end of an entry.
const SEPARATORS: [char; 5] = [' ', '\t', ';', '|', '\n'];

fn at(address: IpAddr, endpoint: &Endpoint) -> Endpoint {
    Endpoint::new(Host::Ip(address), endpoint.port)
}

/// Whether `name` is what a shell would take `pattern` for, of which `*` stands for anything.
fn is_like(name: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let parts: Vec<_> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_seen() {
        let endpoint: Endpoint = "mygitlab.example.com:4567".parse().expect("an endpoint");
        let addresses = ["192.168.1.7".parse().expect("an address")];
        for (list, expected) in [
            ("a.example mygitlab.example.com", Some("only commas")),
            ("a.example;mygitlab.example.com", Some("only commas")),
            ("\"mygitlab.example.com\"", Some("quotation marks")),
            ("a.example,mygitlab.example.com:443", Some("port 443 alone")),
            ("https://mygitlab.example.com", Some("URL")),
            ("https://mygitlab.example.com:4567/x", Some("URL")),
            ("mygitlab.example.com/", Some("URL")),
            (".mygitlab.example.com", Some("not for itself")),
            ("*.MyGitLab.example.com", Some("not for itself")),
            ("mygitlab.example.com.", Some("written otherwise")),
            ("192.168.1.7", Some("is a name")),
            ("192.168.0.0/16", Some("is a name")),
            ("10.0.0.0/8", None),
            ("192.168.*", Some("a * in it")),
            ("192.168.1.*", Some("a * in it")),
            ("10.*", None),
            ("my*.example.com", Some("a * in it")),
            ("*example.com", Some("a * in it")),
            ("*.example.org", None),
            ("", None),
            ("other.example", None),
            ("mygitlab", None),
            ("mygitlab.example.com", None),
            (".example.com", None),
        ] {
            let found = near_miss(list, &endpoint, &addresses).map(|found| found.why);
            match (expected, &found) {
                (Some(expected), Some(found)) => assert!(found.contains(expected), "{list}: {found}"),
                (expected, found) => assert_eq!(expected.is_some(), found.is_some(), "{list}: {found:?}"),
            }
        }
    }
}
