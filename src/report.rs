//! What the verbs say: for people, and as JSON for scripts.

pub mod backup;
pub mod consent;
pub mod doctor;
pub mod import;
pub mod install;
pub mod pair;
pub mod renew;
pub mod renewal;
pub mod request;
pub mod restore;
pub mod rotation;
pub mod setup;
pub mod status;
pub mod stores;
pub mod trust;
pub mod untrust;
