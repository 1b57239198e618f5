//! Half a client's pair in a folder of `certs.d`.

use std::path::Path;

use labtrust_platform::{
    plan::{Actor, Change, Step},
    text,
};

use crate::doctor::{Code, Finding, Fix};

pub const STRAY_KEY: Code = Code::error("certsd-stray-key").explaining(&[
    "daemon-needs-restart",
    "certsd-wrong-extension",
    "certsd-not-pem",
    "certsd-wrong-name",
    "anchor-replaced",
    "untrusted-docker",
]);
/// That a file of a client's pair is there without the other.
pub fn stray(path: &Path, partner: &str, actor: Actor) -> Finding {
    let shown = text::path(path);
    let folder = path.parent().unwrap_or(path);
    let mut change = Change::of_files("docker", folder, actor, vec![Step::Remove { path: path.to_owned() }]);
    change.subject.clone_from(&shown);
    Finding::new(
        &STRAY_KEY,
        format!("{shown} is there without {partner}"),
        "*.cert and *.key are a client's own pair, and one without the other makes every login fail; a CA ends in .crt",
    )
    .with(Fix { changes: vec![change], ..Fix::default() })
}
