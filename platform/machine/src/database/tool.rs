//! The operations of every database.

use labtrust_plan::{Certificate, Listing, ProofResult};

use crate::{Result, world::World};

/// A database, through its own tool.
pub trait TrustDatabase {
    /// The entry of `certificate`, if there is one.
    fn find(&self, world: &World, certificate: &Certificate) -> Result<Option<Listing>>;

    /// Adds `certificate`, trusted for TLS.
    fn add(&self, world: &World, certificate: &Certificate) -> Result<()>;

    /// Restores the entry of `certificate` to its state `before`; none removes it. False if somebody else has changed the
    /// entry since: then it is left as it is.
    fn undo(&self, world: &World, certificate: &Certificate, before: Option<&Listing>) -> Result<bool>;

    /// Asks the programs that use the database whether they trust `certificate`.
    fn prove(&self, world: &World, certificate: &Certificate) -> Result<ProofResult>;
}
