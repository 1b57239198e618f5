//! Whether the stores of this machine trust what is served. Only that: dates, names and usages of
//! certificates are judged by themselves.

mod anchor;
mod cause;
mod containerd;
mod docker;
mod fatal;
mod folder;
mod image_store;
mod insecure;
mod look;
mod podman;
mod root;
mod system;

pub(crate) use anchor::mend;
pub(crate) use containerd::CHECK as CONTAINERD;
pub(crate) use docker::CHECK as DOCKER;
pub(crate) use look::would_trust;
pub(crate) use podman::CHECK as PODMAN;
pub(crate) use root::parsed;
pub(crate) use system::CHECK as SYSTEM;
