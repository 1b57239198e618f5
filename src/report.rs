//! What the verbs say: for people, and as JSON for scripts.

pub mod consent;
pub mod install;
pub mod pair;
pub mod stores;
pub mod trust;
