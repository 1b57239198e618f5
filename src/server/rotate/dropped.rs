//! The CA that a step of a rotation removes, and what a killed run left of one.

use std::path::PathBuf;

use anyhow::Result;
use labtrust_machine::receipt::Receipt;
use labtrust_plan::Fingerprint;

use crate::state::{
    RECEIPT, Rotation, State,
    ca::{AUTHORITY, Beside},
    recorded,
};

/// A CA to remove, as far as it is known.
pub(crate) struct Dropped {
    /// Its folder.
    pub folder: PathBuf,
    /// The beginning of its root's fingerprint, which is in the names of other files.
    pub short: Option<String>,
    /// Its root.
    pub root: Option<Fingerprint>,
}

impl Dropped {
    /// The CA `beside` in the folder `name`. It may be damaged.
    pub(super) fn find(state: &State<'_>, beside: &Beside, name: Option<&str>) -> Result<Option<Self>> {
        let Some(name) = name else { return Ok(None) };
        let folder = state.folder().join(name);
        let root = if let Ok(own) = beside {
            own.as_ref().map(|own| own.root.fingerprint())
        } else {
            let receipts = state.receipts()?;
            recorded::anchor_of(receipts, &folder).map(|anchor| anchor.sha256())
        };
        let short = root.map(|root| root.short()).or_else(|| Rotation::root_of(name));
        Ok(Some(Self { folder, short, root }))
    }

    /// The name of the receipt of trust in it.
    pub(crate) fn trust_receipt(&self) -> Option<String> {
        self.short.as_ref().map(|short| format!("trust-{short}"))
    }
}

/// The folders of removed CAs that a killed run left.
pub(crate) fn orphans(state: &State<'_>) -> Result<Vec<PathBuf>> {
    let receipts = state.receipts()?;
    let Some(receipt) = receipts.iter().find(|receipt| receipt.name == RECEIPT) else {
        return Ok(Vec::new());
    };
    orphans_in(state, receipt)
}

/// The same for the folders that `receipt` records.
pub(crate) fn orphans_in(state: &State<'_>, receipt: &Receipt) -> Result<Vec<PathBuf>> {
    let records = receipt.changes.iter().filter(|record| record.store.as_str() == AUTHORITY);
    let subjects = records.map(|record| record.subject.as_str());
    Ok(state.rotation()?.orphans(state.folder(), subjects).collect())
}
