//! Whether the stores of this machine trust what is served. Only that: dates, names and usages of
//! certificates are judged by themselves.

mod cause;
mod containerd;
mod docker;
mod fatal;
mod folder;
mod image_store;
mod insecure;
mod podman;
mod root;
mod system;

pub use containerd::CHECK as CONTAINERD;
pub use docker::{CHECK as DOCKER, would_trust};
pub use podman::CHECK as PODMAN;
pub use root::{mend, parsed};
pub use system::CHECK as SYSTEM;

use super::{Check, Verdict};
