//! The endpoints that a host without a port stands for.

use labtrust_plan::{Endpoint, Target};

/// The default ports of a GitLab: its web server's and its registry's.
pub(crate) const ASSUMED_PORTS: [u16; 2] = [443, 4567];

/// The endpoints of `target`.
pub(crate) fn endpoints_of(target: &Target) -> Vec<Endpoint> {
    match target.port {
        Some(port) => vec![Endpoint::new(target.host.clone(), port)],
        None => ASSUMED_PORTS.iter().map(|port| Endpoint::new(target.host.clone(), *port)).collect(),
    }
}
