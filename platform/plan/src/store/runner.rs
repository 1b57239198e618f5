//! GitLab Runner. It trusts the certificates of one file a server beside those of the system store: `certs/HOST.crt` beside
//! its `config.toml`, without a port in the name (runner, `network/client.go`, `newClient` and `addTLSCA`). It hands the whole
//! file to each job, whose git trusts nothing else for that server.

mod by_hand;
mod place;
mod settings;

use std::{collections::BTreeSet, path::Path};

use self::{
    place::{PROGRAM, Place, places},
    settings::Runner,
};
use super::{
    row::{About, ByHand, Group, Look, Planned, Scope, Store, Tried},
    system,
};
use crate::{Actor, Anchor, Change, Edit, Endpoint, Facts, Host, Proof, Reload, Step};

pub(super) const STORE: Store = Store {
    id: "runner",
    title: "GitLab Runner",
    group: Group::Containers,
    about: About {
        writes: "the certificate in `certs/HOST.crt` beside the runner's `config.toml`, after the certificates that are there",
        proof: "the file that the runner reads holds the certificate",
        tried: Tried::StandIn("GitLab Runner: a Go program that loads the file as the runner's source does"),
    },
    plan,
    looks,
    scope: Scope::PerEndpoint,
    reads_also: |_| Vec::new(),
};

fn looks() -> Vec<Look> {
    vec![
        Look::Tool(PROGRAM),
        Look::Running(PROGRAM),
        Look::Path(place::MACHINE),
        Look::Text("/etc/gitlab-runner/config.toml"),
        Look::Text("/etc/gitlab-runner/certs/*.crt"),
        Look::HomeText(".gitlab-runner/config.toml"),
        Look::HomeText(".gitlab-runner/certs/*.crt"),
        Look::Containers,
    ]
}

/// The servers for which a runner of this machine has a file of certificates.
pub fn endpoints(facts: &Facts) -> Vec<Endpoint> {
    let files = places(facts).into_iter().flat_map(|place| {
        facts.paths.iter().filter(move |path| place.is_in_certs(path)).filter_map(|path| path.file_name())
    });
    let hosts = files.filter_map(|name| name.to_str()?.strip_suffix(".crt")?.parse::<Host>().ok());
    let endpoints: BTreeSet<_> = hosts.map(|host| Endpoint::new(host, 443)).collect();
    endpoints.into_iter().collect()
}

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    let places = places(facts);
    let mut rest: Vec<ByHand> = place::unmounted(facts).map(by_hand::unmounted).collect();
    if places.is_empty() && rest.is_empty() {
        return Planned::Absent("GitLab Runner is not installed".into());
    }
    if anchor.endpoints.is_empty() {
        return Planned::without_endpoint(
            "a runner trusts a CA for one server at a time, and no server is known",
        );
    }
    let mut changes = Vec::new();
    let hosts: BTreeSet<&Host> = anchor.endpoints.iter().map(|endpoint| &endpoint.host).collect();
    for place in &places {
        let runners = runners(facts, place).unwrap_or_else(|fault| {
            rest.push(by_hand::unread(place, &fault));
            Vec::new()
        });
        for host in &hosts {
            let runners: Vec<_> = runners.iter().filter(|runner| runner.host == host.to_string()).collect();
            serve(facts, anchor, (place, *host, &runners), &mut changes, &mut rest);
        }
    }
    if rest.is_empty() { Planned::Changes(changes) } else { Planned::Partly { changes, rest } }
}

/// The runners in the settings of `place`. The error is the rest of a sentence about that file.
fn runners(facts: &Facts, place: &Place) -> Result<Vec<Runner>, String> {
    let settings = place.settings();
    match facts.text(&settings) {
        Some(text) => settings::runners(text),
        // Only root reads root's settings; without root, nothing is changed there.
        None if facts.has(&settings) && (facts.is_root() || place.actor != Actor::Machine) => {
            Err("cannot be read".into())
        }
        None => Ok(Vec::new()),
    }
}

/// Adds the changes, and the steps for a person, that make `runners` at `place` trust the CA for `host`.
fn serve(
    facts: &Facts,
    anchor: &Anchor,
    (place, host, runners): (&Place, &Host, &[&Runner]),
    changes: &mut Vec<Change>,
    rest: &mut Vec<ByHand>,
) {
    let mut files = BTreeSet::new();
    for file in runners.iter().filter_map(|runner| runner.ca_file.as_deref()) {
        match place.outside(file) {
            Some(path) if place.owns(&path) => drop(files.insert((path, false))),
            // The runner adds it to the system store, which it is.
            Some(path) if place.is_here() && system::bundle(facts).is_some_and(|bundle| bundle == path) => {}
            _ => rest.push(by_hand::named_file(anchor, place, file)),
        }
    }
    // A runner that is registered later reads the folder.
    if runners.is_empty() || runners.iter().any(|runner| runner.ca_file.is_none()) {
        match place.file(host) {
            Some(file) => drop(files.insert((file, true))),
            None => rest.push(by_hand::without_name(place, host)),
        }
    }
    for (file, is_searched) in &files {
        match facts.links.get(file).filter(|target| !place.owns(target)) {
            Some(target) => rest.push(by_hand::linked(anchor, place, file, target)),
            None => changes.push(change(facts, anchor, place, file, *is_searched)),
        }
        let jobs = runners.iter().filter_map(|runner| {
            let reads = runner.ca_file.as_ref().is_none_or(|own| place.outside(own).as_ref() == Some(file));
            by_hand::job_volumes(place, runner, runner.docker.as_ref().filter(|_| reads)?, file)
        });
        rest.extend(jobs);
    }
}

/// The change that adds the CA to `file`, for which the runner searches only when it starts if it `is_searched`.
fn change(facts: &Facts, anchor: &Anchor, place: &Place, file: &Path, is_searched: bool) -> Change {
    let lines = anchor.certificate.pem().lines().map(str::to_owned).collect();
    let edit = Edit::Block { name: anchor.sha256().short(), lines };
    // A runner reads a file that it has found, or that its settings name, again when it changes.
    let is_new = || facts.text(file).is_none_or(|text| Edit::has_only_blocks(text.as_bytes()));
    let restart = place.service.iter().filter(|_| is_searched && is_new());
    Change {
        store: STORE.id(),
        subject: file.display().to_string(),
        actor: place.actor.clone(),
        steps: vec![Step::Edit { path: file.to_owned(), edit, mode: 0o644 }],
        reload: Reload { restart: restart.cloned().collect(), ..Reload::default() },
        // Not also the block: the CA is not gone while somebody else has it in the file.
        proof: Proof::Bundle { path: file.to_owned(), sha256: anchor.sha256() },
        serves: None,
    }
}

#[cfg(test)]
mod tests;
