//! A plan is data: the same value is explained, applied, proven and undone. Nothing in this crate acts.

mod proof;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, ser::SerializeMap as _};
use zeroize::Zeroizing;

pub use self::proof::{Proof, ProofResult, Wanted};
use crate::{
    Certificate, Edit, Fingerprint,
    database::Database,
    fact::{Facts, User},
    reload::{Reload, Service},
    strict_pem::holds_private_key,
};

/// The name of a store, as on the command line and in JSON: `system`, `docker`, …
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoreId(String);

/// The version of the serialised form of changes. It grows when a reader of the older form would misread the new one.
pub const SCHEMA: u32 = 1;

/// One store's part of a plan: it succeeds or is undone as a whole.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// The store.
    pub store: StoreId,
    /// The changed part of the store. Together with `store`, it is the key in the receipt.
    pub subject: String,
    /// The user whose rights it needs.
    pub actor: Actor,
    /// The steps, in this order.
    pub steps: Vec<Step>,
    /// The commands that make the steps, or their undoing, take effect.
    #[serde(rename = "settle")]
    pub reload: Reload,
    /// The proof that it took effect.
    pub proof: Proof,
    /// A service that sees this change without a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serves: Option<Service>,
}

/// The user whose rights a change needs, and who owns the files that it creates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The machine: root.
    Machine,
    /// The user of this process, for files in a folder that the user named.
    Caller,
    /// One user, for that user's own store.
    User(User),
}

/// One step of a change. Steps are recorded and undone one by one.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Writes a file.
    Put {
        /// Its path.
        path: PathBuf,
        /// Its contents.
        contents: Contents,
        /// Its permission bits.
        mode: u32,
    },
    /// Replaces the contents of a file that another program or person made. The file keeps its owner and permission bits.
    Rewrite {
        /// Its path.
        path: PathBuf,
        /// The SHA-256 of the contents that it replaces, and no others.
        before: Fingerprint,
        /// Its contents.
        contents: Contents,
    },
    /// Makes a symbolic link, and replaces a file or link at its path atomically. Several links that lead through this one
    /// change their targets at the same moment.
    Link {
        /// Its path.
        path: PathBuf,
        /// Its target, as written in the link.
        target: PathBuf,
    },
    /// Removes a file. A folder that was created for it is removed too, if it is empty.
    Remove {
        /// Its path.
        path: PathBuf,
    },
    /// Edits one value, line or marked block of another program's file. The file keeps its owner and permission bits. If the
    /// path is a link, its target is edited and the link stays.
    Edit {
        /// Its path.
        path: PathBuf,
        /// The edit.
        edit: Edit,
        /// The permission bits of the file, if it does not exist yet.
        mode: u32,
    },
    /// Adds a certificate to a database that only its own tool writes.
    Entry {
        /// The database.
        database: Database,
        /// The certificate.
        certificate: Certificate,
    },
    /// Removes a certificate, and the trust in it, from a database that only its own tool writes.
    Discard {
        /// The database.
        database: Database,
        /// The certificate.
        certificate: Certificate,
    },
}

/// The contents of a file. Secrets are wiped from memory and never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Contents {
    /// Contents that may be shown.
    Public(Vec<u8>),
    /// A private key.
    Secret(Zeroizing<Vec<u8>>),
}

impl StoreId {
    /// Creates the id `id`.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Actor {
    /// Whether the process described by `facts` has these rights.
    pub fn is_within_reach(&self, facts: &Facts) -> bool {
        match self {
            Self::Machine => facts.is_root(),
            Self::Caller => true,
            Self::User(user) => facts.is_root() || facts.user.uid == user.uid,
        }
    }
}

impl Contents {
    /// The bytes: only for writing them to a file.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Public(bytes) => bytes,
            Self::Secret(bytes) => bytes,
        }
    }

    /// The identity of the contents.
    pub fn sha256(&self) -> Fingerprint {
        Fingerprint::of(self.bytes())
    }

    /// Whether they must never be shown.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }
}

impl Serialize for Contents {
    /// Serialises text as it is, other bytes as hexadecimal digits, and of a secret only the fact that it is one.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, value) = match self {
            Self::Secret(_) => ("secret", None),
            // A private key stays secret, even if the caller marked it as public.
            Self::Public(bytes) if holds_private_key(bytes) => ("secret", None),
            Self::Public(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => ("text", Some(text.to_owned())),
                Err(_) => ("hex", Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())),
            },
        };
        let mut map = serializer.serialize_map(Some(1))?;
        match value {
            Some(value) => map.serialize_entry(kind, &value)?,
            None => map.serialize_entry(kind, &true)?,
        }
        map.end()
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Secret(_) => f.write_str("secret"),
        }
    }
}

impl Change {
    /// A change that only writes files: it needs no reload and no restart.
    pub fn of_files(store: &str, subject: &Path, actor: Actor, steps: Vec<Step>) -> Self {
        Self {
            store: StoreId::new(store),
            subject: subject.display().to_string(),
            actor,
            proof: Proof::of_files(&steps),
            steps,
            reload: Reload::default(),
            serves: None,
        }
    }

    /// The files that it creates, replaces or removes. Files of which it edits a part are left out.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.steps.iter().filter_map(Step::file)
    }
}

impl Step {
    /// The file or link that it creates, replaces or removes as a whole.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Put { path, .. }
            | Self::Rewrite { path, .. }
            | Self::Link { path, .. }
            | Self::Remove { path } => Some(path),
            Self::Edit { .. } | Self::Entry { .. } | Self::Discard { .. } => None,
        }
    }

    /// The file of which it edits a part.
    pub fn edited(&self) -> Option<&Path> {
        if let Self::Edit { path, .. } = self { Some(path) } else { None }
    }

    /// The file or link that it creates.
    pub fn made(&self) -> Option<&Path> {
        match self {
            Self::Put { path, .. } | Self::Link { path, .. } => Some(path),
            Self::Rewrite { .. }
            | Self::Remove { .. }
            | Self::Edit { .. }
            | Self::Entry { .. }
            | Self::Discard { .. } => None,
        }
    }
}

/// Drops from each change the restarts of services that see another change of the plan without a restart.
pub fn skip_restarts(changes: &mut [Change]) {
    let served: Vec<Service> = changes.iter().filter_map(|change| change.serves.clone()).collect();
    for change in changes {
        let is_served = |service: &mut Service| served.contains(service);
        change.reload.skipped_restarts = change.reload.restart.extract_if(.., is_served).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let step = Step::Put {
            path: "/k".into(),
            contents: Contents::Secret(Zeroizing::new(b"PRIVATE".to_vec())),
            mode: 0o600,
        };
        assert!(!format!("{step:?}").contains("PRIVATE"));
        let json = serde_json::to_value(&step).expect("JSON");
        let expected =
            serde_json::json!({ "put": { "path": "/k", "contents": { "secret": true }, "mode": 0o600 } });
        assert_eq!(json, expected);
    }

    #[test]
    fn bytes_that_are_not_text_are_shown_as_digits() {
        let json = |bytes: &[u8]| serde_json::to_value(Contents::Public(bytes.to_vec())).expect("JSON");
        assert_eq!(json(b"PEM\n"), serde_json::json!({ "text": "PEM\n" }));
        let key = b"-----BEGIN EC PRIVATE KEY-----\n";
        assert_eq!(json(key), serde_json::json!({ "secret": true }));
        assert_eq!(json(b"\x30\xff"), serde_json::json!({ "hex": "30ff" }));
    }
}
