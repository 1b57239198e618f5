//! A plan is data. The same value is explained, applied, proven and undone; nothing here acts.

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

/// The number of the shape in which changes are serialised. It grows when a reader of an older one would go wrong.
pub const SCHEMA: u32 = 1;

/// One store's part of a plan: it succeeds or is taken back as a whole.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// The store that it belongs to.
    pub store: StoreId,
    /// What in that store: the key, with `store`, under which the receipt keeps it.
    pub subject: String,
    /// Whose rights it needs.
    pub actor: Actor,
    /// What is done, in this order.
    pub steps: Vec<Step>,
    /// What makes the steps take effect, and what makes their undoing take effect.
    #[serde(rename = "settle")]
    pub reload: Reload,
    /// What shows that it worked.
    pub proof: Proof,
    /// A service that this change serves without a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serves: Option<Service>,
}

/// Whose rights a change needs, and who owns what it makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The machine's: root.
    Machine,
    /// Whoever runs us: files in a place that the user named.
    Caller,
    /// One user's own store.
    User(User),
}

/// The smallest thing that is recorded and undone.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// A file with these contents.
    Put {
        /// Where.
        path: PathBuf,
        /// What is in it.
        contents: Contents,
        /// Its permission bits.
        mode: u32,
    },
    /// A symbolic link, which replaces what stands there in one instant: what lies behind several links
    /// changes at once when the one is put that they lead through.
    Link {
        /// Where.
        path: PathBuf,
        /// Where it leads, as written in it.
        target: PathBuf,
    },
    /// No file there. A folder that was made for it goes with it, once it is empty.
    Remove {
        /// Where.
        path: PathBuf,
    },
    /// One value or marked block of a file that is not ours, which keeps its owner and permission bits. Where a
    /// link leads to the file, the file is edited and the link stays.
    Edit {
        /// Where.
        path: PathBuf,
        /// What is set there.
        edit: Edit,
        /// The permission bits of the file, where there is none yet.
        mode: u32,
    },
    /// A certificate in a database that only its own tool writes.
    Entry {
        /// Which.
        database: Database,
        /// The certificate.
        certificate: Certificate,
    },
}

/// What a file holds. Secrets are wiped from memory and never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Contents {
    /// May be shown.
    Public(Vec<u8>),
    /// A private key.
    Secret(Zeroizing<Vec<u8>>),
}

impl StoreId {
    /// The id `id`.
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
    /// Whether the process described by `facts` can act as this.
    pub fn is_within_reach(&self, facts: &Facts) -> bool {
        match self {
            Self::Machine => facts.is_root(),
            Self::Caller => true,
            Self::User(user) => facts.is_root() || facts.user.uid == user.uid,
        }
    }
}

impl Contents {
    /// The bytes, to be written and for nothing else.
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

    /// Whether they may never be shown.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }
}

impl Serialize for Contents {
    /// As text, or as hexadecimal digits where they are none; of a secret no more than that it is one.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, value) = match self {
            Self::Secret(_) => ("secret", None),
            // A caller that took a key for public is wrong.
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
    /// A change that is done once its files are in place: nothing is rebuilt, restarted or asked.
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

    /// The files that it makes, replaces or removes; not those of which it edits a part.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.steps.iter().filter_map(Step::file)
    }
}

impl Step {
    /// The file or link that it makes, replaces or removes as a whole.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Put { path, .. } | Self::Link { path, .. } | Self::Remove { path } => Some(path),
            Self::Edit { .. } | Self::Entry { .. } => None,
        }
    }

    /// The file or link that it makes.
    pub fn made(&self) -> Option<&Path> {
        match self {
            Self::Put { path, .. } | Self::Link { path, .. } => Some(path),
            Self::Remove { .. } | Self::Edit { .. } | Self::Entry { .. } => None,
        }
    }
}

/// Drops from each change the restarts of services that another change serves without one.
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
    fn what_is_no_text_is_shown_as_digits() {
        let json = |bytes: &[u8]| serde_json::to_value(Contents::Public(bytes.to_vec())).expect("JSON");
        assert_eq!(json(b"PEM\n"), serde_json::json!({ "text": "PEM\n" }));
        let key = b"-----BEGIN EC PRIVATE KEY-----\n";
        assert_eq!(json(key), serde_json::json!({ "secret": true }));
        assert_eq!(json(b"\x30\xff"), serde_json::json!({ "hex": "30ff" }));
    }
}
