//! Looks at what this machine trusts, as far as it matters to the chains that were served.

use std::{path::Path, time::UNIX_EPOCH};

use labtrust_platform::{Certificate, World, store};

use crate::{
    certificate::Parsed,
    doctor::evidence::{Asked, BundleSeen, Evidence, TrustSeen},
};

pub fn look(world: &World, evidence: &Evidence) -> TrustSeen {
    let served: Vec<Parsed> = (evidence.servers.iter())
        .filter_map(|server| server.reached.chain())
        .flatten()
        .filter_map(|certificate| Parsed::from_der(certificate.der()).ok())
        .collect();
    let system = store::bundle(&evidence.facts).map(|path| BundleSeen {
        written: written(&path),
        candidates: candidates(world, &path, &served),
        path,
    });
    TrustSeen { system }
}

/// Those certificates of the bundle at `path` that `served` may lead to.
fn candidates(world: &World, path: &Path, served: &[Parsed]) -> Asked<Vec<Certificate>> {
    let bytes = match world.read(path) {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(error) => return Asked::Failed(error.to_string()),
    };
    let is_candidate = |anchor: &Certificate| {
        Parsed::from_der(anchor.der()).is_ok_and(|anchor| {
            served.iter().any(|one| one.issuer_der == anchor.subject_der || one.der() == anchor.der())
        })
    };
    Asked::Answered(Certificate::read_all(&bytes).0.into_iter().filter(is_candidate).collect())
}

fn written(path: &Path) -> Option<u64> {
    let modified = path.metadata().ok()?.modified().ok()?;
    u64::try_from(modified.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}
