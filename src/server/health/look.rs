//! Looks at a server for its concerns: the certificates in place, the daily run, GitLab's settings, and what is served.

use std::{path::Path, thread, time::Duration};

use labtrust_machine::{World, handshake, receipt::Receipt};
use labtrust_plan::{Certificate, Endpoint, Facts, ShellLine};

use super::{Authority, Leaf, Presented, Renewer};
use crate::{
    gitlab::{self, Role, behind},
    server::install_pair::PlacedChain,
    state::{Ca, RECEIPT, SiteRecord},
};

/// An endpoint of this machine answers within this, or does not answer. Its name may take two seconds of it.
const LIMIT: Duration = Duration::from_secs(4);

/// The CA `own`, unless it is one self-signed certificate.
pub(crate) fn authority(own: &Ca) -> Option<Authority> {
    own.root.is_ca().then(|| Authority {
        not_after: own.not_after(),
        has_next: !matches!(own.next, Ok(None)),
        can_rotate: own.can_renew(),
        is_sealed: own.is_sealed(),
    })
}

/// The certificates that were `placed`, with the source of the next one.
pub(crate) fn leaves(own: Option<&Ca>, placed: &[PlacedChain]) -> Vec<Leaf> {
    let renewer = |chain: &[Certificate]| match own.filter(|own| own.has_signed(chain)) {
        None => Renewer::Elsewhere,
        Some(own) if !own.root.is_ca() => Renewer::Itself,
        Some(own) if own.can_renew() => Renewer::Kept,
        Some(_) => Renewer::Given,
    };
    let mut leaves: Vec<Leaf> = Vec::new();
    for (chain, parsed) in placed.iter().filter_map(|placed| Some((&placed.chain, placed.leaf()?))) {
        // One certificate may lie in several places.
        if leaves.iter().all(|leaf| leaf.parsed.fingerprint() != parsed.fingerprint()) {
            leaves.push(Leaf { parsed, renewer: renewer(chain) });
        }
    }
    leaves
}

/// The settings of the GitLab whose files were placed.
pub(crate) fn followed(facts: &Facts, receipts: &[Receipt], own: Option<&Ca>) -> behind::Followed {
    if own.is_some_and(|own| !is_decided_by_gitlab_rb(&own.notes.site)) {
        return behind::Followed::default();
    }
    let records = receipts.iter().filter(|one| one.name == RECEIPT).flat_map(|one| &one.changes);
    let placed: Vec<&Path> = records
        .filter(|record| record.store.as_str() == gitlab::STORE)
        .map(|record| Path::new(&record.subject))
        .collect();
    let known = own.map(|own| &own.notes.endpoints[..]).unwrap_or_default();
    behind::look(&World::here(), facts, &placed, known)
}

/// Whether gitlab.rb decides on the hosts and ports of a setup at `site`: another server uses the files of `--out`, even
/// if they are in a folder of GitLab's.
fn is_decided_by_gitlab_rb(site: &SiteRecord) -> bool {
    site.out.is_none()
}

/// The command by which a client trusts `own`, at the port of the registry in the settings `followed`; none while they
/// name another host, which has no certificate yet.
pub(crate) fn client_line(own: &Ca, followed: &behind::Followed) -> Option<ShellLine> {
    // GitLab still serves what it served before.
    if followed.pending.is_some() {
        return Some(own.client_line());
    }
    match followed.moved.iter().find(|moved| moved.role == Role::Registry) {
        None => Some(own.client_line()),
        Some(moved) if moved.is_port_of_same_host() => {
            Some(own.client_line_at(&moved.to.endpoint.to_string()))
        }
        Some(_) => None,
    }
}

/// What the endpoints of the certificates that were `placed` present, all asked at the same time.
pub(crate) fn presented(placed: &[PlacedChain]) -> Vec<(Endpoint, Presented)> {
    let mut questions: Vec<(&Endpoint, &Certificate)> = Vec::new();
    for PlacedChain { chain, endpoints, .. } in placed {
        for question in endpoints.iter().zip(chain.iter().take(1).cycle()) {
            if !questions.contains(&question) {
                questions.push(question);
            }
        }
    }
    let ask = |endpoint: &Endpoint, leaf: &Certificate| match handshake::fetch_here(endpoint, LIMIT) {
        Ok(chain) if chain.first() == Some(leaf) => Presented::Same,
        Ok(_) => Presented::Another,
        Err(_) if handshake::is_open_here(endpoint.port) => Presented::Broken,
        Err(_) => Presented::Nothing,
    };
    thread::scope(|scope| {
        let asked: Vec<_> = questions
            .into_iter()
            .map(|(endpoint, leaf)| (endpoint.clone(), scope.spawn(move || ask(endpoint, leaf))))
            .collect();
        // A question that panicked has no answer.
        asked
            .into_iter()
            .map(|(endpoint, asked)| (endpoint, asked.join().unwrap_or(Presented::Nothing)))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gitlab_rb_decides_on_no_files_of_another_server() {
        let folder = || Some("/etc/gitlab/ssl".into());
        for (site, expected) in [
            (SiteRecord::default(), true),
            (SiteRecord { gitlab: folder(), ..SiteRecord::default() }, true),
            (SiteRecord { out: folder(), ..SiteRecord::default() }, false),
            (SiteRecord { prepare: folder(), ..SiteRecord::default() }, true),
        ] {
            assert_eq!(is_decided_by_gitlab_rb(&site), expected, "{site:?}");
        }
    }
}
