//! Changes in words: the text of `--dry-run` and of prompts.

use std::fmt;

use crate::{
    change::{Change, Contents, Step},
    database::Database,
};

/// The lines that explain `change`, in the order of its steps.
pub fn explain(change: &Change) -> Vec<String> {
    change.steps.iter().map(ToString::to_string).chain(explain_reload(change)).collect()
}

/// The lines that explain the reload of `change`, which follows its steps.
pub fn explain_reload(change: &Change) -> impl Iterator<Item = String> {
    let by_hand = change.reload.by_hand.iter().map(|command| format!("you run: {command}"));
    change.reload.applied.iter().map(|command| format!("run {command}")).chain(by_hand)
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put { path, contents, mode } => {
                let what = match contents {
                    Contents::Public(bytes) => format!("{} bytes", bytes.len()),
                    Contents::Secret(_) => "a secret".into(),
                };
                write!(f, "write {} ({what}, mode {mode:04o})", path.display())
            }
            Self::Rewrite { path, contents, .. } => {
                write!(f, "rewrite {} ({} bytes)", path.display(), contents.bytes().len())
            }
            Self::Link { path, target } => write!(f, "link {} to {}", path.display(), target.display()),
            Self::Remove { path } => write!(f, "remove {}", path.display()),
            Self::Edit { path, edit, .. } => write!(f, "set {edit} in {}", path.display()),
            Self::Entry { database, certificate } => {
                write!(f, "trust {} in {database}", certificate.fingerprint().short())?;
                match database {
                    Database::Keychain(_) => f.write_str(" (macOS asks for a password in a window)"),
                    Database::Nss(_) | Database::Keystore(_) => Ok(()),
                }
            }
            Self::Discard { database, certificate } => {
                write!(f, "remove {} from {database}", certificate.fingerprint().short())
            }
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keychain(keychain) => write!(f, "the keychain {}", keychain.path.display()),
            Self::Nss(nss) => write!(f, "the NSS database {}", nss.folder().display()),
            Self::Keystore(keystore) => write!(f, "the keystore {}", keystore.path.display()),
        }
    }
}
