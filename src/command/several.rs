//! The CAs of a rendering or a rollout: SOURCE, the next CA that it announces, and --also.

use anyhow::Result;
use labtrust_plan::Anchor;

use super::options::reader;
use crate::{
    certificate::parsed::Parsed,
    cli::SeveralArgs,
    client::source::{self, Asked},
    context::Context,
    report::trust::confirm,
    state::State,
};

/// The CAs, in the order in which they follow each other.
#[derive(Default)]
pub(super) struct Several {
    pub anchors: Vec<Anchor>,
    /// The certificate of each.
    pub certificates: Vec<Parsed>,
    pub notes: Vec<String>,
}

/// Reads the CAs that `named` names, and asks a person about those that need it. A CA may be removed after its end.
pub(super) fn several(
    context: &Context<'_>,
    state: &State<'_>,
    named: &SeveralArgs,
    is_removal: bool,
) -> Result<Several> {
    let mut several = Several::default();
    let also = named.also.as_deref().map(|also| (Some(also), named.also_fingerprint));
    for (source, fingerprint) in [(named.source.as_deref(), named.fingerprint)].into_iter().chain(also) {
        let asked = Asked {
            source,
            fingerprint,
            endpoints: &named.endpoints,
            expired: is_removal,
            refused: is_removal,
            ..Asked::default()
        };
        let candidate = source::anchor(&reader(context, &named.passphrase), state, &asked)?;
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
