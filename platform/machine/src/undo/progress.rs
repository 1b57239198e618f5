//! What undoing one change has come to.

use std::{path::PathBuf, rc::Rc};

use crate::{
    Error,
    receipt::{ChangeRecord, Receipt},
};

/// What undoing a change has come to.
pub(super) struct UndoProgress {
    pub receipt: usize,
    pub index: usize,
    pub ours: Vec<bool>,
    pub left: Vec<PathBuf>,
    pub complaints: Vec<String>,
    /// Shared with those that were settled together with it.
    pub fault: Option<Rc<Error>>,
}

impl UndoProgress {
    pub(super) fn record<'a>(&self, receipts: &'a [Receipt]) -> &'a ChangeRecord {
        &receipts[self.receipt].changes[self.index]
    }
}
