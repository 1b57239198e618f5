//! Certificates and keys, and nothing else: makes them, signs them, reads what people have, and
//! judges what clients will say of it. Pure: bytes in, bytes out; the caller owns files and clock.

pub mod authority;
pub mod chain;
pub mod key;
mod key_format;
pub mod name;
pub mod parsed;
pub mod pem;
pub mod permitted;
pub mod profile;
pub mod public_key;
pub mod sign;
pub mod verify;

pub use authority::{Authority, Scope};
pub use key::{KeyType, PrivateKey};
pub use name::SubjectName;
pub use parsed::Parsed;
pub use permitted::Permitted;
pub use public_key::{KeyKind, PublicKey};
pub use rustls_pki_types::CertificateDer;
pub use sign::{Issued, LeafOrder};
pub use verify::{Served, verify_served};
