//! All receipts of a state folder. Each is read by itself: a damaged receipt does not hide the others.

use std::path::PathBuf;

use super::Receipt;
use crate::Error;

/// The readable receipts of a state folder, and the damaged ones.
#[derive(Debug, Default)]
pub struct Recorded {
    pub(super) receipts: Vec<Receipt>,
    pub(super) damaged: Vec<DamagedReceipt>,
}

/// A receipt that cannot be read.
#[derive(Debug)]
pub struct DamagedReceipt {
    /// Its name.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// Why it cannot be read.
    pub error: Error,
}

impl Recorded {
    /// The receipts that cannot be read.
    pub fn damaged(&self) -> &[DamagedReceipt] {
        &self.damaged
    }

    /// Why the receipt `name` cannot be read, if it cannot.
    pub fn damage_of(&self, name: &str) -> Option<&DamagedReceipt> {
        self.damaged.iter().find(|damaged| damaged.name == name)
    }
}

impl std::ops::Deref for Recorded {
    type Target = [Receipt];

    fn deref(&self) -> &[Receipt] {
        &self.receipts
    }
}

impl IntoIterator for Recorded {
    type Item = Receipt;
    type IntoIter = std::vec::IntoIter<Receipt>;

    fn into_iter(self) -> Self::IntoIter {
        self.receipts.into_iter()
    }
}
