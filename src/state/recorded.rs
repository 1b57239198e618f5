//! Receipts as a source about the state folder, if its files are damaged.

use std::path::{Path, PathBuf};

use labtrust_machine::{
    World,
    receipt::{ChangeRecord, Recorded, StepRecord},
    world::Node,
};
use labtrust_plan::{Anchor, Fingerprint};
use time::OffsetDateTime;

use super::{Damage, Way};
use crate::certificate::{CertificateDer, pem};

/// The receipt of `setup` and `import`. Both use one, because each can replace the other's certificate, and an undo
/// restores the files from before both.
pub(crate) const RECEIPT: &str = "setup";
/// The prefix of receipts of trust in a CA.
const TRUST: &str = "trust-";
/// The prefix of receipts of certificate signing requests.
const REQUEST: &str = "request-";

/// The damage of the receipt `name`, if it is damaged.
pub(crate) fn damage_of(recorded: &Recorded, name: &str) -> Option<Damage> {
    let damaged = recorded.damage_of(name)?;
    let way = match name {
        RECEIPT => Way::Setup,
        "doctor" => Way::Fix,
        name if name.starts_with(TRUST) => Way::Trust,
        name if name.starts_with(REQUEST) => Way::Request,
        // Left by a killed run, and not needed for any undo.
        _ => Way::Note,
    };
    Some(Damage::new(&damaged.path, &anyhow::anyhow!("{}", damaged.error), way))
}

/// Fails if one of the receipts `names` is damaged.
pub(crate) fn check(recorded: &Recorded, names: &[&str]) -> Result<(), Damage> {
    names.iter().find_map(|name| damage_of(recorded, name)).map_or(Ok(()), Err)
}

/// When `record` took effect, if that is known.
pub(crate) fn in_effect_since(record: &ChangeRecord) -> Option<OffsetDateTime> {
    let milliseconds = i128::from(record.in_effect_since?);
    OffsetDateTime::from_unix_timestamp_nanos(milliseconds * 1_000_000).ok()
}

/// The damages of all receipts.
pub(crate) fn damages(recorded: &Recorded) -> impl Iterator<Item = Damage> {
    recorded.damaged().iter().filter_map(|damaged| damage_of(recorded, &damaged.name))
}

/// The anchor of the CA whose files are in `folder`, if it is trusted here. The setup's receipt has the hash of its
/// root file, and a receipt of trust has the certificate.
pub(crate) fn anchor_of(recorded: &Recorded, folder: &Path) -> Option<Anchor> {
    let setup = recorded.iter().find(|receipt| receipt.name == RECEIPT)?;
    let of_folder = setup.changes.iter().filter(|record| Path::new(&record.subject) == folder);
    let roots: Vec<Fingerprint> = of_folder
        .flat_map(|record| &record.steps)
        .filter_map(|step| match step {
            StepRecord::File { path, after, .. } if path.ends_with("root.crt") => *after,
            _ => None,
        })
        .collect();
    let trusted = recorded.iter().filter(|receipt| receipt.name.starts_with(TRUST));
    trusted.filter_map(|receipt| receipt.anchor.clone()).find(|anchor| {
        let der = CertificateDer::from(anchor.certificate.der().to_vec());
        roots.contains(&Fingerprint::of(pem::write_certificates([&der]).as_bytes()))
    })
}

/// The files of `record` that are damaged or were changed since.
pub(crate) fn changed(record: &ChangeRecord) -> Vec<PathBuf> {
    let world = World::here();
    let is_changed = |path: &Path, after: Fingerprint| match world.look(path) {
        Ok(Node::File { sha256, .. }) => sha256 != after,
        Ok(Node::Absent) => false,
        _ => true,
    };
    let files = record.steps.iter().filter_map(|step| match step {
        StepRecord::File { path, after: Some(after), .. } => Some((path, *after)),
        _ => None,
    });
    files.filter(|(path, after)| is_changed(path, *after)).map(|(path, _)| path.clone()).collect()
}
