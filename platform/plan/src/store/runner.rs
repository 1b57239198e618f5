//! GitLab Runner. It trusts the certificates of one file a server beside those of the system store: `certs/HOST.crt` beside
//! its `config.toml`, without a port in the name (runner, `network/client.go`, `newClient` and `addTLSCA`). It hands the whole
//! file to each job, whose git trusts nothing else for that server.

mod place;

use std::collections::BTreeSet;

use self::place::{PROGRAM, Place, places};
use super::row::{About, ByHand, Group, Look, Planned, Scope, Store, Tried};
use crate::{Anchor, Change, Edit, Facts, Host, Proof, Reload, Step, hint, text};

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

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    let places = places(facts);
    let mut rest: Vec<ByHand> = place::unmounted(facts).map(unmounted).collect();
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
        for host in &hosts {
            match place.file(host) {
                Some(file) => changes.push(change(facts, anchor, place, &file)),
                None => rest.push(without_name(place, host)),
            }
        }
    }
    if rest.is_empty() { Planned::Changes(changes) } else { Planned::Partly { changes, rest } }
}

/// The change that adds the CA to `file`.
fn change(facts: &Facts, anchor: &Anchor, place: &Place, file: &std::path::Path) -> Change {
    let lines = anchor.certificate.pem().lines().map(str::to_owned).collect();
    let edit = Edit::Block { name: anchor.sha256().short(), lines };
    // A runner finds a new file only when it starts. It reads a file that it has found again when that changes.
    let is_new = facts.text(file).is_none_or(|text| Edit::has_only_blocks(text.as_bytes()));
    Change {
        store: STORE.id(),
        subject: file.display().to_string(),
        actor: place.actor.clone(),
        steps: vec![Step::Edit { path: file.to_owned(), edit: edit.clone(), mode: 0o644 }],
        reload: Reload {
            restart: place.service.iter().filter(|_| is_new).cloned().collect(),
            ..Reload::default()
        },
        proof: Proof::All(vec![
            Proof::Edited { path: file.to_owned(), edit },
            Proof::Bundle { path: file.to_owned(), sha256: anchor.sha256() },
        ]),
        serves: None,
    }
}

/// The step for a person where a runner's container keeps its settings in itself.
fn unmounted(name: &str) -> ByHand {
    ByHand {
        why: format!(
            "the container {} of GitLab Runner keeps its settings in itself, where labtrust does not write",
            text::in_line(name)
        ),
        advice: "create the container again with a folder mounted at /etc/gitlab-runner, then try again"
            .into(),
        commands: Vec::new(),
        done: None,
        is_optional: false,
    }
}

/// The step for a person where the runner finds no file by the server's name.
fn without_name(place: &Place, host: &Host) -> ByHand {
    ByHand {
        why: format!("GitLab Runner finds no file for the IPv6 address {host}"),
        advice: hint!(
            "set `tls-ca-file` to a file with the CA, below [[runners]] in {}",
            &place.folder.join("config.toml")
        ),
        commands: Vec::new(),
        done: None,
        is_optional: false,
    }
}
