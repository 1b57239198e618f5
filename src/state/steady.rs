//! Reading a state that another run may be changing: a part can be missing for the moment between two of its steps.

use std::path::Path;

use labtrust_machine::receipt::{Phase, Receipt, StepRecord, parse};

use super::{Damage, Files, RECEIPT};

/// What the receipt of the setup said when a reading began.
pub(crate) struct SetupReceipt {
    bytes: Option<Vec<u8>>,
}

impl SetupReceipt {
    fn read(files: &dyn Files) -> Self {
        let receipt = Path::new("receipts").join(RECEIPT).join("receipt.json");
        Self { bytes: files.read(&receipt).ok().flatten().map(|bytes| bytes.to_vec()) }
    }

    /// Whether it says that the file at `path` among `files` is there. A state of which that receipt is lost or
    /// damaged does not tell.
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

/// What `read` makes of `files`. A damage is believed when two readings in a row meet it and the receipt of the setup
/// says the same at the beginning of both: a run writes down there what it is about to change before it does so.
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
