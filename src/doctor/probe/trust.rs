//! Reads the stores of this machine: the CAs that the servers' chains may lead to.

use std::path::Path;

use labtrust_machine::World;
use labtrust_plan::{Anchor, Certificate, store};

use super::{certs_d, daemon, served::Served};
use crate::doctor::{
    Question,
    evidence::{Asked, BundleSeen, Evidence, TrustSeen},
};

pub(super) fn read(world: &World, question: &Question<'_>, evidence: &Evidence) -> TrustSeen {
    let served = Served::of(evidence);
    let system = store::bundle(&evidence.facts).map(|path| BundleSeen {
        written: daemon::modified(&path),
        candidates: candidates(world, &path, &served),
        path,
    });
    TrustSeen {
        system,
        certs_d: certs_d::read_all(world, evidence, &served),
        known: served.related(question.known.iter().map(|anchor| anchor.certificate.clone()).collect()),
        expected: expected(question),
        fingerprint: question.fingerprint,
    }
}

/// The CAs that labtrust made or trusted for this host.
fn expected(question: &Question<'_>) -> Vec<Certificate> {
    let is_for_it =
        |anchor: &&Anchor| anchor.endpoints.iter().any(|endpoint| endpoint.host == *question.host);
    question.known.iter().filter(is_for_it).map(|anchor| anchor.certificate.clone()).collect()
}

/// The certificates in the bundle at `path` that the servers' chains may lead to.
fn candidates(world: &World, path: &Path, served: &Served) -> Asked<Vec<Certificate>> {
    match world.read(path) {
        Ok(bytes) => Asked::Answered(served.related(Certificate::read_all(&bytes.unwrap_or_default()).0)),
        Err(error) => Asked::Failed(error.to_string().into()),
    }
}
