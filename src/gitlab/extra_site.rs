//! The decision which extra hosts of a GitLab get the certificate and key.

use anyhow::Result;
use labtrust_machine::World;
use labtrust_plan::{Certificate, Host};

use super::{
    guard::{self, Ownership},
    layout::{ExtraSite, Layout},
};
use crate::hint::Hint;

impl Layout {
    /// Decides on each extra host. A host gets the certificate and key if the certificate `covers` it, and if its present
    /// certificate is `ours` or labtrust may `replace` it. Other hosts get a note, and never stop GitLab and its registry
    /// from getting theirs. `way_on` is the hint that adds a missing name.
    pub(crate) fn assign_extra_hosts(
        &mut self,
        world: &World,
        covers: &dyn Fn(&Host) -> bool,
        ours: &dyn Fn(&[Certificate]) -> bool,
        replace: bool,
        way_on: &'static str,
    ) -> Result<()> {
        for ExtraSite { host, layout } in std::mem::take(&mut self.extra_sites) {
            if !covers(&host.client_host) {
                let (title, client_host) = (host.title(), &host.client_host);
                let way_on = Hint::filled(way_on, &[&host.address.endpoint.host]);
                self.notes.push(format!(
                    "{title} gets no certificate: the certificate is not for {client_host}; {way_on}"
                ));
                continue;
            }
            let survey = guard::survey(world, &layout)?;
            if !replace && matches!(guard::ownership(&survey, ours), Ownership::NotOurs(_)) {
                let title = host.title();
                self.notes.push(format!(
                    "{title} keeps its certificate, which labtrust did not create: --replace replaces it"
                ));
                continue;
            }
            self.merge(layout);
        }
        Ok(())
    }
}
