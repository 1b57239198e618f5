//! The reports of the verbs, for people and as JSON for scripts.

pub(crate) mod backup;
mod brief;
pub(crate) mod consent;
pub(crate) mod doctor;
pub(crate) mod fleet_page;
pub(crate) mod health;
pub(crate) mod html;
pub(crate) mod import;
pub(crate) mod install;
pub(crate) mod list;
pub(crate) mod manual;
pub(crate) mod page;
pub(crate) mod pair;
pub(crate) mod render;
pub(crate) mod renew;
pub(crate) mod renewal;
pub(crate) mod request;
pub(crate) mod restore;
pub(crate) mod rollout;
pub(crate) mod rotation;
pub(crate) mod sealed;
pub(crate) mod setup;
pub(crate) mod setup_undo;
pub(crate) mod status;
pub(crate) mod stores;
pub(crate) mod trust;
pub(crate) mod untrust;
