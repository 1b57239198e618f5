//! Recognises hosts and addresses, which are safe to show.

use std::net::IpAddr;

/// The text in place of a hidden part.
pub(crate) const MARK: &str = "xxxxx";

/// Whether `text` is a host or an address, with or without a port.
pub(super) fn is_host_or_address(text: &str) -> bool {
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(address, port)| {
            address.parse::<IpAddr>().is_ok()
                && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        });
    }
    match text.rsplit_once(':') {
        _ if text.parse::<IpAddr>().is_ok() => true,
        Some((host, port)) => is_port(port) && is_host(host),
        None => is_host(text),
    }
}

fn is_host(text: &str) -> bool {
    let is_of_host = |letter: char| letter.is_ascii_alphanumeric() || ".-_*".contains(letter);
    (1..=253).contains(&text.len()) && text.chars().all(is_of_host)
}
