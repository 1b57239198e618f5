//! The state folder as one encrypted file: its contents, its encryption, and its signature. Pure: bytes in, bytes out.

pub mod archive;
pub mod seal;
mod sender;

pub use archive::{Archive, Item, Manifest};
pub use seal::{Lock, Opener};
pub use sender::Sender;
