//! The server: creates, installs, renews, replaces, saves and removes its CA and its certificate.

pub(crate) mod backup;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod install_pair;
pub(crate) mod placed_pair;
pub(crate) mod renew;
pub(crate) mod request;
pub(crate) mod requests;
pub(crate) mod restore;
pub(crate) mod rotate;
pub(crate) mod setup;
