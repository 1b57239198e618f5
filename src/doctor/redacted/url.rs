//! URLs: scheme, host, port and path may be shown, and nothing before the host or after the path.

use super::{
    free,
    host::{MARK, is_host_or_address},
};

/// What may be shown of a URL.
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

/// Host, port and path of a URL, as far as they may be shown; none if there is no host.
pub(super) fn shown_address(rest: &str, with_path: bool) -> Option<String> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    let is_path = path.len() <= 1 || with_path && path.chars().all(is_path_letter) && !free::is_secret(path);
    let path = if is_path { path } else { "/" };
    if authority.is_empty() {
        // A socket's.
        return (with_path && path.len() > 1).then(|| path.to_owned());
    }
    is_host_or_address(authority).then(|| format!("{authority}{path}"))
}

fn is_path_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "/._-~+".contains(letter)
}
