//! The state folder as one encrypted file: what is in it, and how it is sealed. Bytes in, bytes out.

pub mod archive;
pub mod seal;
mod sender;

pub use archive::{Archive, Item, Manifest};
pub use seal::{Lock, Opener};
pub use sender::Sender;
