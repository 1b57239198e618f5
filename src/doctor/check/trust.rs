//! Whether the stores of this machine trust what is served. Only that: dates, names and usages of
//! certificates are judged by themselves.

mod anchors;
mod chosen_root;
mod classify;
mod containerd;
mod docker;
mod engine_trust;
mod fatal;
mod folder;
mod image_store;
mod insecure;
mod podman;
mod system;

pub(crate) use anchors::parsed;
pub(crate) use chosen_root::with_trust;
pub(crate) use containerd::CHECK as CONTAINERD;
pub(crate) use docker::CHECK as DOCKER;
pub(crate) use engine_trust::would_trust;
pub(crate) use podman::CHECK as PODMAN;
pub(crate) use system::CHECK as SYSTEM;
