//! Text from other programs in evidence, without secrets. Evidence is shown, stored and sent to other people, so text
//! enters it only through this type. A value with a known form is rebuilt from the parts that are safe to show; free
//! text loses everything that looks like a secret.

mod free;
mod host;
mod http;
mod url;

use std::{
    borrow::Borrow,
    fmt,
    ops::Deref,
    path::{Path, PathBuf},
};

use labtrust_plan::text::is_hidden;
use serde::{Deserialize, Serialize};

pub(super) use self::host::MARK;
use self::{
    host::is_host_or_address,
    url::{shown_address, url},
};

/// Text without secrets, in one line or several.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Redacted(String);

impl Redacted {
    /// A proxy's URL: scheme, host and port. A value that is not such a URL is hidden.
    pub fn proxy(value: &str) -> Self {
        let (open, bare) = unquoted(value);
        let is_variable = bare.strip_prefix('$').is_some_and(|name| {
            name.trim_matches(['{', '}'])
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        });
        if bare.is_empty() || is_variable {
            return Self(value.to_owned());
        }
        Self(format!("{open}{}{open}", url(bare, false)))
    }

    /// The list of a `NO_PROXY`: hosts, networks and ports, with the original separators.
    pub fn no_proxy(list: &str) -> Self {
        let parts: Vec<&str> = list.split(',').collect();
        // A password can contain commas: it begins after the first colon and ends at the last @.
        let ends = parts.iter().rposition(|part| part.contains('@'));
        let begins =
            ends.map(|end| parts.iter().position(|part| part.contains(':')).map_or(end, |at| at.min(end)));
        let shown = parts.iter().enumerate().filter_map(|(at, part)| match (begins, ends) {
            (Some(begin), Some(end)) if (begin..end).contains(&at) => None,
            (_, Some(end)) if at == end => {
                let rest = part.rsplit('@').next().unwrap_or_default();
                Some(format!("{MARK}@{}", entry(rest)))
            }
            _ => Some(entry(part)),
        });
        Self(shown.collect::<Vec<_>>().join(","))
    }

    /// The value of the proxy variable `name`.
    pub fn setting(name: &str, value: &str) -> Self {
        if name.eq_ignore_ascii_case("NO_PROXY") { Self::no_proxy(value) } else { Self::proxy(value) }
    }

    /// A URL with its path, without user, password and query.
    pub fn url(value: &str) -> Self {
        Self(url(value, true))
    }

    /// A daemon's address: a URL in which the user of `ssh://` is safe to show.
    pub fn engine(value: &str) -> Self {
        let login = |value: &str| {
            let (scheme, rest) = value.split_once("://")?;
            let (user, rest) = rest.rsplit_once('@')?;
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
            (scheme == "ssh" && user.len() <= 32 && user.chars().all(is_name))
                .then(|| format!("ssh://{user}@{}", shown_address(rest, true).unwrap_or_else(|| MARK.into())))
        };
        Self(login(value).unwrap_or_else(|| url(value, true)))
    }

    /// The header `name` of an answer; of a URL and of a challenge only the parts that the checks read.
    pub fn header(name: &str, value: &str) -> Self {
        match name {
            "location" => Self::url(value),
            "www-authenticate" => Self(http::challenge(value)),
            _ => value.into(),
        }
    }

    /// The body of an answer: of JSON, the code and message of an error; of a page, its title and whether it is
    /// GitLab's.
    pub fn body(text: &str) -> Self {
        Self(http::body(text))
    }

    /// The path in a setting. A setting may hold a key instead of the path of a key.
    pub fn path(path: &Path) -> PathBuf {
        let text = path.to_string_lossy();
        let is_path =
            path.is_absolute() && text.len() <= 4096 && !text.contains("-----") && !text.contains(is_hidden);
        if is_path { path.to_owned() } else { MARK.into() }
    }

    /// The reason of a JSON `error`, without its own message, which quotes the text.
    pub fn json_error(error: &serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Io | serde_json::error::Category::Eof => "it ends too early",
            serde_json::error::Category::Syntax => "it is not JSON",
            serde_json::error::Category::Data => "a value has an unexpected type",
        };
        Self(format!("{what}, at line {} column {}", error.line(), error.column()))
    }
}

/// The quotation mark around a value, and the value without it.
fn unquoted(value: &str) -> (&str, &str) {
    let quoted = |mark| value.strip_prefix(mark)?.strip_suffix(mark);
    ["\"", "'"].iter().find_map(|mark| Some((*mark, quoted(*mark)?))).unwrap_or(("", value))
}

/// An entry of a `NO_PROXY`, which other programs may read as several entries.
fn entry(text: &str) -> String {
    text.split_inclusive([' ', '\t', ';', '|', '\n', '"', '\'']).map(host_or_mark).collect()
}

fn host_or_mark(text: &str) -> String {
    let separators = [' ', '\t', ';', '|', '\n', '"', '\''];
    let bare = text.trim_end_matches(separators);
    let after = text[bare.len()..].replace(['\t', '\n'], " ");
    let is_network = bare
        .split_once('/')
        .is_some_and(|(address, length)| is_host_or_address(address) && length.parse::<u8>().is_ok());
    if bare.is_empty()
        || is_network
        || is_host_or_address(bare)
        || bare.starts_with('[') && is_host_or_address(bare.trim_matches(['[', ']']))
    {
        return format!("{bare}{after}");
    }
    format!("{}{after}", url(bare, false))
}

impl From<&str> for Redacted {
    fn from(text: &str) -> Self {
        Self(free::redacted(text))
    }
}

impl From<String> for Redacted {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl Deref for Redacted {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Redacted {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Redacted {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<String> for Redacted {
    fn eq(&self, other: &String) -> bool {
        self.0 == *other
    }
}

impl PartialEq<str> for Redacted {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Redacted {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&Redacted> for String {
    fn from(text: &Redacted) -> Self {
        text.0.clone()
    }
}

impl From<Redacted> for String {
    fn from(text: Redacted) -> Self {
        text.0
    }
}

#[cfg(test)]
mod tests;
