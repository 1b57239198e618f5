//! The hosts that a GitLab has besides its own and its registry's: Pages, KAS and Mattermost may each
//! have one, and each wants its name in the certificate and its files in GitLab's folder.

use labtrust_plan::Host;

use super::{
    config::{Address, Config, Known},
    role::Role,
};
use crate::certificate::SubjectName;

/// A host of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExtraHost {
    /// What is met there.
    pub role: Role,
    /// Its URL.
    pub address: Address,
    /// The names that its certificate needs.
    pub names: Vec<SubjectName>,
    /// A host that clients call: sites of Pages' lie below its own.
    pub client_host: Host,
}

impl ExtraHost {
    /// The extra hosts of a GitLab at `gitlab` that speak TLS, and what cannot be known of others.
    pub(crate) fn of(config: &Config, gitlab: &Host) -> (Vec<Self>, Vec<String>) {
        let (mut found, mut notes) = (Vec::new(), Vec::new());
        for role in Role::EXTRA.into_iter().filter(|role| !config.is_off(*role)) {
            match config.address(role) {
                Known::Is(address) if address.https && !is_part_of(role, &address, gitlab) => {
                    found.push(Self::new(config, role, address));
                }
                Known::Is(_) | Known::Unset => {}
                Known::Computed(line) => notes.push(format!(
                    "{} gets no certificate: {line}, and only Ruby can compute the host; write the URL itself there",
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
            // GitLab's own address below it, for signing in (omnibus-gitlab, gitlab_pages.rb).
            && let Ok(client_host) = format!("projects.{domain}").parse()
        {
            extra.names.push(SubjectName::Wildcard(domain));
            extra.client_host = client_host;
        }
        extra
    }

    /// What it is called in a sentence.
    pub(crate) fn title(&self) -> String {
        format!("{} at {}", self.role.title(), self.address.endpoint.host)
    }
}

/// KAS without a host of its own is a path of GitLab's (omnibus-gitlab, `gitlab_kas.rb`,
/// `kas_domain_matches_gitlab_domain?`).
pub(super) fn is_part_of(role: Role, address: &Address, gitlab: &Host) -> bool {
    role == Role::Kas && address.endpoint.host == *gitlab
}

#[cfg(test)]
mod tests;
