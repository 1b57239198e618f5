//! What is otherwise where Docker keeps its images in containerd, as it does by itself from version 29 on:
//! logins go one way and pulls another.

use labtrust_machine::engine::{Reach, is_containerds, judge, pulls_by_system};

use super::{anchors::leads_to, classify::NEEDS_RESTART, engine_trust::EngineTrust, folder};
use crate::doctor::{Code, Finding, certs_d::containerd_folders, evidence::FolderSeen};

pub(super) const SHADOWED: Code = Code::error("certsd-masked");

impl EngineTrust<'_> {
    /// Whether it keeps images in containerd.
    fn has_containerd(&self) -> bool {
        let properties = self.seen.info.answer().and_then(|info| info.image_store.as_deref());
        properties.is_some_and(is_containerds)
    }

    /// Whether it fetches the token of a pull by the system's store.
    pub(super) fn pulls_by_system(&self) -> bool {
        let properties = self.seen.info.answer().and_then(|info| info.image_store.as_deref());
        let version = self.seen.version.answer().map_or("", |seen| &seen.version);
        properties.is_some_and(|properties| pulls_by_system(version, properties))
    }

    /// What fails though it accepts the registry.
    pub(super) fn failing_pulls(&self) -> Option<Finding> {
        if self.has_containerd() { self.shadowed().or_else(|| self.late_for_tokens()) } else { None }
    }

    /// That pulls look into another folder first.
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
        let what = format!("{path} is read before {right}, and has no CA in it");
        let why = "Docker's image store of containerd takes the first of the two that is there: pulls fail, logins do not";
        Some(Finding::new(&SHADOWED, what, why).run(["sudo", "mv", &path, &format!("{path}.off")]))
    }

    fn is_in(&self, folder: Option<&FolderSeen>) -> bool {
        folder::loaded(folder).iter().any(|root| leads_to(&self.case.chain, root))
    }

    /// That pulls fetch their token with the system's store as it was at the start: for that those engines
    /// do not look into `certs.d`. Where the store has no such CA at all, that is found there.
    fn late_for_tokens(&self) -> Option<Finding> {
        let realm = self.case.evidence.realm.as_ref()?.endpoint.as_ref()?;
        if !self.pulls_by_system() || !self.is_in_system() {
            return None;
        }
        let is_known = if self.is_in(folder::exact(self.certs_d(), realm)) || realm.host != *self.case.host()
        {
            !self.is_older_than_system()
        } else {
            // Nothing but the store makes it accept that one.
            let answer = self.seen.registries.get(&realm.port)?.answer()?;
            !matches!(judge(answer), Reach::Refused(_))
        };
        if is_known {
            return None;
        }
        let title = &self.seen.title;
        let what =
            format!("the system store holds the CA, and {title}, which was started before, does not know it");
        let why = "with the image store of containerd a pull fetches its token by that store, and not by certs.d: logins work";
        Some(Finding::new(&NEEDS_RESTART, what, why).with(self.restart()))
    }
}
