//! What every database can be asked for.

use labtrust_plan::{Certificate, Listing, ProofResult};

use crate::{Result, world::World};

/// A database, through its own tool.
pub trait TrustDatabase {
    /// How it lists `certificate`, if it does.
    fn find(&self, world: &World, certificate: &Certificate) -> Result<Option<Listing>>;

    /// Adds `certificate`, trusted for TLS.
    fn add(&self, world: &World, certificate: &Certificate) -> Result<()>;

    /// Makes the listing of `certificate` what it was `before`: none, if it was not there. Says whether it did: a
    /// listing that somebody else has changed since is left.
    fn undo(&self, world: &World, certificate: &Certificate, before: Option<&Listing>) -> Result<bool>;

    /// Whether the programs that rely on it trust `certificate`: they themselves are asked.
    fn prove(&self, world: &World, certificate: &Certificate) -> Result<ProofResult>;
}
