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

pub use anchor::mend;
pub use containerd::CHECK as CONTAINERD;
pub use docker::CHECK as DOCKER;
pub use look::would_trust;
pub use podman::CHECK as PODMAN;
pub use root::parsed;
pub use system::CHECK as SYSTEM;
