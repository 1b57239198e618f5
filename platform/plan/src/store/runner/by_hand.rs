//! What a person decides about a runner: its settings change what jobs do, and other programs may read a file that it names.

use std::path::Path;

use super::super::row::{ByHand, Done};
use super::{
    place::Place,
    settings::{Docker, Runner},
};
use crate::{Actor, Anchor, Host, Proof, Prose, hint, shell_line, text};

/// The file that the helper's image adds to its own store at its start (docs.gitlab.com, "Trusting TLS certificates for Docker
/// and Kubernetes executors").
const HELPERS: &str = "/etc/gitlab-runner/certs/ca.crt";
/// The folder that a Docker daemon in a job's service reads.
const DAEMONS: &str = "/etc/docker/certs.d";

/// The runner's container keeps its settings in itself.
pub(super) fn unmounted(name: &str) -> ByHand {
    let name = text::in_line(name);
    ByHand::new(
        format!(
            "the container {name} of GitLab Runner keeps its settings in itself, where labtrust does not write"
        ),
        "create the container again with a folder mounted at /etc/gitlab-runner, then try again",
    )
}

/// The runner finds no file by the server's name.
pub(super) fn without_name(place: &Place, host: &Host) -> ByHand {
    ByHand::new(
        format!("GitLab Runner finds no file for the IPv6 address {host}"),
        hint!("set `tls-ca-file` to a file with the CA, below [[runners]] in {}", &place.settings()),
    )
}

/// The settings could not be read, so they may name another file.
pub(super) fn unread(place: &Place, fault: &str) -> ByHand {
    let settings = text::path(&place.settings());
    ByHand::new(
        format!("{settings} {fault}, so nothing shows whether `tls-ca-file` names another file in it"),
        "repair that file, then try again",
    )
}

/// `tls-ca-file` names a file that is not the runner's own.
pub(super) fn named_file(anchor: &Anchor, place: &Place, file: &Path) -> ByHand {
    let settings = text::path(&place.settings());
    ByHand {
        done: place.outside(file).map(|path| Done::Proven(Proof::Bundle { path, sha256: anchor.sha256() })),
        ..ByHand::new(
            format!(
                "`tls-ca-file` in {settings} names {}, which other programs may read too",
                text::path(file)
            ),
            hint!(
                "append the CA to that file, or remove `tls-ca-file`: the runner then reads {}",
                &place.folder.join("certs")
            ),
        )
    }
}

/// The runner's file is a link to a file of another program.
pub(super) fn linked(anchor: &Anchor, place: &Place, file: &Path, target: &Path) -> ByHand {
    let copy = shell_line!("cp --remove-destination {} {}", target, file);
    // A user's link may lead to a file that only root reads: root must not copy it for the user.
    let (end, commands) = match place.actor {
        Actor::User(_) => ("", Vec::new()),
        Actor::Caller | Actor::Machine => (":", vec![copy]),
    };
    ByHand {
        commands,
        done: Some(Done::Proven(Proof::Bundle { path: file.to_owned(), sha256: anchor.sha256() })),
        ..ByHand::new(
            format!(
                "{} is a link to {}, which other programs may read too",
                text::path(file),
                text::path(target)
            ),
            hint!(
                "put a file with the same certificates in the place of the link, then try again{}",
                Prose(end)
            ),
        )
    }
}

/// The containers of jobs in which the CA is missing; none if they have it.
pub(super) fn job_volumes(place: &Place, runner: &Runner, docker: &Docker, file: &Path) -> Option<ByHand> {
    let mut wanted = vec![format!("{}:{HELPERS}:ro", file.display())];
    if docker.privileged {
        wanted.push(format!("{DAEMONS}:{DAEMONS}:ro"));
    }
    let target = |volume: &str| volume.split(':').nth(1).map(str::to_owned);
    let is_there = |volume: &String| docker.volumes.iter().any(|known| target(known) == target(volume));
    wanted.retain(|volume| !is_there(volume));
    if wanted.is_empty() {
        return None;
    }
    let volumes: Vec<_> = docker.volumes.iter().cloned().chain(wanted).collect();
    let volumes = serde_json::Value::from(volumes).to_string();
    let whose =
        if runner.name.is_empty() { String::new() } else { format!(" of {}", text::in_line(&runner.name)) };
    Some(ByHand { is_optional: true, ..ByHand::new(format!("the containers of jobs{whose} do not have the CA: GitLab Runner gives it to git alone"), hint!(
            "if jobs, their helper or docker-in-docker need the CA, set this line in [runners.docker] of {}:",
            &place.settings()
        )
        .line(hint!("volumes = {}", Prose(volumes)))) })
}
