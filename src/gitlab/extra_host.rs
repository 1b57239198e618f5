//! GitLab's extra hosts: Pages, KAS and Mattermost may each have a host of their own. Each needs its name in the
//! certificate, and its files in GitLab's folder.

use labtrust_plan::Host;

use super::{
    config::{Address, Config, Known},
    role::Role,
};
use crate::certificate::SubjectName;

/// An extra host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExtraHost {
    /// The server at this host.
    pub role: Role,
    /// Its URL.
    pub address: Address,
    /// The names that its certificate needs.
    pub names: Vec<SubjectName>,
    /// A host name that clients use: Pages sites are subdomains of the host.
    pub client_host: Host,
}

impl ExtraHost {
    /// The extra hosts that speak TLS, of a GitLab at `gitlab`; and a note on each host that gitlab.rb computes.
    pub(crate) fn of(config: &Config, gitlab: &Host) -> (Vec<Self>, Vec<String>) {
        let (mut found, mut notes) = (Vec::new(), Vec::new());
        for role in Role::EXTRA.into_iter().filter(|role| !config.is_off(*role)) {
            match config.address(role) {
                Known::Is(address) if address.https && !is_part_of(role, &address, gitlab) => {
                    found.push(Self::new(config, role, address));
                }
                Known::Is(_) | Known::Unset => {}
                Known::Computed(line) => notes.push(format!(
                    "{} gets no certificate: {line}: labtrust cannot compute this host; write the URL itself there",
                    role.title()
                )),
            }
        }
        (found, notes)
    }

    fn new(config: &Config, role: Role, address: Address) -> Self {
        let host = address.endpoint.host.clone();
        let mut extra =
            Self { role, names: vec![SubjectName::from(host.clone())], client_host: host.clone(), address };
        if role == Role::Pages
            && !config.are_pages_in_path()
            && let Host::Dns(domain) = host
            // GitLab's own subdomain, for signing in (omnibus-gitlab, gitlab_pages.rb).
            && let Ok(client_host) = format!("projects.{domain}").parse()
        {
            extra.names.push(SubjectName::Wildcard(domain));
            extra.client_host = client_host;
        }
        extra
    }

    /// Its name in messages.
    pub(crate) fn title(&self) -> String {
        format!("{} at {}", self.role.title(), self.address.endpoint.host)
    }
}

/// Whether `address` is a part of GitLab's own server: KAS without a host of its own is a path of GitLab's (omnibus-gitlab, `gitlab_kas.rb`,
/// `kas_domain_matches_gitlab_domain?`).
pub(super) fn is_part_of(role: Role, address: &Address, gitlab: &Host) -> bool {
    role == Role::Kas && address.endpoint.host == *gitlab
}

#[cfg(test)]
mod tests;
