//! The state folder, part by part. Each part is read separately, so that a damaged part stops only the verbs that need
//! it. The error names its file, and the part can be moved aside.

mod aside;
pub(crate) mod ca;
mod damage;
pub(crate) mod damages;
mod files;
mod home;
pub(crate) mod last_backup;
pub(crate) mod recorded;
mod renewal;
pub(crate) mod request;
mod rotation;
mod setup_record;
mod steady;

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_machine::receipt::{Receipts, Recorded};

use self::{ca::Authorities, request::Requests};

pub(crate) use self::{
    aside::{is_aside, put_aside, put_back},
    ca::Ca,
    damage::{Damage, Way, hint_of},
    files::{Files, OnDisk, parse_json, read_note},
    home::Home,
    last_backup::LastBackup,
    recorded::RECEIPT,
    renewal::RenewalRecord,
    rotation::Rotation,
    setup_record::{SetupRecord, SiteRecord},
    steady::SetupReceipt,
};

/// The content of the state folder. Each part is read on first use, and then kept. A run reads the state once, and once
/// more under the lock, because another run may have changed it.
#[derive(Debug)]
pub(crate) struct State<'r> {
    home: Home,
    /// The receipts under the lock, if this run holds it.
    held: Option<&'r Receipts>,
    authorities: OnceCell<Authorities>,
    callers: OnceCell<Option<Authorities>>,
    requests: OnceCell<Requests>,
    renewal: OnceCell<Result<Option<RenewalRecord>, Damage>>,
    last_backup: OnceCell<Result<Option<LastBackup>, Damage>>,
    receipts: OnceCell<Recorded>,
}

impl<'r> State<'r> {
    /// The state at `home`.
    pub(crate) fn new(home: Home) -> Self {
        Self::with(home, None)
    }

    /// The state at `home` under the lock that `receipts` hold.
    pub(crate) fn locked(home: Home, receipts: &'r Receipts) -> Self {
        Self::with(home, Some(receipts))
    }

    fn with(home: Home, held: Option<&'r Receipts>) -> Self {
        Self {
            home,
            held,
            authorities: OnceCell::new(),
            callers: OnceCell::new(),
            requests: OnceCell::new(),
            renewal: OnceCell::new(),
            last_backup: OnceCell::new(),
            receipts: OnceCell::new(),
        }
    }

    /// The same state, read again after a change.
    #[must_use]
    pub(crate) fn again(&self) -> Self {
        Self::with(self.home.clone(), self.held)
    }

    /// Whether this run holds the lock.
    pub(crate) fn is_locked(&self) -> bool {
        self.held.is_some()
    }

    /// The location of the state.
    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// The state folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.home.state
    }

    /// The CA in use, with the next and the old one.
    pub(crate) fn ca(&self) -> Result<Option<&Ca>, Damage> {
        ca_of(self.authorities())
    }

    /// The CA in the state folder, or in the state folder of the user who called sudo.
    pub(crate) fn nearest_ca(&self) -> Result<Option<&Ca>, Damage> {
        if let Some(ca) = self.ca()? {
            return Ok(Some(ca));
        }
        let read = || self.home.invokers_files().map(|files| Authorities::on_disk(&files));
        self.callers.get_or_init(read).as_ref().map_or(Ok(None), ca_of)
    }

    /// The roles of the CAs here.
    pub(crate) fn rotation(&self) -> Result<&Rotation, Damage> {
        self.authorities().rotation.as_ref().map_err(Clone::clone)
    }

    /// The folder of the CA that is in use.
    pub(crate) fn authority(&self) -> Result<PathBuf, Damage> {
        Ok(self.folder().join(&self.rotation()?.current))
    }

    fn authorities(&self) -> &Authorities {
        self.authorities.get_or_init(|| Authorities::on_disk(&self.home.files()))
    }

    /// The setup's receipt as it is now, byte for byte.
    pub(crate) fn setup_receipt(&self) -> SetupReceipt {
        SetupReceipt::read(&self.home.files())
    }

    /// The stored requests, and those of the user who called sudo.
    pub(crate) fn requests(&self) -> Result<&Requests> {
        once(&self.requests, || Requests::read(&self.home))
    }

    /// The last renewal, if there was one.
    pub(crate) fn renewal(&self) -> Result<Option<&RenewalRecord>, Damage> {
        let renewal = self.renewal.get_or_init(|| RenewalRecord::read(&self.home));
        renewal.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// The last backup, if there was one.
    pub(crate) fn last_backup(&self) -> Result<Option<&LastBackup>, Damage> {
        let last = self.last_backup.get_or_init(|| LastBackup::read(&self.home));
        last.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// The receipts.
    pub(crate) fn receipts(&self) -> Result<&Recorded> {
        once(&self.receipts, || match self.held {
            Some(receipts) => Ok(receipts.recorded()?),
            None => Ok(Receipts::all(self.folder())?),
        })
    }
}

fn ca_of(authorities: &Authorities) -> Result<Option<&Ca>, Damage> {
    authorities.ca.as_ref().map(Option::as_ref).map_err(Clone::clone)
}

/// The content of `cell`, from `read` at first. A failure is not kept.
fn once<T>(cell: &OnceCell<T>, read: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let found = read()?;
    Ok(cell.get_or_init(|| found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "what it reads is laid by hand")]
    fn a_state_is_read_once_and_again_when_that_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let owner = std::os::unix::fs::MetadataExt::uid(&folder.path().metadata().expect("a folder"));
        let state = folder.path().to_owned();
        let home = Home { state, owner, invoker: None, invokers_id: owner, is_chosen: true };
        let state = State::new(home);
        assert!(state.ca().is_ok_and(|ca| ca.is_none()));
        assert_eq!(state.rotation().cloned(), Ok(Rotation::default()));
        assert!(state.renewal().is_ok_and(|renewal| renewal.is_none()));
        for file in ["rotation.json", "renewal.json"] {
            std::fs::write(folder.path().join(file), "{").expect("a file");
        }
        assert!(state.rotation().is_ok() && state.renewal().is_ok(), "both were read before");
        // A damaged part is a value that says which file, and hides no other part.
        let again = state.again();
        let rotation = again.rotation().expect_err("it is damaged");
        assert_eq!(rotation.path, folder.path().join("rotation.json"));
        assert_eq!(again.ca().expect_err("which CA is in use is not known"), rotation);
        assert_eq!(again.renewal().expect_err("it is damaged").path, folder.path().join("renewal.json"));
        assert!(again.receipts().is_ok() && again.requests().is_ok() && again.last_backup().is_ok());
        assert_eq!(damages::all(&again).expect("damages").len(), 2);
    }
}
