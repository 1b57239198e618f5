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

/// The endpoints of all `targets`, each once.
pub(crate) fn each_once(targets: &[Target]) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for endpoint in targets.iter().flat_map(endpoints_of) {
        if !endpoints.contains(&endpoint) {
            endpoints.push(endpoint);
        }
    }
    endpoints
}
