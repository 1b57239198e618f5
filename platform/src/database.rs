//! Databases that only their own tools may write. Each lists, adds and removes by the SHA-256 of
//! the certificate, whatever the tool itself goes by.

pub mod keychain;
pub mod keystore;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Certificate, Result, world::World};

/// A database of certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Database {
    /// A macOS keychain.
    Keychain {
        /// Its file.
        path: PathBuf,
        /// Whether its trust settings are the machine's (the admin domain) or the user's.
        admin: bool,
    },
}

/// How a database lists a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Whether it is trusted, not merely present.
    pub trusted: bool,
}

/// How `database` lists `certificate`, if it does.
pub fn find(world: &World, database: &Database, certificate: &Certificate) -> Result<Option<Listing>> {
    match database {
        Database::Keychain { path, admin } => keychain::find(world, path, *admin, certificate),
    }
}

/// Adds `certificate` to `database`, trusted.
pub fn add(world: &World, database: &Database, certificate: &Certificate) -> Result<()> {
    match database {
        Database::Keychain { path, admin } => keychain::add(world, path, *admin, certificate),
    }
}

/// Takes `certificate` back to `before`: removed, if it was not there.
pub fn restore(
    world: &World,
    database: &Database,
    certificate: &Certificate,
    before: Option<&Listing>,
) -> Result<()> {
    match database {
        Database::Keychain { path, admin } => keychain::restore(world, path, *admin, certificate, before),
    }
}
