//! The CAs of a rendering or a rollout: SOURCE, the next CA that it announces, and --also.

use anyhow::Result;
use labtrust_plan::{Anchor, Fingerprint, Target};

use super::options::reader;
use crate::{
    certificate::parsed::Parsed,
    cli::Passphrase,
    client::source::{self, Asked},
    context::Context,
    report::trust::confirm,
    state::State,
};

/// The options that name CAs.
pub(super) struct Named<'a> {
    pub source: Option<&'a str>,
    pub fingerprint: Option<Fingerprint>,
    pub also: Option<&'a str>,
    pub also_fingerprint: Option<Fingerprint>,
    pub endpoints: &'a [Target],
    pub passphrase: &'a Passphrase,
    /// Whether the CAs are removed: an expired one may be.
    pub is_removal: bool,
}

/// The CAs, in the order in which they follow each other.
#[derive(Default)]
pub(super) struct Several {
    pub anchors: Vec<Anchor>,
    /// The certificate of each.
    pub certificates: Vec<Parsed>,
    pub notes: Vec<String>,
}

/// Reads the CAs, and asks a person about those that need it.
pub(super) fn several(context: &Context<'_>, state: &State<'_>, named: &Named<'_>) -> Result<Several> {
    let mut several = Several::default();
    let also = named.also.map(|also| (Some(also), named.also_fingerprint));
    for (source, fingerprint) in [(named.source, named.fingerprint)].into_iter().chain(also) {
        let asked = Asked {
            source,
            fingerprint,
            endpoints: named.endpoints,
            expired: named.is_removal,
            refused: named.is_removal,
            ..Asked::default()
        };
        let candidate = source::anchor(&reader(context, named.passphrase), state, &asked)?;
        confirm(context, &candidate)?;
        let next = candidate.announced.anchor(&candidate.anchor.endpoints);
        several.notes.extend(candidate.notes.into_iter().chain(candidate.announced.notes));
        let next = next.zip(candidate.announced.root);
        for (anchor, certificate) in [(candidate.anchor, candidate.certificate)].into_iter().chain(next) {
            if several.anchors.iter().all(|known| known.sha256() != anchor.sha256()) {
                several.anchors.push(anchor);
                several.certificates.push(certificate);
            }
        }
    }
    Ok(several)
}
