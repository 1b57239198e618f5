//! Setup: a CA, a certificate, and their installation.

pub(crate) mod asked;
pub(crate) mod draft;
pub(crate) mod issuer;
pub(crate) mod leaf;
pub(crate) mod lost;
pub(crate) mod order;
pub(crate) mod site;
pub(crate) mod undo;
