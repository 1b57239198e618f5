//! Text of others in evidence: evidence is shown, kept and sent to strangers, so no text gets into it but through
//! this type. Values whose form is known are built from the parts that may be shown; free text loses whatever
//! looks like a secret.

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
    /// A proxy's URL: scheme, host and port. What is no such URL is not shown at all.
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

    /// The list of a `NO_PROXY`: hosts, networks and ports, with the separators that somebody used.
    pub fn no_proxy(list: &str) -> Self {
        let parts: Vec<&str> = list.split(',').collect();
        // A password may hold commas: it ends at the last @, and begins after the first colon.
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

    /// The value of the variable `name`, which has to do with proxies.
    pub fn setting(name: &str, value: &str) -> Self {
        if name.eq_ignore_ascii_case("NO_PROXY") { Self::no_proxy(value) } else { Self::proxy(value) }
    }

    /// A URL with its path, and without what is before its host or after its path.
    pub fn url(value: &str) -> Self {
        Self(url(value, true))
    }

    /// Where an engine is found: a URL, of which the user's name belongs to where it is.
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

    /// The header `name` of an answer: of URLs and of a challenge, the parts that are looked at.
    pub fn header(name: &str, value: &str) -> Self {
        match name {
            "location" => Self::url(value),
            "www-authenticate" => Self(http::challenge(value)),
            _ => value.into(),
        }
    }

    /// The body of an answer: of JSON an error's code and message, of a page its title and whose it is.
    pub fn body(text: &str) -> Self {
        Self(http::body(text))
    }

    /// A file that a setting names. A setting may hold a key instead of a key's file.
    pub fn path(path: &Path) -> PathBuf {
        let text = path.to_string_lossy();
        let is_path =
            path.is_absolute() && text.len() <= 4096 && !text.contains("-----") && !text.contains(is_hidden);
        if is_path { path.to_owned() } else { MARK.into() }
    }

    /// Why `error`'s text is no JSON of the right form: its own message quotes the text.
    pub fn json_error(error: &serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Io | serde_json::error::Category::Eof => "it ends too early",
            serde_json::error::Category::Syntax => "it is no JSON",
            serde_json::error::Category::Data => "a value is of another kind than expected",
        };
        Self(format!("{what}, at line {} column {}", error.line(), error.column()))
    }
}

/// A value without the quotation marks around it, and the mark.
fn unquoted(value: &str) -> (&str, &str) {
    let quoted = |mark| value.strip_prefix(mark)?.strip_suffix(mark);
    ["\"", "'"].iter().find_map(|mark| Some((*mark, quoted(*mark)?))).unwrap_or(("", value))
}

/// An entry of a `NO_PROXY`, which other programs may take for several.
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
