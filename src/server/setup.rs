//! A CA and a certificate, in its place: what that takes.

pub mod asked;
pub mod draft;
pub mod issuer;
pub mod leaf;
pub mod lost;
pub mod order;
pub mod site;
pub mod take_back;
