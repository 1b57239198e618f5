//! Whether what an updater made is what it should have made: held against what the bundle was before, and where that
//! does not tell, against what the files in place must give.

use std::{collections::BTreeMap, path::Path};

use labtrust_plan::{Fingerprint, Sources};

use super::Updater;
use crate::{bundle::Bundle, sources};

/// What happens to a bundle that two updaters write at once.
const AT_ONCE: &str = "as happens when two updaters run at once";

impl Updater<'_> {
    /// What is wrong with a bundle; none if nothing was lost but what should be, and nothing is there twice that
    /// nobody gives twice.
    pub(super) fn fault(&self, before: &[Option<Bundle>], after: &[Option<Bundle>]) -> Option<String> {
        for ((path, sources), (before, after)) in self.bundles().zip(before.iter().zip(after)) {
            let shown = path.display();
            match (before, after) {
                (Some(_), None) => return Some(format!("{shown} is missing now, {AT_ONCE}")),
                (_, Some(after)) if !after.whole => {
                    return Some(format!("{shown} came out cut off, {AT_ONCE}"));
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

    /// What is wrong with a bundle that has lost something, or holds something twice.
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
            let files = if missing == 1 { "whose file is" } else { "whose files are" };
            return Some(format!("{} missing in {shown} {files} in place, {AT_ONCE}", counted(missing)));
        }
        let lost = before.lost_in(after).count();
        if !is_all_known && lost > self.removed {
            return Some(format!("{} gone from {shown}", counted(lost)));
        }
        let is_doubled = match given.filter(|_| is_all_known) {
            Some(given) => {
                after.0.iter().any(|(one, count)| *count > 1.max(given.count(one)).max(before.count(one)))
            }
            None => after.doubled() > before.doubled() + 1,
        };
        is_doubled
            .then(|| format!("{shown} holds the same certificate more often than it is given, {AT_ONCE}"))
    }

    /// Says what left a bundle though this run took nothing away.
    pub(super) fn report_losses(&self, before: &[Option<Bundle>], after: &[Option<Bundle>]) {
        for ((path, sources), (before, after)) in self.bundles().zip(before.iter().zip(after)) {
            let lost = Counted::of(before.as_ref()).lost_in(&Counted::of(after.as_ref())).count();
            if lost <= self.removed {
                continue;
            }
            let why = if sources.is_some_and(|sources| sources::given(self.world, sources).whole) {
                "the files in place do not give as much, and its updater had not run since"
            } else {
                "what it is made from is less now, as its updater made it twice"
            };
            self.progress.note(&format!("{} gone from {}: {why}", counted(lost), path.display()));
        }
    }
}

fn counted(number: usize) -> String {
    if number == 1 { "one certificate is".into() } else { format!("{number} certificates are") }
}

/// How often each certificate is there.
struct Counted(BTreeMap<Fingerprint, usize>);

impl Counted {
    fn of(bundle: Option<&Bundle>) -> Self {
        Self::from(bundle.map_or(&[][..], |bundle| &bundle.sha256s))
    }

    fn has(&self, one: &Fingerprint) -> bool {
        self.0.contains_key(one)
    }

    fn count(&self, one: &Fingerprint) -> usize {
        self.0.get(one).copied().unwrap_or_default()
    }

    /// How many are there more often than once, each further time counted.
    fn doubled(&self) -> usize {
        self.0.values().map(|count| count - 1).sum()
    }

    /// What is here and not in `after`.
    fn lost_in<'a>(&'a self, after: &'a Self) -> impl Iterator<Item = &'a Fingerprint> {
        self.0.keys().filter(|one| !after.has(one))
    }
}

impl From<&[Fingerprint]> for Counted {
    fn from(all: &[Fingerprint]) -> Self {
        let mut counted = BTreeMap::new();
        for one in all {
            *counted.entry(*one).or_default() += 1;
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
    fn what_is_lost_is_missing_only_where_a_file_gives_it() {
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
            let sha256s = held.iter().map(|one| one.fingerprint()).collect();
            [Some(Bundle { sha256s, whole: true })]
        };
        let whole = bundle(&[&local, &chosen, &left]);
        let vendor = Vendor { folder: folder.path().join("vendor"), list: folder.path().join("list") };
        // Of most families it is not known which of the vendor's are chosen.
        for (vendor, left_is_gone) in [(Some(vendor), None), (None, Some("one certificate is gone from"))] {
            let sources = Sources { folder: folder.path().join("anchors"), ending: "crt".into(), vendor };
            let is_all_known = sources.vendor.is_some();
            let side_effects =
                [SideEffect::Bundle { path: "/b".into(), stale: None, sources: Some(sources) }];
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
                (&[&chosen, &left], Some("one certificate is missing in")),
                (&[&local, &chosen], left_is_gone),
                (
                    &[&local, &left],
                    Some(if is_all_known { "one certificate is missing in" } else { "gone from" }),
                ),
                (&[&local, &local, &local, &chosen, &left], Some("more often than it is given")),
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
