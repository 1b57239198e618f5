//! A CA and a certificate, in its place: what that takes.

pub(crate) mod asked;
pub(crate) mod draft;
pub(crate) mod issuer;
pub(crate) mod leaf;
pub(crate) mod lost;
pub(crate) mod order;
pub(crate) mod site;
pub(crate) mod undo;
