//! The hosts that a GitLab has besides its own and its registry's: Pages, KAS and Mattermost may each
//! have one, and each wants its name in the certificate and its files in GitLab's folder.

use anyhow::Result;
use labtrust_platform::{Certificate, Host, World};

use super::{
    config::{Address, Config, Known},
    guard::{self, Verdict},
    layout::Layout,
    role::Role,
};
use crate::{certificate::SubjectName, hint::Hint};

/// A host of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Further {
    /// What is met there.
    pub role: Role,
    /// Its URL.
    pub address: Address,
    /// The names that its certificate needs.
    pub names: Vec<SubjectName>,
    /// A host that clients call: sites of Pages' lie below its own.
    pub met: Host,
}

/// A further host, and where its pair goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annex {
    /// The host.
    pub further: Further,
    /// Its part of the layout.
    pub layout: Layout,
}

impl Further {
    /// The further hosts of a GitLab at `gitlab` that speak TLS, and what cannot be known of others.
    pub fn of(config: &Config, gitlab: &Host) -> (Vec<Self>, Vec<String>) {
        let (mut found, mut notes) = (Vec::new(), Vec::new());
        for role in Role::FURTHER.into_iter().filter(|role| !config.is_off(*role)) {
            match config.address(role) {
                Known::Is(address) if address.https && !is_part_of(role, &address, gitlab) => {
                    found.push(Self::new(config, role, address));
                }
                Known::Is(_) | Known::Unset => {}
                Known::Computed(line) => notes.push(format!(
                    "{} gets no pair: {line}, which names no host that can be read without running Ruby; write the URL itself there",
                    role.title()
                )),
            }
        }
        (found, notes)
    }

    fn new(config: &Config, role: Role, address: Address) -> Self {
        let host = address.endpoint.host.clone();
        let mut further =
            Self { role, names: vec![SubjectName::from(host.clone())], met: host.clone(), address };
        if role == Role::Pages
            && !config.are_pages_in_path()
            && let Host::Dns(domain) = host
            // GitLab's own address below it, for signing in (omnibus-gitlab, gitlab_pages.rb).
            && let Ok(met) = format!("projects.{domain}").parse()
        {
            further.names.push(SubjectName::Wildcard(domain));
            further.met = met;
        }
        further
    }

    /// What it is called in a sentence.
    pub fn title(&self) -> String {
        format!("{} at {}", self.role.title(), self.address.endpoint.host)
    }
}

/// KAS without a host of its own is a path of GitLab's (omnibus-gitlab, `gitlab_kas.rb`,
/// `kas_domain_matches_gitlab_domain?`).
pub(super) fn is_part_of(role: Role, address: &Address, gitlab: &Host) -> bool {
    role == Role::Kas && address.endpoint.host == *gitlab
}

impl Layout {
    /// Decides on the further hosts: a pair is placed for each that it `covers`, and not over one that is
    /// not `ours` unless it may `replace`. They never keep GitLab and its registry from their pair: what is
    /// left out is noted, with the way on for a NAME that is lacking.
    pub fn settle(
        &mut self,
        world: &World,
        covers: &dyn Fn(&Host) -> bool,
        ours: &dyn Fn(&[Certificate]) -> bool,
        replace: bool,
        way_on: &'static str,
    ) -> Result<()> {
        for Annex { further, layout } in std::mem::take(&mut self.annexes) {
            if !covers(&further.met) {
                let (title, met) = (further.title(), &further.met);
                let way_on = Hint::filled(way_on, &[&further.address.endpoint.host]);
                self.notes.push(format!("{title} gets no pair: the certificate is not for {met}; {way_on}"));
                continue;
            }
            let survey = guard::survey(world, &layout)?;
            if !replace && matches!(guard::judge(&survey, ours), Verdict::Foreign(_)) {
                let title = further.title();
                self.notes.push(format!(
                    "{title} has a certificate that is not labtrust's and stays: --replace replaces it"
                ));
                continue;
            }
            self.take_in(layout);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
