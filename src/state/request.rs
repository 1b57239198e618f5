//! The requests in the state folder, each with its key. The key must stay until the signed certificate is installed and
//! can no longer be undone.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use labtrust_machine::World;
use labtrust_plan::{Actor, Change, Contents, Endpoint, Fingerprint, Step, Target};
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use super::{Damage, Files, Home, Way, parse_json};
use crate::{
    backup::Item,
    certificate::{CertificateDer, Parsed, PrivateKey, PublicKey, SubjectName, pem, request},
    hint::fail,
};

/// The store of requests in receipts.
pub(crate) const STORE: &str = "request";
/// Their folder in the state folder, with a folder for each.
pub(crate) const FOLDER: &str = "requests";
/// The installed certificate and its chain.
pub(crate) const ANSWER: &str = "answer.crt";
const KEY: &str = "key";
const REQUEST: &str = "request.csr";
/// Written last, because its presence means that there is a request.
pub(crate) const NOTES: &str = "request.json";

/// A request, without its key.
#[derive(Clone, Debug)]
pub(crate) struct PendingRequest {
    /// Its folder.
    pub folder: PathBuf,
    /// The public half of its key.
    pub public_key: PublicKey,
    /// Its record.
    pub notes: RequestRecord,
    /// The installed certificate with its chain; empty before that.
    pub answer: Vec<CertificateDer<'static>>,
    /// The uid of the state folder's owner.
    owner: u32,
}

/// All stored requests.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// The readable requests.
    pub kept: Vec<PendingRequest>,
    /// The damages of the others.
    pub damaged: Vec<Damage>,
}

impl Requests {
    /// All requests in `home`, with those of the user who called sudo.
    pub(crate) fn read(home: &Home) -> Result<Self> {
        let mut requests = Self::default();
        for files in [Some(home.files()), home.invokers_files()].into_iter().flatten() {
            for folder in World::here().list(&files.folder.join(FOLDER))? {
                let name = folder.file_name().unwrap_or_default();
                match PendingRequest::read(&files, &Path::new(FOLDER).join(name)) {
                    Ok(kept) => {
                        requests.kept.extend(kept.map(|kept| PendingRequest { owner: files.owner, ..kept }));
                    }
                    Err(damage) => requests.damaged.push(damage),
                }
            }
        }
        Ok(requests)
    }
}

/// The record of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RequestRecord {
    /// The version of the file format.
    pub schema: u32,
    /// All names in the request, GitLab's host first.
    pub names: Vec<SubjectName>,
    /// The time of the request (RFC 3339).
    pub made: String,
    /// GitLab itself, if the command line named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Endpoint>,
    /// Its registry, if the command line named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<Endpoint>,
    /// `--gitlab`, as an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gitlab: Option<PathBuf>,
}

impl RequestRecord {
    /// The named host.
    pub(crate) fn host(&self) -> Option<Target> {
        self.host.as_ref().map(Target::from)
    }

    /// The named registry.
    pub(crate) fn registry(&self) -> Option<Target> {
        self.registry.as_ref().map(Target::from)
    }
}

impl PendingRequest {
    /// The request in `folder`; none while it is being written or deleted.
    pub(crate) fn read(files: &dyn Files, folder: &Path) -> Result<Option<Self>, Damage> {
        let full = |name: &str| files.full(&folder.join(name));
        let damage = |name: &str| {
            let path = full(name);
            move |error: anyhow::Error| Damage::new(&path, &error, Way::Request)
        };
        let read = |name: &str| files.read(&folder.join(name)).map_err(damage(name));
        // Its key is written first and removed last.
        let Some(notes) = read(NOTES)? else { return Ok(None) };
        let Some(key) = read(KEY)? else {
            let is_gone = read(NOTES)?.is_none();
            return if is_gone { Ok(None) } else { Err(Damage::missing(&full(KEY), Way::Request)) };
        };
        let notes: RequestRecord = parse_json(&notes).map_err(damage(NOTES))?;
        if notes.schema != 1 {
            return Err(damage(NOTES)(fail("a newer labtrust wrote it", "use that one")));
        }
        let key = PrivateKey::from_plain_pem(&key).map_err(damage(KEY))?;
        let answer = match read(ANSWER)? {
            Some(bytes) => match pem::certificates(&bytes).map_err(damage(ANSWER))? {
                none if none.is_empty() => return Err(damage(ANSWER)(anyhow!("it holds no certificate"))),
                answer => answer,
            },
            None => Vec::new(),
        };
        let leaf = answer.first().map(|leaf| Parsed::from_der(leaf)).transpose().map_err(damage(ANSWER))?;
        if leaf.is_some_and(|leaf| !key.matches(&leaf)) {
            return Err(damage(ANSWER)(anyhow!("it is not for the key beside it")));
        }
        let public_key = key.public_key().clone();
        Ok(Some(Self { folder: files.full(folder), public_key, notes, answer, owner: 0 }))
    }

    /// A new request for `key`, and what keeping it takes.
    pub(crate) fn make(home: &Home, key: &PrivateKey, notes: RequestRecord) -> Result<(Self, Change)> {
        let public_key = key.public_key().clone();
        let folder = folder(&home.state, &public_key);
        let kept = Self { folder, public_key, notes, answer: Vec::new(), owner: 0 };
        let request = pem::write_request(&request(&kept.notes.names, key)?).into_bytes();
        let key = Contents::Secret(Zeroizing::new(key.to_pem().as_bytes().to_vec()));
        let put = |name, contents, mode| Step::Put { path: kept.folder.join(name), contents, mode };
        let steps = vec![
            put(KEY, key, 0o600),
            put(REQUEST, Contents::Public(request), 0o644),
            put(NOTES, Contents::Public(serde_json::to_vec_pretty(&kept.notes)?), 0o644),
        ];
        let change = Change::of_files(STORE, &kept.folder, Actor::Caller, steps);
        Ok((kept, change))
    }

    /// The request as PEM.
    pub(crate) fn request(&self) -> Result<String> {
        let path = self.folder.join(REQUEST);
        let text = World::here().read(&path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        text.ok_or_else(|| {
            fail(
                format!("{} is missing", path.display()),
                "create another request: {labtrust request --new-key}",
            )
        })
    }

    /// Its key.
    pub(crate) fn open(&self) -> Result<PrivateKey, Damage> {
        let path = self.key_path();
        let damage = |error: anyhow::Error| Damage::new(&path, &error, Way::Request);
        let key = World::read_owned_by(self.owner, &path).map_err(|error| damage(error.into()))?;
        let key = key.ok_or_else(|| Damage::missing(&path, Way::Request))?;
        PrivateKey::from_plain_pem(&key).map_err(damage)
    }

    /// The file of its key.
    pub(crate) fn key_path(&self) -> PathBuf {
        self.folder.join(KEY)
    }

    /// The file of its installed certificate.
    pub(crate) fn answer_path(&self) -> PathBuf {
        self.folder.join(ANSWER)
    }

    /// Whether it is for exactly these names, and its certificate is not installed yet.
    pub(crate) fn waits_for(&self, names: &[SubjectName]) -> bool {
        let sorted = |names: &[SubjectName]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        self.answer.is_empty() && sorted(&self.notes.names) == sorted(names)
    }

    /// The name of its receipt.
    pub(crate) fn receipt(&self) -> String {
        receipt(&self.folder)
    }
}

/// The files of an answered request for an imported `chain` and `key`, by their paths in the state folder.
pub(crate) fn answered_files(chain: &[Parsed], key: &PrivateKey) -> Result<Vec<Item>> {
    let Some(leaf) = chain.first() else { return Ok(Vec::new()) };
    let notes = RequestRecord {
        schema: 1,
        names: leaf.names.clone(),
        made: leaf.not_before.format(&Rfc3339)?,
        host: None,
        registry: None,
        gitlab: None,
    };
    let answer: Vec<_> = chain.iter().map(|certificate| certificate.der().clone()).collect();
    let folder = folder(Path::new(""), key.public_key());
    let item = |name, contents, is_public| Item { path: folder.join(name), contents, is_public };
    Ok(vec![
        item(ANSWER, Zeroizing::new(pem::write_certificates(&answer).into_bytes()), true),
        item(KEY, Zeroizing::new(key.to_pem().as_bytes().to_vec()), false),
        item(NOTES, Zeroizing::new(serde_json::to_vec_pretty(&notes)?), true),
    ])
}

/// The name of the receipt for the request in `folder`.
pub(crate) fn receipt(folder: &Path) -> String {
    format!("{STORE}-{}", folder.file_name().unwrap_or_default().to_string_lossy())
}

fn folder(state: &Path, public_key: &PublicKey) -> PathBuf {
    state.join(FOLDER).join(Fingerprint::of(public_key.spki()).short())
}
