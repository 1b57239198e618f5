//! The one identity of a certificate: names, serial numbers and nicknames repeat, this does not.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de};

/// SHA-256 of a certificate's DER encoding.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

/// A text that is no SHA-256 fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no SHA-256 fingerprint: 64 hexadecimal digits are expected, with or without colons")]
pub struct InvalidFingerprint(String);

impl Fingerprint {
    /// The fingerprint of the certificate (or any other bytes) `der`.
    pub fn of(der: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, der);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }

    /// The first 16 hexadecimal digits: enough for a file name, never for a decision.
    pub fn short(&self) -> String {
        self.to_string()[..16].to_owned()
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

    /// Accepts what `openssl x509 -fingerprint`, browsers and we ourselves print: hexadecimal
    /// digits of any case, with or without colons or spaces, with or without `sha256` before them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidFingerprint(text.chars().take(100).collect());
        let digits = text.trim().rsplit_once(['=', ' ']).filter(|(before, _)| {
            before.to_ascii_lowercase().contains("sha256") || before.to_ascii_lowercase().contains("sha-256")
        });
        let digits = digits.map_or(text.trim(), |(_, digits)| digits);
        let digits =
            digits.strip_prefix("sha256:").or_else(|| digits.strip_prefix("SHA256:")).unwrap_or(digits);
        let digits: Vec<u8> = digits.bytes().filter(|byte| !matches!(byte, b':' | b' ')).collect();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| invalid())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
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
        ] {
            assert_eq!(text.parse(), Ok(plain), "{text}");
        }
        for text in ["", "abc", &hex[1..], &format!("{hex}00"), &hex.replace(&hex[..1], "g")] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
    }
}
