//! Checks that the stores of this machine trust the CA of the server's chain. The certificate check judges dates,
//! names and purposes.

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

pub(crate) use anchors::{of_system, parsed};
pub(crate) use chosen_root::with_trust;
pub(crate) use containerd::CHECK as CONTAINERD;
pub(crate) use docker::{CHECK as DOCKER, is_about_ca};
pub(crate) use engine_trust::would_trust;
pub(crate) use podman::CHECK as PODMAN;
pub(crate) use system::CHECK as SYSTEM;
