//! What the page is about.

use labtrust_plan::{Anchor, Endpoint, ShellLine};

use super::program::Program;
use crate::certificate::parsed::Parsed;

/// What the page is about.
pub(crate) struct Subject<'s> {
    /// The CAs, the one in use first; each has at least one endpoint.
    pub anchors: &'s [Anchor],
    /// The certificate of each.
    pub certificates: &'s [Parsed],
    /// The command of a client with labtrust, which root runs.
    pub command: ShellLine,
    /// The program's archives and packages.
    pub programs: &'s [Program],
}

impl Subject<'_> {
    /// The server whose trust the browser checks: the one on the port of the web, if there is one.
    pub(super) fn web(&self) -> Option<&Endpoint> {
        let endpoints = &self.anchors.first()?.endpoints;
        endpoints.iter().find(|endpoint| endpoint.port == 443).or(endpoints.first())
    }
}
