//! Reduces URLs to scheme, host, port and path. User, password and query are hidden.

use super::{
    free,
    host::{MARK, is_host_or_address},
};

/// The safe part of a URL.
pub(super) fn url(value: &str, with_path: bool) -> String {
    let (scheme, rest) = match value.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (format!("{scheme}://"), rest),
        Some(_) => return MARK.into(),
        None => (String::new(), value),
    };
    let (before, rest) = match rest.rsplit_once('@') {
        Some((_, rest)) => (format!("{MARK}@"), rest),
        None => (String::new(), rest),
    };
    match shown_address(rest, with_path) {
        Some(address) => format!("{scheme}{before}{address}"),
        None => format!("{scheme}{MARK}"),
    }
}

fn is_scheme(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// The host, port and safe path of a URL; none if there is no valid host.
pub(super) fn shown_address(rest: &str, with_path: bool) -> Option<String> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    let is_path = path.len() <= 1 || with_path && path.chars().all(is_path_letter) && !free::is_secret(path);
    let path = if is_path { path } else { "/" };
    if authority.is_empty() {
        // The path of a socket.
        return (with_path && path.len() > 1).then(|| path.to_owned());
    }
    is_host_or_address(authority).then(|| format!("{authority}{path}"))
}

fn is_path_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "/._-~+".contains(letter)
}
