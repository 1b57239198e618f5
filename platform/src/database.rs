//! Databases that only their own tools may write. Each lists, adds and removes by the SHA-256 of
//! the certificate, whatever the tool itself goes by.

mod keychain;
pub mod keystore;
pub(crate) mod trust_settings;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use self::keychain::{Keychain, LOGIN_KEYCHAIN, SYSTEM_KEYCHAIN};
use crate::{Certificate, Result, proof::Verdict, world::World};

/// A database of certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Database {
    /// A macOS keychain.
    Keychain(Keychain),
}

/// How a database lists a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Whether it is there, and not merely spoken of.
    #[serde(default = "yes")]
    pub present: bool,
    /// Whether it is trusted, not merely present.
    pub trusted: bool,
    /// What the database says of it besides, in the database's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<String>,
}

fn yes() -> bool {
    true
}

impl Database {
    /// Its file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Keychain(keychain) => &keychain.path,
        }
    }
}

/// How `database` lists `certificate`, if it does.
pub fn find(world: &World, database: &Database, certificate: &Certificate) -> Result<Option<Listing>> {
    match database {
        Database::Keychain(keychain) => keychain.find(world, certificate),
    }
}

/// Adds `certificate` to `database`, trusted.
pub fn add(world: &World, database: &Database, certificate: &Certificate) -> Result<()> {
    match database {
        Database::Keychain(keychain) => keychain.add(world, certificate),
    }
}

/// Takes `certificate` back to `before`: removed, if it was not there. Says whether it did: what
/// somebody else has changed since is left.
pub fn restore(
    world: &World,
    database: &Database,
    certificate: &Certificate,
    before: Option<&Listing>,
) -> Result<bool> {
    match database {
        Database::Keychain(keychain) => keychain.restore(world, certificate, before),
    }
}

/// Whether those who rely on `database` trust `certificate`: they themselves are asked.
pub fn prove(world: &World, database: &Database, certificate: &Certificate) -> Result<Verdict> {
    match database {
        Database::Keychain(keychain) => Ok(match keychain.objection(world, certificate)? {
            None => Verdict::Holds("macOS accepts it".into()),
            Some(why) => Verdict::Fails(format!("macOS does not accept it: {why}")),
        }),
    }
}
