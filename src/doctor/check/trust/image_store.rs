//! The trust of a Docker daemon with the containerd image store, the default since version 29: logins and pulls read
//! different stores.

use labtrust_machine::engine::{Reach, is_containerds, pulls_by_system, reach_from_answer};

use super::{anchors::leads_to, classify::NEEDS_RESTART, engine_trust::EngineTrust, folder};
use crate::doctor::{Code, Finding, certs_d::containerd_folders, evidence::FolderSeen};

pub(super) const SHADOWED: Code = Code::error("certsd-masked");

impl EngineTrust<'_> {
    /// Whether the daemon keeps its images in containerd.
    fn has_containerd(&self) -> bool {
        let properties = self.seen.info.answer().and_then(|info| info.image_store.as_deref());
        properties.is_some_and(is_containerds)
    }

    /// Whether the daemon uses the system store to get the token of a pull.
    pub(super) fn pulls_by_system(&self) -> bool {
        let properties = self.seen.info.answer().and_then(|info| info.image_store.as_deref());
        let version = self.seen.version.answer().map_or("", |seen| &seen.version);
        properties.is_some_and(|properties| pulls_by_system(version, properties))
    }

    /// The finding of pulls that fail although the daemon accepts the registry.
    pub(super) fn failing_pulls(&self) -> Option<Finding> {
        if self.has_containerd() { self.shadowed().or_else(|| self.late_for_tokens()) } else { None }
    }

    /// The finding that pulls read another folder first.
    fn shadowed(&self) -> Option<Finding> {
        let endpoint = self.case.endpoint();
        let [first, _] = containerd_folders(&endpoint);
        let mask = folder::named(self.certs_d(), &first)?;
        if folder::has_settings(mask) || self.is_in(Some(mask)) || !self.is_in_folder() || self.is_in_system()
        {
            return None;
        }
        let (path, right) = (self.engine.certs_d.join(&first), self.folder());
        let (path, right) = (path.display().to_string(), right.display());
        let what = format!("pulls read {path}, which does not hold the CA, instead of {right}");
        let why = "Docker's containerd image store reads only the first of the two folders that exists: pulls fail, \
                   logins work";
        Some(Finding::new(&SHADOWED, what, why).run(["sudo", "mv", &path, &format!("{path}.off")]))
    }

    fn is_in(&self, folder: Option<&FolderSeen>) -> bool {
        folder::loaded(folder).iter().any(|root| leads_to(&self.case.chain, root))
    }

    /// The finding that pulls get their token with the system store as the daemon first read it, not with
    /// `certs.d`. If that store does not hold the CA, the system check finds it.
    fn late_for_tokens(&self) -> Option<Finding> {
        let realm = self.case.evidence.realm.as_ref()?.endpoint.as_ref()?;
        if !self.pulls_by_system() || !self.is_in_system() {
            return None;
        }
        let is_known = if self.is_in(folder::exact(self.certs_d(), realm)) || realm.host != *self.case.host()
        {
            !self.is_older_than_system()
        } else {
            // Only the system store can make the daemon accept the token service.
            let answer = self.seen.registries.get(&realm.port)?.answer()?;
            !matches!(reach_from_answer(answer), Reach::Refused(_))
        };
        if is_known {
            return None;
        }
        let title = &self.seen.title;
        let what = format!("the system store holds the CA, but {title} started before and does not know it");
        let why = "with the containerd image store, a pull gets its token with the system store, not with certs.d; \
                   logins work";
        Some(Finding::new(&NEEDS_RESTART, what, why).with(self.restart()))
    }
}
