//! Reads a state that another run may be changing: between two of its steps, a part can be missing.

use std::path::Path;

use labtrust_machine::receipt::{Phase, Receipt, StepRecord, parse};

use super::{Damage, Files, RECEIPT};

/// The setup's receipt at the start of a reading.
#[derive(PartialEq, Eq)]
pub(crate) struct SetupReceipt {
    bytes: Option<Vec<u8>>,
}

impl SetupReceipt {
    pub(super) fn read(files: &dyn Files) -> Self {
        let receipt = Path::new("receipts").join(RECEIPT).join("receipt.json");
        Self { bytes: files.read(&receipt).ok().flatten().map(|bytes| bytes.to_vec()) }
    }

    /// Whether the receipt records that the file at `path` among `files` exists. False if the receipt is lost or
    /// damaged.
    pub(crate) fn has(&self, files: &dyn Files, path: &Path) -> bool {
        let receipt: Option<Receipt> = self.bytes.as_deref().and_then(|bytes| parse(bytes).ok());
        let records = receipt.map(|receipt| receipt.changes).unwrap_or_default();
        let steps =
            records.iter().filter(|record| record.phase == Phase::Applied).flat_map(|record| &record.steps);
        let of_path = steps.filter_map(|step| match step {
            StepRecord::File { path: placed, after, .. } if *placed == files.full(path) => {
                Some(after.is_some())
            }
            _ => None,
        });
        of_path.last().unwrap_or(false)
    }
}

/// Reads `files` with `read`. A damage counts only if two readings in a row find it with the same receipt: a run writes
/// its receipt before each change.
pub(super) fn steady<T>(
    files: &dyn Files,
    read: impl Fn(&SetupReceipt) -> T,
    damages: impl Fn(&T) -> Vec<Damage>,
) -> T {
    let mut last = None;
    loop {
        let receipt = SetupReceipt::read(files);
        let found = read(&receipt);
        let this = (receipt.bytes, damages(&found));
        if this.1.is_empty() || last.as_ref() == Some(&this) {
            return found;
        }
        last = Some(this);
    }
}
