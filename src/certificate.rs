//! Certificates and keys, and nothing else: makes them, signs them, reads what people have, and
//! judges what clients will say of it. Pure: bytes in, bytes out; the caller owns files and clock.

mod anatomy;
mod asn1;
pub mod authority;
pub mod broad_scope;
pub mod chain;
mod foreign;
pub mod general_name;
pub mod import;
pub mod inspect;
pub mod judge;
pub mod key;
mod key_format;
pub mod name;
mod oid;
pub mod parsed;
pub mod path;
mod pbe;
pub mod pem;
pub mod permitted;
mod pkcs12;
mod pkcs7;
pub mod profile;
pub mod public_key;
pub mod request;
pub mod self_signed;
pub mod sign;
mod signature;
pub mod successor;
pub mod verify;

pub use authority::{Authority, Scope};
pub use chain::Chain;
pub use import::{Material, read_certificates, read_material, read_request};
pub use inspect::{Description, Inspection};
pub use judge::{About, Client, KnownFrom, Refusal, Version, judge, judge_root, useless};
pub use key::{KeyType, Passphrase, PrivateKey};
pub use name::SubjectName;
pub use parsed::Parsed;
pub use permitted::Permitted;
pub use public_key::{KeyKind, PublicKey};
pub use request::request;
pub use rustls_pki_types::CertificateDer;
pub use self_signed::self_signed;
pub use sign::{Issued, LeafOrder};
pub use verify::{Served, verify_served};
