//! A value of a proxy setting that does not mean what was written. The value itself may hold a password and is hidden,
//! so the flaw is noted beside it.

use serde::{Deserialize, Serialize};

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// systemd ignores the assignment: a letter or digit that is no specifier follows a `%` (systemd 252,
    /// "Failed to resolve specifiers").
    Dropped,
    /// systemd replaces a `%` and the letter after it (systemd.unit(5), "Specifiers").
    Replaced,
    /// Quotation marks belong to the value.
    Quoted,
    /// The user name or password contains a character that ends it: `#`, `/` or `?`.
    Unencoded,
    /// A `%` without two hexadecimal digits after it.
    Percent,
    /// A space.
    Space,
}

impl Flaw {
    /// The flaw of `url`, the value of a proxy variable, for Go's net/url, which takes such a value for no URL or for
    /// another host.
    pub fn of_url(url: &str) -> Option<Self> {
        if url.contains('"') || url.starts_with('\'') {
            return Some(Self::Quoted);
        }
        if url.trim().contains(char::is_whitespace) {
            return Some(Self::Space);
        }
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let login = rest.rsplit_once('@')?.0;
        if login.contains(['#', '/', '?']) {
            return Some(Self::Unencoded);
        }
        let is_encoded =
            |part: &str| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
        (!login.split('%').skip(1).all(is_encoded)).then_some(Self::Percent)
    }

    /// The reason, in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Dropped => "systemd ignores an assignment with a lone %",
            Self::Replaced => "systemd replaces a lone % and the letter after it",
            Self::Quoted => "the quotation marks belong to the value",
            Self::Unencoded => "a #, / or ? in the user name or password ends it",
            Self::Percent => "a % in the user name or password has no two hexadecimal digits after it",
            Self::Space => "there is a space in it",
        }
    }

    /// What to write instead.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Dropped | Self::Replaced => "write %% instead of each %",
            Self::Quoted => "write the URL without quotation marks inside the value",
            Self::Unencoded => {
                "in the user name and password, write %23 for #, %2F for / and %3F for ? (in a systemd unit, %%23, \
                 %%2F and %%3F)"
            }
            Self::Percent => "in the user name and password, write %25 for % (in a systemd unit, %%25)",
            Self::Space => "write the URL without spaces (%20 in a password)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_no_urls_for_go() {
        for (url, expected) in [
            ("http://p:3128", None),
            ("p:3128", None),
            ("http://alice:p%40ss@p:3128", None),
            ("socks5://p:1080", None),
            ("", None),
            ("\"http://p:3128\"", Some(Flaw::Quoted)),
            ("'http://p:3128'", Some(Flaw::Quoted)),
            ("http://alice:pa#ss@p:3128", Some(Flaw::Unencoded)),
            ("http://alice:pa/ss@p:3128", Some(Flaw::Unencoded)),
            ("http://alice:pa%ss@p:3128", Some(Flaw::Percent)),
            ("http://alice:pass%@p:3128", Some(Flaw::Percent)),
            ("http://p:3128 http://q", Some(Flaw::Space)),
        ] {
            assert_eq!(Flaw::of_url(url), expected, "{url}");
        }
    }
}
