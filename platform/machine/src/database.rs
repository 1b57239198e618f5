//! Databases that only their own tools may write. Certificates are found by their SHA-256, whatever the tool uses.

mod keychain;
pub mod keystore;
pub(crate) mod nss;
mod tool;
pub(crate) mod trust_settings;

use labtrust_plan::Database;

pub use self::tool::TrustDatabase;

/// The tool for `database`.
pub fn open(database: &Database) -> Box<dyn TrustDatabase + '_> {
    match database {
        Database::Keychain(keychain) => Box::new(keychain::Tool(keychain)),
        Database::Nss(nss) => Box::new(nss::Tool(nss)),
        Database::Keystore(keystore) => Box::new(keystore::Tool(keystore)),
    }
}
