//! A change in words: what `--dry-run` prints and what a prompt shows before it asks.

use std::fmt;

use crate::{
    change::{Change, Contents, Step},
    database::Database,
};

/// The lines that say what `change` does, in the order in which it is done.
pub fn explain(change: &Change) -> Vec<String> {
    change.steps.iter().map(ToString::to_string).chain(explain_reload(change)).collect()
}

/// The lines that say what makes `change` take effect, once its steps are done.
pub fn explain_reload(change: &Change) -> impl Iterator<Item = String> {
    let by_hand = change.reload.by_hand.iter().map(|command| format!("leave to you: {command}"));
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
            Self::Link { path, target } => write!(f, "link {} to {}", path.display(), target.display()),
            Self::Remove { path } => write!(f, "remove {}", path.display()),
            Self::Edit { path, edit, .. } => write!(f, "set {edit} in {}", path.display()),
            Self::Entry { database, certificate } => {
                write!(f, "trust {} in {database}", certificate.fingerprint().short())?;
                match database {
                    Database::Keychain(_) => f.write_str(" (macOS asks for a password in a window)"),
                }
            }
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keychain(keychain) => write!(f, "the keychain {}", keychain.path.display()),
        }
    }
}
