//! A choice of stores by name. A name is a store's id, or a group's: then it means each store of the group.

use labtrust_plan::store::{STORES, Store};

/// A selection of stores by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these, if there are any.
    pub only: Vec<String>,
    /// Without these.
    pub except: Vec<String>,
}

impl Selection {
    /// Every store.
    pub fn all() -> Self {
        Self::default()
    }

    /// No store.
    pub fn none() -> Self {
        Self { only: Vec::new(), except: STORES.iter().map(|store| store.id.to_owned()).collect() }
    }

    /// The selected stores.
    pub(super) fn stores(&self) -> impl Iterator<Item = &'static Store> {
        STORES.iter().filter(|store| self.has_id(store.id))
    }

    /// Whether the store `id` is selected.
    pub fn has_id(&self, id: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| means(name, id));
        (self.only.is_empty() || named(&self.only)) && !named(&self.except)
    }

    /// Whether the user named the store `id` itself, and not a group.
    pub(super) fn names(&self, id: &str) -> bool {
        self.only.iter().any(|name| name == id)
    }

    /// Whether the user named the store `id`, which is not among the stores `here`, and no store that the same name means is.
    pub(super) fn misses(&self, id: &str, here: &[&str]) -> bool {
        self.only.iter().any(|name| means(name, id) && !here.iter().any(|here| means(name, here)))
    }
}

/// Whether `name` means the store `id`: it is this id, or the name of the store's group.
fn means(name: &str, id: &str) -> bool {
    name == id || Store::find(id).is_some_and(|store| store.group.name() == name)
}

#[cfg(test)]
mod tests {
    use labtrust_plan::store::Group;

    use super::*;

    fn selected(only: &[&str], except: &[&str]) -> Selection {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Selection { only: owned(only), except: owned(except) }
    }

    #[test]
    fn a_group_means_each_of_its_stores_and_no_other() {
        for group in Group::ALL {
            let (only, without) = (selected(&[group.name()], &[]), selected(&[], &[group.name()]));
            for store in STORES {
                assert_eq!(only.has_id(store.id), store.group == group, "{} {}", group.name(), store.id);
                assert_eq!(without.has_id(store.id), store.group != group, "{} {}", group.name(), store.id);
            }
        }
        assert!(selected(&["containers"], &["podman"]).stores().all(|store| store.id != "podman"));
        assert_eq!(Selection::none().stores().count(), 0);
        assert_eq!(Selection::all().stores().count(), STORES.len());
    }

    #[test]
    fn a_store_with_the_name_of_a_group_is_in_that_group() {
        for group in Group::ALL {
            assert!(Store::find(group.name()).is_none_or(|store| store.group == group), "{}", group.name());
        }
    }

    #[test]
    fn a_store_that_is_not_here_is_missed_unless_its_group_was_named_and_has_another() {
        for (only, here, expected) in [
            (&["podman"][..], &["docker"][..], true),
            (&["containers"], &["docker"], false),
            (&["containers"], &["system"], true),
            (&["containers", "podman"], &["docker"], true),
            (&["system"], &["docker"], false),
            (&[], &[], false),
        ] {
            assert_eq!(selected(only, &[]).misses("podman", here), expected, "{only:?} {here:?}");
        }
        assert!(
            !selected(&["system"], &[]).misses("system", &["macos"]),
            "a Mac's system store has another id"
        );
    }
}
