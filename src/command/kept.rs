//! The requests in the state folder: each with its key, which must not be lost before the answer is
//! there, nor while the answer can still be taken back.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use labtrust_platform::{
    Contents, Endpoint, Fingerprint, Outcome, Session, Target, World, apply,
    plan::{Actor, Change, Step},
    receipt::Phase,
    text, undo,
};
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use super::place;
use crate::{
    backup::Item,
    certificate::{CertificateDer, Chain, Parsed, PrivateKey, PublicKey, SubjectName, pem, request},
    hint::fail,
    home::Home,
    printer::Printer,
    state::{Damage, Files, Way, parse_json, put_aside, recorded},
};

/// The store that requests belong to in receipts.
pub const STORE: &str = "request";
/// Where they are kept in the state folder, a folder each.
pub const FOLDER: &str = "requests";
/// Certificates, the answer's first, once they were placed.
const ANSWER: &str = "answer.crt";
const KEY: &str = "key";
const REQUEST: &str = "request.csr";
/// Last, because its presence says that there is a request.
pub const NOTES: &str = "request.json";

/// A request, without its key.
#[derive(Debug)]
pub struct Kept {
    /// Where it is kept.
    pub folder: PathBuf,
    /// The public half of its key.
    pub public_key: PublicKey,
    /// What it was asked for.
    pub notes: Notes,
    /// The answer with its chain, once that was placed.
    pub answer: Vec<CertificateDer<'static>>,
}

/// Requests, as far as they can be read.
#[derive(Debug, Default)]
pub struct Requests {
    /// Each with its key.
    pub kept: Vec<(Kept, PrivateKey)>,
    /// What is damaged of the others.
    pub damaged: Vec<Damage>,
}

/// What is remembered beside a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The form of this file.
    pub schema: u32,
    /// All names in the request, GitLab's host first.
    pub names: Vec<SubjectName>,
    /// When it was made (RFC 3339).
    pub made: String,
    /// GitLab itself, if the command line named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Endpoint>,
    /// Its registry, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<Endpoint>,
    /// `--gitlab`, from the root on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gitlab: Option<PathBuf>,
}

impl Notes {
    /// The host that was named.
    pub fn host(&self) -> Option<Target> {
        self.host.as_ref().map(Target::from)
    }

    /// The registry that was named.
    pub fn registry(&self) -> Option<Target> {
        self.registry.as_ref().map(Target::from)
    }
}

impl Kept {
    /// All requests of `home`, each with its key; those of the user who called sudo too.
    pub fn all(home: &Home) -> Result<Requests> {
        let mut requests = Requests::default();
        for files in [Some(home.files()), home.invokers_files()].into_iter().flatten() {
            for folder in World::here().list(&files.folder.join(FOLDER))? {
                let name = folder.file_name().unwrap_or_default();
                match Self::read(&files, &Path::new(FOLDER).join(name)) {
                    Ok(kept) => requests.kept.extend(kept),
                    Err(damage) => requests.damaged.push(damage),
                }
            }
        }
        Ok(requests)
    }

    /// The request in `folder`; none while it is made or taken away.
    pub fn read(files: &dyn Files, folder: &Path) -> Result<Option<(Self, PrivateKey)>, Damage> {
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
        let notes: Notes = parse_json(&notes).map_err(damage(NOTES))?;
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
        Ok(Some((Self { folder: files.full(folder), public_key, notes, answer }, key)))
    }

    /// A new request for `key`, and what keeping it takes.
    pub fn make(home: &Home, key: &PrivateKey, notes: Notes) -> Result<(Self, Change)> {
        let public_key = key.public_key().clone();
        let folder = folder(&home.state, &public_key);
        let kept = Self { folder, public_key, notes, answer: Vec::new() };
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
    pub fn request(&self) -> Result<String> {
        let path = self.folder.join(REQUEST);
        let text = World::here().read(&path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        text.ok_or_else(|| {
            fail(format!("{} is missing", path.display()), "make another: {labtrust request --new-key}")
        })
    }

    /// The file of its key.
    pub fn key_path(&self) -> PathBuf {
        self.folder.join(KEY)
    }

    /// The file of its answer.
    pub fn answer_path(&self) -> PathBuf {
        self.folder.join(ANSWER)
    }

    /// Whether it is for just these names, and has no answer yet.
    pub fn waits_for(&self, names: &[SubjectName]) -> bool {
        let sorted = |names: &[SubjectName]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        self.answer.is_empty() && sorted(&self.notes.names) == sorted(names)
    }

    /// What it is kept under.
    pub fn receipt(&self) -> String {
        receipt(&self.folder)
    }

    /// Forgets it, and its key.
    pub fn forget(&self, session: &Session<'_>) -> Result<Vec<Outcome>> {
        match session.receipts.load(&self.receipt())? {
            Some(mut receipt) => Ok(undo(session, &mut receipt, |_| true)?),
            None => Ok(Vec::new()),
        }
    }
}

/// The files of a request that `chain` would have answered, for a pair that was imported with its own key,
/// by their paths in the state folder.
pub fn answered_files(chain: &[Parsed], key: &PrivateKey) -> Result<Vec<Item>> {
    let Some(leaf) = chain.first() else { return Ok(Vec::new()) };
    let notes = Notes {
        schema: 1,
        names: leaf.names.clone(),
        made: leaf.not_before.format(&Rfc3339)?,
        host: None,
        registry: None,
        gitlab: None,
    };
    let answer: Vec<_> = chain.iter().map(|one| one.der().clone()).collect();
    let folder = folder(Path::new(""), key.public_key());
    let item = |name, contents, is_public| Item { path: folder.join(name), contents, is_public };
    Ok(vec![
        item(ANSWER, Zeroizing::new(pem::write_certificates(&answer).into_bytes()), true),
        item(KEY, Zeroizing::new(key.to_pem().as_bytes().to_vec()), false),
        item(NOTES, Zeroizing::new(serde_json::to_vec_pretty(&notes)?), true),
    ])
}

/// Forgets the request in `folder`, which is damaged: what can be read of it goes, and the rest is put aside.
pub fn give_up(session: &Session<'_>, home: &Home, folder: &Path, printer: &Printer) -> Result<()> {
    let receipts = session.receipts.recorded()?;
    let name = receipt(folder);
    if receipts.damage_of(&name).is_some() {
        return give_up_wholly(home, &name, folder, printer);
    }
    let Some(mut receipt) = session.receipts.load(&name)? else {
        return give_up_wholly(home, &name, folder, printer);
    };
    let changed: Vec<_> = receipt.changes.iter().flat_map(recorded::changed).collect();
    note_aside(put_aside(&home.state, &changed)?, printer);
    place::check(&undo(session, &mut receipt, |_| true)?)
}

fn give_up_wholly(home: &Home, name: &str, folder: &Path, printer: &Printer) -> Result<()> {
    let paths = [folder.to_owned(), home.state.join("receipts").join(name)];
    note_aside(put_aside(&home.state, &paths)?, printer);
    Ok(World::here().remove_folder(&home.state.join(FOLDER))?)
}

fn note_aside(aside: Option<PathBuf>, printer: &Printer) {
    if let Some(aside) = aside {
        printer.aside(format_args!("what is damaged is in {}", text::path(&aside)));
    }
}

/// What the request in `folder` is kept under.
pub fn receipt(folder: &Path) -> String {
    format!("{STORE}-{}", folder.file_name().unwrap_or_default().to_string_lossy())
}

fn folder(state: &Path, public_key: &PublicKey) -> PathBuf {
    state.join(FOLDER).join(Fingerprint::of(public_key.spki()).short())
}

/// Takes back what a run that was killed had begun: a request that nobody has seen yet, or one that
/// was being forgotten.
pub fn sweep(session: &Session<'_>) -> Result<()> {
    for mut receipt in session.receipts.recorded()? {
        let is_ours = receipt.changes.iter().any(|change| change.store.as_str() == STORE);
        // Without the request its answer alone may be left.
        let made = receipt.changes.iter().find(|change| !change.subject.ends_with(ANSWER));
        if is_ours && made.is_none_or(|made| made.phase != Phase::Applied) {
            undo(session, &mut receipt, |_| true)?;
        }
    }
    Ok(())
}

/// Writes down that `chain`, which is in its place now, is the answer to the request for its key. Requests
/// that were answered before it are of no more use; one is kept until then, since what was placed can be
/// taken back.
pub fn answered(session: &Session<'_>, home: &Home, requests: &[Kept], chain: &Chain) -> Result<()> {
    sweep(session)?;
    for kept in requests.iter().filter(|kept| kept.folder.starts_with(&home.state)) {
        if kept.public_key == *chain.leaf.public_key() {
            let path = kept.folder.join(ANSWER);
            let served: Vec<_> = chain.served().iter().map(|one| one.der().clone()).collect();
            let answer = pem::write_certificates(&served);
            let contents = Contents::Public(answer.into_bytes());
            let step = Step::Put { path: path.clone(), contents, mode: 0o644 };
            let change = Change::of_files(STORE, &path, Actor::Caller, vec![step]);
            place::check(&apply(session, &kept.receipt(), None, &[change])?)?;
        } else if !kept.answer.is_empty() {
            place::check(&kept.forget(session)?)?;
        }
    }
    Ok(())
}
