//! glab, GitLab's command line. It reads the system store as Go does, so also the folder of the store `environment`, and adds to it
//! the file that its setting `ca_cert` names for a server. labtrust does not write that: a file that is missing makes glab fail.

use std::path::PathBuf;

use super::super::{
    mask::{GLAB, GLAB_CONFIG, glab},
    row::{ByHand, Done, Look},
    system,
};
use crate::{Anchor, Facts, Proof, hint, shell_line};

/// The variable that names the folder of the store `environment`.
const FOLDERS: &str = "SSL_CERT_DIR";

pub(super) fn looks() -> Vec<Look> {
    GLAB.looks().chain([Look::HomeText(GLAB_CONFIG), Look::Variable(FOLDERS)]).collect()
}

/// The commands with which a user who has glab, and is not root, makes it read the CA from a file of its own.
pub(super) fn offer(facts: &Facts, anchor: &Anchor) -> Option<ByHand> {
    let user = &facts.user;
    if facts.is_root() || !GLAB.is_of(facts, user) || anchor.endpoints.is_empty() {
        return None;
    }
    let folder = user.home.join(".local/share/labtrust/certs");
    let named = facts.variables.get(FOLDERS).into_iter().flat_map(|folders| folders.split(':'));
    if named.map(PathBuf::from).any(|named| named == folder) {
        return None;
    }
    let config = user.home.join(GLAB_CONFIG);
    // A file that is named already holds the CA, or else the system store does.
    let bundle =
        facts.text(&config).and_then(|text| glab::ca_cert(text, anchor)).or_else(|| system::bundle(facts));
    let mut hosts: Vec<String> = anchor.endpoints.iter().map(|one| one.host.to_string()).collect();
    hosts.dedup();
    let file = config.with_file_name(anchor.file_name());
    let settings = hosts.iter().map(|host| shell_line!("glab config set ca_cert {} --host {}", file, host));
    Some(ByHand {
        commands: [
            shell_line!("mkdir -p {}", file.parent().unwrap_or(&user.home)),
            shell_line!("{} >{}", anchor.printed(), file),
        ]
        .into_iter()
        .chain(settings)
        .collect(),
        done: bundle.map(|path| Done::Proven(Proof::Bundle { path, sha256: anchor.sha256() })),
        is_optional: true,
        ..ByHand::new(
            "glab reads the system store, and SSL_CERT_DIR in place of it",
            hint!(
                "where a shell has no SSL_CERT_DIR with the CA, glab takes a file for one server; after the CA is gone, set ca_cert to \"\":"
            ),
        )
    })
}
