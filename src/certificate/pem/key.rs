//! A private key of a PEM section.

use std::fmt;

use zeroize::Zeroizing;

/// A private key in the encoding that its label names.
pub enum Key {
    /// RFC 5208.
    Pkcs8(Zeroizing<Vec<u8>>),
    /// RFC 8017 §A.1.2.
    Pkcs1(Zeroizing<Vec<u8>>),
    /// RFC 5915.
    Sec1(Zeroizing<Vec<u8>>),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(secret)")
    }
}
