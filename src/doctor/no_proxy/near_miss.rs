//! Entries of `NO_PROXY` that were written for a host but do not cover it. Other programs have other rules; each of
//! these entries works in one of them.

use std::net::IpAddr;

use labtrust_plan::{Endpoint, Host};

use super::{Entry, entries};

/// An entry that was written for an endpoint but does not cover it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss<'l> {
    /// The entry.
    pub entry: &'l str,
    /// Why not: the rest of a sentence that begins with the entry.
    pub why: String,
}

/// The first entry of `list` that was written for `endpoint`, whose host has these `addresses`, but does not cover
/// it.
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
        return Some("is a single name to Docker: only commas separate entries".into());
    }
    if would(entry.trim_matches(['"', '\''])) {
        return Some("contains quotation marks".into());
    }
    if let Some(port) = Entry::parse(entry).port()
        && would(entry.strip_suffix(&format!(":{port}"))?)
    {
        return Some(format!("covers port {port} only"));
    }
    let bare = entry.split_once("://").map_or(entry, |(_, rest)| rest);
    if bare != entry || bare.contains('/') && bare.split('/').next().is_some_and(would) {
        return would(bare.split('/').next()?).then(|| "is a URL, not a host name".into());
    }
    if let Some(rest) = entry.strip_prefix("*.").or(entry.strip_prefix('.'))
        && rest.eq_ignore_ascii_case(&host.to_string())
    {
        return Some(format!("covers the subdomains of {host}, not {host} itself"));
    }
    if would(entry.trim_end_matches('.')) || would(entry.trim_matches(['[', ']'])) {
        return Some("is spelled differently from the host".into());
    }
    if matches!(host, Host::Dns(_))
        && addresses.iter().any(|address| Entry::parse(entry).matches(&at(*address, endpoint)))
    {
        return Some(format!(
            "covers URLs that contain an address: {host} is a name, and Docker does not look up its address for \
             NO_PROXY"
        ));
    }
    let names = std::iter::once(host.to_string()).chain(addresses.iter().map(ToString::to_string));
    if entry.contains('*') && names.into_iter().any(|name| is_like(&name, &entry.to_lowercase())) {
        return Some("contains a *, which works only alone or as *. before a name".into());
    }
    None
}

/// Characters that end an entry in some programs.
const SEPARATORS: [char; 5] = [' ', '\t', ';', '|', '\n'];

fn at(address: IpAddr, endpoint: &Endpoint) -> Endpoint {
    Endpoint::new(Host::Ip(address), endpoint.port)
}

/// Whether `name` matches `pattern` as in a shell, where `*` stands for any text.
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
    fn a_near_miss_is_recognised_with_its_reason() {
        let endpoint: Endpoint = "mygitlab.example.com:4567".parse().expect("an endpoint");
        let addresses = ["192.168.1.7".parse().expect("an address")];
        for (list, expected) in [
            ("a.example mygitlab.example.com", Some("only commas")),
            ("a.example;mygitlab.example.com", Some("only commas")),
            ("\"mygitlab.example.com\"", Some("quotation marks")),
            ("a.example,mygitlab.example.com:443", Some("port 443 only")),
            ("https://mygitlab.example.com", Some("URL")),
            ("https://mygitlab.example.com:4567/x", Some("URL")),
            ("mygitlab.example.com/", Some("URL")),
            (".mygitlab.example.com", Some("not mygitlab.example.com itself")),
            ("*.MyGitLab.example.com", Some("not mygitlab.example.com itself")),
            ("mygitlab.example.com.", Some("spelled differently")),
            ("192.168.1.7", Some("is a name")),
            ("192.168.0.0/16", Some("is a name")),
            ("10.0.0.0/8", None),
            ("192.168.*", Some("contains a *")),
            ("192.168.1.*", Some("contains a *")),
            ("10.*", None),
            ("my*.example.com", Some("contains a *")),
            ("*example.com", Some("contains a *")),
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
