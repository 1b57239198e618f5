//! The state of a change while it is undone.

use std::{path::PathBuf, rc::Rc};

use crate::{
    Error,
    receipt::{ChangeRecord, Receipt},
};

/// A change that is being undone.
pub(super) struct UndoProgress {
    /// The index of its receipt.
    pub receipt: usize,
    /// Its index in that receipt.
    pub index: usize,
    /// For each side effect, whether its file was still as our run of the updater left it.
    pub ours: Vec<bool>,
    /// The files that are left in place because somebody else changed them.
    pub left: Vec<PathBuf>,
    /// The updater's messages about failed hooks.
    pub complaints: Vec<String>,
    /// Shared by all changes of one reload.
    pub fault: Option<Rc<Error>>,
}

impl UndoProgress {
    pub(super) fn record<'a>(&self, receipts: &'a [Receipt]) -> &'a ChangeRecord {
        &receipts[self.receipt].changes[self.index]
    }
}
