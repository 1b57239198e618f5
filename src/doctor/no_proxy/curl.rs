//! `NO_PROXY` by the rules of curl and git (curl's `lib/noproxy.c`), which differ from Go's in nearly everything.

use labtrust_plan::{Endpoint, Host};

use super::Entry;

/// Whether curl bypasses the proxy for `endpoint` if `NO_PROXY` is `list`. Commas and spaces separate entries, a dot
/// at either end is ignored, an entry has no port, and `*` covers every host only as the whole list.
pub fn is_bypassed(list: &str, endpoint: &Endpoint) -> bool {
    let host = endpoint.host.to_string();
    let matches_endpoint = |entry: &str| {
        let entry = entry.trim_end_matches('.').to_lowercase();
        let entry = entry.strip_prefix('.').unwrap_or(&entry);
        match endpoint.host {
            Host::Ip(_) => match Entry::parse(entry.trim_matches(['[', ']'])) {
                entry @ (Entry::Network(..) | Entry::Address(_, None)) => entry.matches(endpoint),
                _ => false,
            },
            Host::Dns(_) => {
                host.strip_suffix(entry).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
        }
    };
    list.trim() == "*"
        || list.split([',', ' ', '\t']).map(str::trim).filter(|entry| !entry.is_empty()).any(matches_endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_of_curl_holds() {
        for (list, host, expected) in [
            ("", "h.example:443", false),
            ("*", "h.example:443", true),
            ("*,a", "h.example:443", false),
            ("h.example", "h.example:443", true),
            ("H.Example.", "h.example:443", true),
            (".h.example", "h.example:443", true),
            (".example", "h.example:443", true),
            ("example", "h.example:443", true),
            ("xample", "h.example:443", false),
            ("a.example h.example", "h.example:443", true),
            ("h.example:443", "h.example:443", false),
            ("*.example", "h.example:443", false),
            ("192.0.2.0/24", "192.0.2.7:443", true),
            ("192.0.2.7", "192.0.2.7:443", true),
            ("192.0.2.*", "192.0.2.7:443", false),
            ("0.2.7", "192.0.2.7:443", false),
            ("[2001:db8::7]", "[2001:db8::7]:443", true),
            ("192.0.2.0/24", "h.example:443", false),
        ] {
            let endpoint: Endpoint = host.parse().expect("an endpoint");
            assert_eq!(is_bypassed(list, &endpoint), expected, "NO_PROXY={list}: {host}");
        }
    }
}
