//! A Docker daemon, its folder for the registry, and whether it trusts the registry.

use std::path::PathBuf;

use labtrust_machine::engine::Reach;
use labtrust_plan::fact::Engine;

use super::{
    anchors::{self, leads_to},
    folder,
};
use crate::{
    certificate::Parsed,
    doctor::{
        Case,
        evidence::{CertsDSeen, EngineSeen, FolderSeen},
    },
};

/// Whether a daemon accepts the registry or, if it could not be asked, its files hold the CA.
pub(super) fn is_trusted(case: &Case<'_>) -> bool {
    engines(case).any(|engine_trust| match case.reach_of(engine_trust.seen) {
        Some(Reach::Accepted) => true,
        Some(Reach::Refused(_) | Reach::GaveUp(_)) => false,
        Some(Reach::Unknown(_)) | None => engine_trust.trusting_file().is_some(),
    })
}

/// Whether each daemon would trust `chain` for the registry's token service, by its files.
pub(crate) fn would_trust(case: &Case<'_>, chain: &[Parsed]) -> bool {
    engines(case).all(|engine_trust| {
        let system = anchors::of_system(case.evidence.trust.system.as_ref());
        let mut roots = folder::loaded(engine_trust.exact()).into_iter().chain(system);
        roots.any(|root| leads_to(chain, &root))
    })
}

/// Whether a daemon uses the system store to get the token of a pull.
pub(super) fn pulls_by_system(case: &Case<'_>) -> bool {
    engines(case).any(|engine_trust| engine_trust.pulls_by_system())
}

/// The Docker daemons; the one that the docker command uses comes first. podman's service reads other folders: the podman
/// check judges it.
pub(super) fn engines<'c>(case: &'c Case<'c>) -> impl Iterator<Item = EngineTrust<'c>> {
    let mut pairs: Vec<_> = case.evidence.engines.iter().zip(&case.evidence.facts.engines).collect();
    pairs.retain(|(_, engine)| !engine.kind.is_podman());
    pairs.sort_by_key(|(_, engine)| engine.chosen_by.is_none());
    pairs.into_iter().map(move |(seen, engine)| EngineTrust { case, seen, engine })
}

/// A daemon, in the evidence and in the facts.
pub(super) struct EngineTrust<'c> {
    pub case: &'c Case<'c>,
    pub seen: &'c EngineSeen,
    pub engine: &'c Engine,
}

impl<'c> EngineTrust<'c> {
    pub(super) fn certs_d(&self) -> Option<&'c CertsDSeen> {
        self.case.certs_d(&self.engine.certs_d).filter(|_| self.engine.shows_folder())
    }

    /// Its folder for the registry, as it was seen.
    pub(super) fn exact(&self) -> Option<&'c FolderSeen> {
        folder::exact(self.certs_d(), &self.case.endpoint())
    }

    /// The file or folder that holds the CA, if the daemon can have read it.
    pub(super) fn trusting_file(&self) -> Option<String> {
        if self.is_in_folder() {
            return Some(self.folder().display().to_string());
        }
        let bundle = self.case.evidence.trust.system.as_ref();
        let bundle = bundle.filter(|_| self.is_in_system() && !self.is_older_than_system());
        bundle.map(|bundle| bundle.path.display().to_string())
    }

    /// The path of its folder for the registry.
    pub(super) fn folder(&self) -> PathBuf {
        self.engine.certs_d.join(self.case.endpoint().certs_d_folder())
    }

    pub(super) fn is_in_folder(&self) -> bool {
        folder::loaded(self.exact()).iter().any(|root| leads_to(&self.case.chain, root))
    }

    pub(super) fn is_in_system(&self) -> bool {
        let roots = anchors::of_system(self.case.evidence.trust.system.as_ref());
        self.engine.reads_system_store() && roots.iter().any(|root| leads_to(&self.case.chain, root))
    }

    /// Whether it started before the system store was last written.
    pub(super) fn is_older_than_system(&self) -> bool {
        let written = self.case.evidence.trust.system.as_ref().and_then(|bundle| bundle.written);
        self.engine.started.zip(written).is_some_and(|(started, written)| started < written)
    }

    /// Why the daemon's files could not be read, if so.
    pub(super) fn fault(&self) -> Option<String> {
        let folder = folder::fault(self.certs_d(), &self.case.endpoint().certs_d_folder());
        let system = || anchors::fault(self.case.evidence.trust.system.as_ref()).map(str::to_owned);
        folder.or_else(system)
    }
}
