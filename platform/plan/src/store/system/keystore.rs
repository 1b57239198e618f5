//! The Java keystore that the system's updater fills.

use std::path::Path;

use super::family::{DECLARATIVE, FAMILIES, JavaStore, family};
use crate::{Facts, store::row::Look};

/// Whether the system's updater fills a Java keystore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filled {
    /// It does.
    On,
    /// It would, but does not; the reason.
    Off(&'static str),
}

/// Whether the updater of this system fills the Java keystore at `path`; none if it has nothing to do with it.
pub(crate) fn filled(facts: &Facts, path: &Path) -> Option<Filled> {
    let (family, has_updater) = match family(facts) {
        Ok(family) => (family, true),
        Err(kin) => (kin?, false),
    };
    if family.java_bundle.is_some_and(|bundle| path == bundle) {
        let is_declared = DECLARATIVE.iter().any(|declarative| facts.has(declarative.marker));
        let why = "it is made in this system's configuration or image";
        return Some(if is_declared { Filled::Off(why) } else { Filled::On });
    }
    let java = family.keystore.filter(|java| path == java.path)?;
    let settings = facts.text(java.settings).unwrap_or_default();
    Some(if !has_updater {
        Filled::Off("the updater of the system store, which fills it, is missing")
    } else if ![java.hook, JavaStore::ALPINE].iter().any(|hook| facts.has(hook)) {
        Filled::Off("the hook that fills it from the system store is missing")
    } else if fills_keystore(settings.as_bytes()) == Some(false) {
        Filled::Off("an administrator turned off the hook that fills it from the system store")
    } else {
        Filled::On
    })
}

/// Whether the hook's `settings`, of Debian's package ca-certificates-java, let it add anchors; none if they do not tell.
pub fn fills_keystore(settings: &[u8]) -> Option<bool> {
    let text = String::from_utf8_lossy(settings);
    let value = text.lines().rev().find_map(|line| line.trim().strip_prefix("cacerts_updates="))?;
    Some(value.trim_matches(['"', '\'']) == "yes")
}

/// The questions of [`filled`].
pub(crate) fn keystore_looks() -> Vec<Look> {
    let java = FAMILIES.iter().filter_map(|family| family.keystore);
    java.flat_map(|java| [Look::Path(java.hook), Look::Path(JavaStore::ALPINE), Look::Text(java.settings)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_may_turn_the_hook_off() {
        for (settings, fed) in [
            ("# x\ncacerts_updates=yes\n", Some(true)),
            ("cacerts_updates=yes\n cacerts_updates='no'", Some(false)),
            ("cacerts_updates=", Some(false)),
            ("#cacerts_updates=no\n", None),
            ("", None),
        ] {
            assert_eq!(fills_keystore(settings.as_bytes()), fed, "{settings}");
        }
    }
}
