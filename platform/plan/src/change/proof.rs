//! What shows that a change is in place, and what a store says when it is asked.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Step;
use crate::{Certificate, Command, Edit, Endpoint, Fingerprint, Hint, database::Database, hint};

/// A question whose answer, asked of the store itself, shows that a change has worked.
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
    /// A file in the folder holds the certificate: for programs that look certificates up there.
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
        /// A program that reads the same folder and is asked in the engine's place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<Command>,
    },
    /// Nothing is at the path.
    Absent {
        /// The path.
        path: PathBuf,
    },
    /// Those who rely on the database trust the certificate.
    Entry {
        /// The database.
        database: Database,
        /// The certificate.
        certificate: Certificate,
    },
    /// The files are as planned. For what is only placed, not yet served.
    Files {
        /// The files and what they must hold.
        files: Vec<(PathBuf, Fingerprint)>,
    },
    /// The link leads there.
    Linked {
        /// The link.
        path: PathBuf,
        /// Where it must lead, as written in it.
        target: PathBuf,
    },
    /// A file that is not ours holds what was set in it.
    Edited {
        /// The file.
        path: PathBuf,
        /// What was set.
        edit: Edit,
    },
    /// The server presents this leaf.
    Served {
        /// Where it is asked.
        endpoint: Endpoint,
        /// The leaf.
        sha256: Fingerprint,
        /// Another certificate that it must send with it.
        #[serde(rename = "along", default, skip_serializing_if = "Option::is_none")]
        sent_with: Option<Fingerprint>,
        /// Seconds until it must.
        seconds: u64,
    },
    /// A program, asked for it, prints this line: the store's own tool says so.
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
    /// The files that `steps` put are as they were put, those that they edit hold what was set, and those
    /// that they remove are gone. Of several steps at one place the last counts.
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
                Step::Put { path, contents, .. } => files.push((path.clone(), contents.sha256())),
                Step::Edit { path, edit, .. } => {
                    others.push(Self::Edited { path: path.clone(), edit: edit.clone() });
                }
                Step::Remove { path } => others.push(Self::Absent { path: path.clone() }),
                Step::Entry { .. } => {}
            }
        }
        match &others[..] {
            [] => Self::Files { files },
            _ if files.is_empty() => Self::All(others),
            _ => Self::All([vec![Self::Files { files }], others].concat()),
        }
    }

    /// The same, asked of the files alone and of no engine that reads them.
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
            other => other.clone(),
        }
    }

    /// What to do where it fails.
    pub fn hint(&self) -> Option<Hint> {
        let Self::CertsD { endpoint, .. } = self else { return None };
        Some(hint!("find out why: {labtrust doctor {}}", endpoint))
    }

    /// Whether it asks about the registry at `endpoint`.
    pub fn is_of(&self, endpoint: &Endpoint) -> bool {
        matches!(self, Self::CertsD { endpoint: asked, .. } if asked == endpoint)
    }

    /// The files that it looks at as a whole.
    pub fn files(&self) -> Vec<&Path> {
        match self {
            Self::Files { files } => files.iter().map(|(path, _)| path.as_path()).collect(),
            Self::All(proofs) => proofs.iter().flat_map(Self::files).collect(),
            _ => Vec::new(),
        }
    }

    /// The same, asked once: a server gets no time to show what it was not told yet.
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

/// What a store is asked to show of a change: one question, put both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// That the change is in place.
    There,
    /// That it was taken back.
    Gone,
}

impl Wanted {
    /// The other way.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::There => Self::Gone,
            Self::Gone => Self::There,
        }
    }
}

/// What the store said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofResult {
    /// It is as wanted; with what was seen.
    Holds(String),
    /// It is not; with what was seen instead.
    Fails(String),
    /// It is as wanted in the files, and a service goes by what it read of them earlier; with what was seen.
    Lingers(String),
}

impl ProofResult {
    /// Whether it is so.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Holds(_))
    }

    /// What was seen.
    pub fn detail(&self) -> &str {
        match self {
            Self::Holds(detail) | Self::Fails(detail) | Self::Lingers(detail) => detail,
        }
    }

    /// What was seen of what is there, as the answer to what is `wanted`.
    #[must_use]
    pub fn to(self, wanted: Wanted) -> Self {
        match (self, wanted) {
            (Self::Holds(detail), Wanted::Gone) => Self::Fails(detail),
            (Self::Fails(detail), Wanted::Gone) => Self::Holds(detail),
            (verdict, _) => verdict,
        }
    }
}
