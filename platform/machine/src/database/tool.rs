//! The operations of every database.

use std::path::Path;

use labtrust_plan::{Certificate, Contents, Listing, ProofResult, Wanted};

use crate::{
    Result,
    world::{Access, World},
};

/// A database, through its own tool.
pub trait TrustDatabase {
    /// The entry of `certificate`, if there is one.
    fn find(&self, world: &World, certificate: &Certificate) -> Result<Option<Listing>>;

    /// Adds `certificate`, trusted for TLS. A database that [`TrustDatabase::is_created`] is created first.
    fn add(&self, world: &World, certificate: &Certificate) -> Result<()>;

    /// Restores the entry of `certificate` to its state `before`; none removes it. False if somebody else has changed the
    /// entry since: then it is left as it is.
    fn undo(&self, world: &World, certificate: &Certificate, before: Option<&Listing>) -> Result<bool>;

    /// Removes `certificate` however it came there.
    fn discard(&self, world: &World, certificate: &Certificate) -> Result<()> {
        self.undo(world, certificate, None).map(drop)
    }

    /// Restores the entry that [`TrustDatabase::discard`] removed.
    fn restore(&self, world: &World, certificate: &Certificate, before: &Listing) -> Result<()> {
        self.undo(world, certificate, Some(before)).map(drop)
    }

    /// Asks the programs that use the database whether they trust `certificate`.
    fn prove(&self, world: &World, certificate: &Certificate, wanted: Wanted) -> Result<ProofResult>;

    /// Whether there is nothing of a database yet, and adding a certificate creates it.
    fn is_created(&self, _world: &World) -> Result<bool> {
        Ok(false)
    }

    /// Removes the files of a database that labtrust created, if it is empty.
    fn remove_if_empty(&self, _world: &World) -> Result<()> {
        Ok(())
    }
}

pub(super) const PRIVATE: Access = Access { mode: 0o600, owner: None };

/// Calls `act` with a file that holds `certificate`.
pub(super) fn with_file<T>(
    world: &World,
    certificate: &Certificate,
    act: impl FnOnce(&Path) -> Result<T>,
) -> Result<T> {
    world.with_scratch(|folder| {
        let file = folder.join("certificate.pem");
        world.put(&file, &Contents::Public(certificate.pem().into_bytes()), PRIVATE)?;
        act(&file)
    })
}
