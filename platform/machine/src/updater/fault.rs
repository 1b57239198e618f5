//! Checks the bundle that an updater wrote: against the bundle before, and where that is not enough, against the anchors in
//! the source folders.

use std::{collections::BTreeMap, path::Path};

use labtrust_plan::{Fingerprint, Sources};

use super::Updater;
use crate::{bundle::Bundle, sources};

/// The likely cause of a damaged bundle.
const AT_ONCE: &str = "as happens when two updaters run at once";

impl Updater<'_> {
    /// The first fault of a bundle: it is missing or truncated, lost certificates, or holds one twice that no source gives
    /// twice.
    pub(super) fn fault(&self, before: &[Option<Bundle>], after: &[Option<Bundle>]) -> Option<String> {
        for ((path, sources), (before, after)) in self.bundles().zip(before.iter().zip(after)) {
            let shown = path.display();
            match (before, after) {
                (Some(_), None) => return Some(format!("{shown} is missing now, {AT_ONCE}")),
                (_, Some(after)) if !after.whole => {
                    return Some(format!("{shown} is truncated, {AT_ONCE}"));
                }
                _ => {}
            }
            let (before, after) = (Counted::of(before.as_ref()), Counted::of(after.as_ref()));
            if before.lost_in(&after).count() <= self.removed && after.doubled() <= before.doubled() + 1 {
                continue;
            }
            if let Some(fault) = self.compare(path, &before, &after, sources) {
                return Some(fault);
            }
        }
        None
    }

    /// The fault of a bundle that has lost certificates, or holds one twice, if its sources do not explain it.
    fn compare(
        &self,
        path: &Path,
        before: &Counted,
        after: &Counted,
        sources: Option<&Sources>,
    ) -> Option<String> {
        let given = sources.map(|sources| sources::given(self.world, sources));
        let is_all_known = given.as_ref().is_some_and(|given| given.whole);
        let given = given.map(|given| Counted::from(&given.sha256s[..]));
        let shown = path.display();
        let missing =
            before.lost_in(after).filter(|lost| given.as_ref().is_some_and(|given| given.has(lost)));
        if let missing @ 1.. = missing.count() {
            return Some(format!("{} not in {shown}, although on disk, {AT_ONCE}", counted(missing)));
        }
        let lost = before.lost_in(after).count();
        if !is_all_known && lost > self.removed {
            return Some(format!("{} gone from {shown}", counted(lost)));
        }
        let is_doubled = match given.filter(|_| is_all_known) {
            Some(given) => after
                .0
                .iter()
                .any(|(sha256, count)| *count > 1.max(given.count(sha256)).max(before.count(sha256))),
            None => after.doubled() > before.doubled() + 1,
        };
        is_doubled.then(|| format!("{shown} contains a certificate too many times, {AT_ONCE}"))
    }

    /// Reports certificates that are gone from a bundle though this run did not remove them.
    pub(super) fn report_losses(&self, before: &[Option<Bundle>], after: &[Option<Bundle>]) {
        for ((path, sources), (before, after)) in self.bundles().zip(before.iter().zip(after)) {
            let lost = Counted::of(before.as_ref()).lost_in(&Counted::of(after.as_ref())).count();
            if lost <= self.removed {
                continue;
            }
            let why = if sources.is_some_and(|sources| sources::given(self.world, sources).whole) {
                "their files were removed or deselected before, and the updater had not run since"
            } else {
                "two runs of the updater left them out, so their sources are gone"
            };
            self.progress.note(&format!("{} gone from {}: {why}", counted(lost), path.display()));
        }
    }
}

fn counted(number: usize) -> String {
    if number == 1 { "one certificate is".into() } else { format!("{number} certificates are") }
}

/// The number of copies of each certificate.
struct Counted(BTreeMap<Fingerprint, usize>);

impl Counted {
    fn of(bundle: Option<&Bundle>) -> Self {
        Self::from(bundle.map_or(&[][..], |bundle| &bundle.sha256s))
    }

    fn has(&self, sha256: &Fingerprint) -> bool {
        self.0.contains_key(sha256)
    }

    fn count(&self, sha256: &Fingerprint) -> usize {
        self.0.get(sha256).copied().unwrap_or_default()
    }

    /// The number of extra copies.
    fn doubled(&self) -> usize {
        self.0.values().map(|count| count - 1).sum()
    }

    /// The certificates that are not in `after`.
    fn lost_in<'a>(&'a self, after: &'a Self) -> impl Iterator<Item = &'a Fingerprint> {
        self.0.keys().filter(|sha256| !after.has(sha256))
    }
}

impl From<&[Fingerprint]> for Counted {
    fn from(all: &[Fingerprint]) -> Self {
        let mut counted = BTreeMap::new();
        for sha256 in all {
            *counted.entry(*sha256).or_default() += 1;
        }
        Self(counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{World, progress::Silent, world::Access};
    use labtrust_plan::{Certificate, Contents, SideEffect, Vendor};

    #[test]
    fn a_lost_certificate_is_a_fault_only_if_its_file_is_in_place() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let world = World::here();
        let put = |name: &str, text: String| {
            let path = folder.path().join(name);
            world.make_folders(path.parent().expect("a folder"), 0o755).expect("a folder");
            let access = Access { mode: 0o644, owner: None };
            world.put(&path, &Contents::Public(text.into_bytes()), access).expect("a file");
        };
        let [local, chosen, left] =
            [[0x30, 0].as_slice(), &[0x30, 1, 0], &[0x30, 2, 0, 0]].map(Certificate::new);
        put("anchors/here.crt", local.pem());
        put("vendor/chosen.crt", chosen.pem());
        put("vendor/left.crt", left.pem());
        put("list", "# a list\nchosen.crt\n!left.crt\n".into());
        let bundle = |held: &[&Certificate]| {
            let sha256s = held.iter().map(|certificate| certificate.fingerprint()).collect();
            [Some(Bundle { sha256s, whole: true })]
        };
        let whole = bundle(&[&local, &chosen, &left]);
        let vendor = Vendor { folder: folder.path().join("vendor"), list: folder.path().join("list") };
        // Most distributions do not tell which of the vendor's anchors are chosen.
        for (vendor, left_is_gone) in [(Some(vendor), None), (None, Some("one certificate is gone from"))] {
            let sources = Sources { folder: folder.path().join("anchors"), ending: "crt".into(), vendor };
            let is_all_known = sources.vendor.is_some();
            let side_effects = [SideEffect::Bundle {
                path: "/b".into(),
                stale: None,
                sources: Some(sources),
                with_others: false,
            }];
            let updater = Updater {
                world: &world,
                commands: &[],
                side_effects: &side_effects,
                removed: 0,
                is_met: &|| Ok(true),
                progress: &Silent,
            };
            for (held, expected) in [
                (&[&local, &chosen, &left][..], None),
                (&[&chosen, &left], Some("one certificate is not in")),
                (&[&local, &chosen], left_is_gone),
                (
                    &[&local, &left],
                    Some(if is_all_known { "one certificate is not in" } else { "gone from" }),
                ),
                (&[&local, &local, &local, &chosen, &left], Some("contains a certificate too many times")),
            ] {
                let fault = updater.fault(&whole, &bundle(held));
                let is_as_expected = match (&fault, expected) {
                    (Some(fault), Some(expected)) => fault.contains(expected),
                    (fault, expected) => fault.is_none() && expected.is_none(),
                };
                assert!(is_as_expected, "{held:?}: {fault:?}, not {expected:?}");
            }
        }
    }
}
