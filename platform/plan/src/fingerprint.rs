//! Fingerprints: the identity of a certificate. Names, serial numbers and nicknames are not unique.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de};
use sha2::{Digest as _, Sha256};

/// SHA-256 of a certificate's DER encoding.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

/// The error for a text that is not a SHA-256 fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a SHA-256 fingerprint: {why}")]
pub struct InvalidFingerprint {
    text: String,
    why: String,
}

impl InvalidFingerprint {
    fn new(text: &str, why: impl Into<String>) -> Self {
        let after = if text.chars().nth(100).is_some() { "…" } else { "" };
        Self { text: format!("{}{after}", text.chars().take(100).collect::<String>()), why: why.into() }
    }

    /// A hint where to find the fingerprint.
    pub fn hint(&self) -> &'static str {
        "labtrust status on the server shows it; for a file: openssl x509 -in FILE -noout -fingerprint -sha256"
    }
}

impl Fingerprint {
    /// The fingerprint of the certificate (or any other bytes) `der`.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Whether `text` looks like a fingerprint, even a wrong one. Host names and files do not have such names.
    pub fn looks_like(text: &str) -> bool {
        let digits = digits(text);
        (32..=130).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// How many digits [`Self::short`] has.
    pub(crate) const SHORT: usize = 16;

    /// The first 16 hexadecimal digits: enough for a file name, never for a decision.
    pub fn short(&self) -> String {
        self.to_string()[..Self::SHORT].to_owned()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = InvalidFingerprint;

    /// Accepts the output of `openssl x509 -fingerprint`, of browsers and of labtrust: hexadecimal digits in upper or lower
    /// case, with or without colons or spaces, with or without `sha256` before them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = digits(text);
        let invalid = |why: &str| InvalidFingerprint::new(text, why);
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(invalid("it may only contain hexadecimal digits and colons"));
        }
        match digits.len() {
            64 => {}
            40 => return Err(invalid("40 digits are a SHA-1 fingerprint, and SHA-256 is needed")),
            32 => return Err(invalid("32 digits are an MD5 fingerprint, and SHA-256 is needed")),
            other => {
                let why = format!("it has {other} hexadecimal digits, and 64 are needed");
                return Err(InvalidFingerprint::new(text, why));
            }
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte =
                u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).map_err(|_| invalid("it is damaged"))?;
        }
        Ok(Self(bytes))
    }
}

/// `text` without the words before a fingerprint, and without colons and spaces.
fn digits(text: &str) -> String {
    let text = text.trim().to_ascii_lowercase();
    let after = text.rsplit_once('=').map(|(_, rest)| rest).filter(|rest| !rest.is_empty());
    let mut rest = after.unwrap_or(&text);
    for word in ["sha256", "sha-256", "sha1", "sha-1", "md5", "fingerprint"] {
        rest = rest.strip_prefix(word).unwrap_or(rest).trim_start_matches([':', ' ']);
    }
    rest.chars().filter(|character| !matches!(character, ':' | ' ')).collect()
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_spelling_is_the_same_fingerprint() {
        let plain = Fingerprint::of(b"certificate");
        let hex = plain.to_string();
        let colons = hex.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase());
        let colons = colons.collect::<Vec<_>>().join(":");
        for text in [
            hex.clone(),
            hex.to_uppercase(),
            colons.clone(),
            format!("sha256 Fingerprint={colons}"),
            format!(" sha256:{hex} "),
            format!("SHA256 Fingerprint={colons}"),
            format!("SHA-256: {}", colons.replace(':', " ")),
            format!("SHA256 Fingerprint: {colons}"),
            colons.replace(':', " "),
        ] {
            assert_eq!(text.parse(), Ok(plain), "{text}");
            assert!(Fingerprint::looks_like(&text), "{text}");
        }
        for (text, why) in [
            ("", "it has 0"),
            ("abc", "it has 3"),
            (&hex[1..], "it has 63"),
            (&format!("{hex}00"), "it has 66"),
            (&format!("SHA1 Fingerprint={}", &hex[..40]), "SHA-1"),
            (&hex[..32], "MD5"),
            (&hex.replace(&hex[..1], "g"), "only contain hexadecimal"),
        ] {
            let error = text.parse::<Fingerprint>().expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(
            !["nas", "gitlab.example.com", "cafe:4567", "ca.crt"].into_iter().any(Fingerprint::looks_like)
        );
    }
}
