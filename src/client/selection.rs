//! A choice of stores.

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

    pub(super) fn has(&self, store: &Store) -> bool {
        self.has_id(store.id)
    }

    /// Whether the store `id` is selected.
    pub fn has_id(&self, id: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|named| named == id);
        (self.only.is_empty() || named(&self.only)) && !named(&self.except)
    }
}
