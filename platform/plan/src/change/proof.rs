//! Proofs that a change took effect: the questions to a store, and its answers.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Step;
use crate::{Certificate, Command, Edit, Endpoint, Fingerprint, Hint, database::Database, hint};

/// A question to the store itself, whose answer shows that a change took effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// The bundle that programs load holds the certificate.
    Bundle {
        /// The bundle.
        path: PathBuf,
        /// The certificate.
        sha256: Fingerprint,
    },
    /// A file in the folder holds the certificate, for programs that find certificates there.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The certificate.
        sha256: Fingerprint,
    },
    /// Docker's folder for the endpoint holds the certificate in a file that Docker reads, and the
    /// engine, if it answers, accepts the endpoint's certificate.
    CertsD {
        /// `…/certs.d/host:port`.
        folder: PathBuf,
        /// The certificate.
        certificate: Certificate,
        /// The registry.
        endpoint: Endpoint,
        /// The engine's socket.
        #[serde(default)]
        socket: Option<PathBuf>,
        /// A program that reads the same folder and is asked instead of an engine.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<Command>,
    },
    /// No file is at the path.
    Absent {
        /// The path.
        path: PathBuf,
    },
    /// Programs that use the database trust the certificate.
    Entry {
        /// The database.
        database: Database,
        /// The certificate.
        certificate: Certificate,
    },
    /// The files are as planned. For files that are written, but not served yet.
    Files {
        /// The files and the SHA-256 of their contents.
        files: Vec<(PathBuf, Fingerprint)>,
    },
    /// The link has this target.
    Linked {
        /// The link.
        path: PathBuf,
        /// Its target, as written in the link.
        target: PathBuf,
    },
    /// A file contains the edit.
    Edited {
        /// The file.
        path: PathBuf,
        /// The edit.
        edit: Edit,
    },
    /// The same in a file whose value another file hides. It shows nothing, but the edit is gone only if it is gone here too: the
    /// file takes over once the other one has no value.
    Hidden {
        /// The file.
        path: PathBuf,
        /// The edit.
        edit: Edit,
    },
    /// The server presents this leaf.
    Served {
        /// The endpoint that is asked.
        endpoint: Endpoint,
        /// The leaf.
        sha256: Fingerprint,
        /// Another certificate that it must send with it.
        #[serde(rename = "along", default, skip_serializing_if = "Option::is_none")]
        sent_with: Option<Fingerprint>,
        /// Seconds until the server must present it.
        seconds: u64,
    },
    /// The store's own tool prints this line.
    Says {
        /// The program and its arguments.
        command: Command,
        /// The whole line.
        text: String,
    },
    /// All of these.
    All(Vec<Proof>),
    /// Not this.
    Not(Box<Proof>),
}

impl Proof {
    /// The proof that the files of `steps` are as written, contain their edits, or are gone. Of several steps for one file, the
    /// last counts.
    pub fn of_files(steps: &[Step]) -> Self {
        let (mut files, mut others) = (Vec::new(), Vec::new());
        for (index, step) in steps.iter().enumerate() {
            let is_passing = step
                .file()
                .is_some_and(|path| steps[index + 1..].iter().any(|next| next.file() == Some(path)));
            if is_passing {
                continue;
            }
            match step {
                Step::Link { path, target } => {
                    others.push(Self::Linked { path: path.clone(), target: target.clone() });
                }
                Step::Put { path, contents, .. } | Step::Rewrite { path, contents, .. } => {
                    files.push((path.clone(), contents.sha256()));
                }
                Step::Edit { path, edit, .. } => {
                    others.push(Self::Edited { path: path.clone(), edit: edit.clone() });
                }
                Step::Remove { path } => others.push(Self::Absent { path: path.clone() }),
                Step::Entry { .. } | Step::Discard { .. } => {}
            }
        }
        match &others[..] {
            [] => Self::Files { files },
            _ if files.is_empty() => Self::All(others),
            _ => Self::All([vec![Self::Files { files }], others].concat()),
        }
    }

    /// The proof that one of `proofs` holds. It is gone when all are.
    #[must_use]
    pub fn any(mut proofs: Vec<Self>) -> Self {
        if proofs.len() == 1 {
            return proofs.remove(0);
        }
        Self::Not(Box::new(Self::All(proofs.into_iter().map(|proof| Self::Not(Box::new(proof))).collect())))
    }

    /// The edits of files that it asks about.
    pub fn edits(&self) -> Vec<(&Path, &Edit)> {
        match self {
            Self::Edited { path, edit } | Self::Hidden { path, edit } => vec![(path, edit)],
            Self::All(proofs) => proofs.iter().flat_map(Self::edits).collect(),
            Self::Not(proof) => proof.edits(),
            _ => Vec::new(),
        }
    }

    /// This proof by the files alone, without asking an engine or client.
    #[must_use]
    pub fn without_engine(&self) -> Self {
        match self {
            Self::CertsD { folder, certificate, endpoint, .. } => Self::CertsD {
                folder: folder.clone(),
                certificate: certificate.clone(),
                endpoint: endpoint.clone(),
                socket: None,
                client: None,
            },
            Self::All(proofs) => Self::All(proofs.iter().map(Self::without_engine).collect()),
            other => other.clone(),
        }
    }

    /// Its question about a registry's folder of `certs.d`, if it has one.
    pub fn certs_d(&self) -> Option<&Self> {
        match self {
            Self::CertsD { .. } => Some(self),
            Self::All(proofs) => proofs.iter().find_map(Self::certs_d),
            _ => None,
        }
    }

    /// Advice if it fails.
    pub fn hint(&self) -> Option<Hint> {
        let Some(Self::CertsD { endpoint, .. }) = self.certs_d() else { return None };
        Some(hint!("find out why: {labtrust doctor {}}", endpoint))
    }

    /// Whether it asks about the registry at `endpoint`.
    pub fn is_of(&self, endpoint: &Endpoint) -> bool {
        matches!(self.certs_d(), Some(Self::CertsD { endpoint: asked, .. }) if asked == endpoint)
    }

    /// The endpoints whose server is asked.
    pub fn endpoints(&self) -> Vec<&Endpoint> {
        match self {
            Self::Served { endpoint, .. } => vec![endpoint],
            Self::All(proofs) => proofs.iter().flat_map(Self::endpoints).collect(),
            Self::Not(proof) => proof.endpoints(),
            _ => Vec::new(),
        }
    }

    /// The files whose whole contents it checks.
    pub fn files(&self) -> Vec<&Path> {
        match self {
            Self::Files { files } => files.iter().map(|(path, _)| path.as_path()).collect(),
            Self::All(proofs) => proofs.iter().flat_map(Self::files).collect(),
            _ => Vec::new(),
        }
    }

    /// This proof without waiting: a server is asked once.
    #[must_use]
    pub fn at_once(&self) -> Self {
        match self {
            Self::Served { endpoint, sha256, sent_with, .. } => Self::Served {
                endpoint: endpoint.clone(),
                sha256: *sha256,
                sent_with: *sent_with,
                seconds: 0,
            },
            Self::All(proofs) => Self::All(proofs.iter().map(Self::at_once).collect()),
            Self::Not(proof) => Self::Not(Box::new(proof.at_once())),
            other => other.clone(),
        }
    }
}

/// What a proof must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The change took effect.
    There,
    /// The change is undone.
    Gone,
}

impl Wanted {
    /// The opposite.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::There => Self::Gone,
            Self::Gone => Self::There,
        }
    }
}

/// The answer of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofResult {
    /// The proof holds; the detail.
    Holds(String),
    /// The proof fails; the detail.
    Fails(String),
    /// The proof holds for the files, but a service still uses the state that it read before; the detail.
    Lingers(String),
}

impl ProofResult {
    /// Whether the proof holds.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Holds(_))
    }

    /// The detail.
    pub fn detail(&self) -> &str {
        match self {
            Self::Holds(detail) | Self::Fails(detail) | Self::Lingers(detail) => detail,
        }
    }

    /// This answer to "is it there?", as the answer to what is `wanted`.
    #[must_use]
    pub fn to(self, wanted: Wanted) -> Self {
        match (self, wanted) {
            (Self::Holds(detail), Wanted::Gone) => Self::Fails(detail),
            (Self::Fails(detail), Wanted::Gone) => Self::Holds(detail),
            (verdict, _) => verdict,
        }
    }
}
