//! Databases that only their own tools may write, as data: their kinds, and their entries.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::absolute;

/// The keychain of the whole machine.
pub const SYSTEM_KEYCHAIN: &str = "/Library/Keychains/System.keychain";
/// A user's own keychain, in the home folder.
pub const LOGIN_KEYCHAIN: &str = "Library/Keychains/login.keychain-db";

/// Seconds that a person has to answer macOS's password window.
const PATIENCE: u64 = 120;

/// A database of certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Database {
    /// A macOS keychain.
    Keychain(Keychain),
    /// An NSS database, such as that of Firefox or Chromium.
    Nss(Nss),
    /// A Java keystore.
    Keystore(Keystore),
}

/// The entry of a certificate in a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Whether the certificate itself is in the database, not only its settings.
    #[serde(default = "yes")]
    pub present: bool,
    /// Whether it is trusted.
    pub trusted: bool,
    /// Its settings, in the database's own format.
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
            Self::Nss(nss) => &nss.file,
            Self::Keystore(keystore) => &keystore.path,
        }
    }
}

/// An NSS database: a folder with `cert9.db` and other files. A new one is created if there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nss {
    /// `cert9.db` in its folder.
    #[serde(deserialize_with = "absolute::path")]
    pub file: PathBuf,
    /// NSS's `certutil`.
    #[serde(deserialize_with = "absolute::path")]
    pub certutil: PathBuf,
}

/// The file of an NSS database that holds the certificates and their trust.
pub const NSS_FILE: &str = "cert9.db";

impl Nss {
    /// The database in `folder`.
    pub fn new(folder: &Path, certutil: impl Into<PathBuf>) -> Self {
        Self { file: folder.join(NSS_FILE), certutil: certutil.into() }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(&self.file)
    }
}

/// A Java keystore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keystore {
    /// Its file, links resolved.
    #[serde(deserialize_with = "absolute::path")]
    pub path: PathBuf,
    /// The keytool of its JDK.
    #[serde(deserialize_with = "absolute::path")]
    pub keytool: PathBuf,
    /// A file whose first line is its password; none if the password is a usual one.
    #[serde(default, deserialize_with = "absolute::optional", skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
}

/// A keychain, and the domain of trust settings that goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keychain {
    /// Its file.
    pub path: PathBuf,
    /// Whether its trust settings are the machine's (the admin domain) or the user's.
    pub admin: bool,
    /// Apple's `security`.
    pub security: PathBuf,
    /// Seconds that a person has to answer macOS's password window.
    #[serde(default = "Keychain::patience")]
    pub patience: u64,
}

impl Keychain {
    /// The machine's keychain.
    pub fn system(security: impl Into<PathBuf>) -> Self {
        Self {
            path: SYSTEM_KEYCHAIN.into(),
            admin: true,
            security: security.into(),
            patience: Self::patience(),
        }
    }

    /// The keychain of the user whose home folder is `home`.
    pub fn login(security: impl Into<PathBuf>, home: &Path) -> Self {
        Self {
            path: home.join(LOGIN_KEYCHAIN),
            admin: false,
            security: security.into(),
            patience: Self::patience(),
        }
    }

    fn patience() -> u64 {
        PATIENCE
    }
}
