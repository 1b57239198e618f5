//! The CA that `setup` made on this machine, as its files in the state folder say.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use labtrust_platform::{
    Anchor, Certificate, Contents, Endpoint, World,
    plan::{Actor, Change, Step},
};
use serde::{Deserialize, Serialize};

use crate::{
    certificate::{
        authority::Authority, key::PrivateKey, parsed::Parsed, path, pem, profile::LEAF_DAYS, successor,
    },
    cli::Place,
    hint::fail,
    home::{Home, Rotation},
};

/// The CA's public part.
#[derive(Clone, Debug)]
pub struct OwnCa {
    /// The root, or the one self-signed certificate.
    pub root: Parsed,
    /// Intermediates below it.
    pub intermediates: Vec<Parsed>,
    /// What `setup` was asked for.
    pub notes: Notes,
    /// The CA that will follow this one, while it is being replaced.
    pub next: Option<Box<OwnCa>>,
    /// The CA that this one has followed, until that is retired.
    pub previous: Option<Box<OwnCa>>,
    /// Where its files are.
    pub folder: PathBuf,
    /// Of a CA that is to follow another: what that one has signed for it.
    pub voucher: Option<Parsed>,
}

/// What `setup` remembers beside the certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The form of this file.
    pub schema: u32,
    /// The server's endpoints: GitLab's own first, then its registry's.
    pub endpoints: Vec<Endpoint>,
    /// Where the pair was placed. Setups before this was written down found it by themselves.
    #[serde(default)]
    pub site: SiteNotes,
    /// For how many days a certificate is made.
    #[serde(default = "usual_days")]
    pub days: u32,
}

fn usual_days() -> u32 {
    LEAF_DAYS
}

/// The options by which the place of a pair was named; none where it was found on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteNotes {
    /// `--gitlab`, from the root on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gitlab: Option<PathBuf>,
    /// `--prepare`, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepare: Option<PathBuf>,
    /// `--out`, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out: Option<PathBuf>,
    /// `--reload`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reload: Option<String>,
}

impl SiteNotes {
    /// What `place` says, so that it holds from any folder.
    pub fn of(place: &Place) -> Result<Self> {
        let absolute = |path: &Option<PathBuf>| path.as_ref().map(std::path::absolute).transpose();
        Ok(Self {
            gitlab: absolute(&place.gitlab)?,
            prepare: absolute(&place.prepare)?,
            out: absolute(&place.out)?,
            reload: place.reload.clone(),
        })
    }

    /// The options again.
    pub fn place(&self) -> Place {
        let Self { gitlab, prepare, out, reload } = self.clone();
        Place { gitlab, prepare, out, reload, replace: false }
    }
}

const ROOT: &str = "root.crt";
const INTERMEDIATES: &str = "intermediates.crt";
const KEY: &str = "intermediate.key";
const NOTES: &str = "setup.json";
const VOUCHER: &str = "voucher.crt";

/// The store that the CA's own files belong to in receipts.
pub const AUTHORITY: &str = "authority";

impl OwnCa {
    /// The CA in the state folder, or in that of the user who called sudo.
    pub fn find(home: &Home) -> Result<Option<Self>> {
        match Self::here(home)? {
            Some(own) => Ok(Some(own)),
            None => home.invoker.as_ref().map_or(Ok(None), |state| Self::in_use(state)),
        }
    }

    /// The CA in the state folder, with those beside it.
    pub fn here(home: &Home) -> Result<Option<Self>> {
        Self::in_use(&home.state)
    }

    fn in_use(state: &Path) -> Result<Option<Self>> {
        let rotation = Rotation::read(state)?;
        let Some(mut own) = Self::read(&state.join(rotation.current))? else { return Ok(None) };
        let beside = |name: Option<String>| match name {
            Some(name) => Ok::<_, anyhow::Error>(Self::read(&state.join(name))?.map(Box::new)),
            None => Ok(None),
        };
        own.next = beside(rotation.next)?;
        own.previous = beside(rotation.previous)?;
        Ok(Some(own))
    }

    /// The CA whose files are in `folder`.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let world = World::here();
        let Some(root) = world.read(&folder.join(ROOT))? else { return Ok(None) };
        let root = single(&root, &folder.join(ROOT))?;
        let intermediates = world.read(&folder.join(INTERMEDIATES))?.unwrap_or_default();
        let intermediates = pem::certificates(&intermediates)?
            .iter()
            .map(|der| Parsed::from_der(der))
            .collect::<Result<_>>()?;
        let path = folder.join(NOTES);
        let notes = world.read(&path)?;
        if notes.is_none() && world.read(&folder.join(ROOT))?.is_none() {
            // It is taken back just now.
            return Ok(None);
        }
        let notes = notes.unwrap_or_default();
        let notes =
            serde_json::from_slice(&notes).with_context(|| format!("cannot read {}", path.display()))?;
        let voucher = folder.join(VOUCHER);
        let voucher = world.read(&voucher)?.map(|bytes| single(&bytes, &voucher)).transpose()?;
        let (next, previous, folder) = (None, None, folder.to_owned());
        Ok(Some(Self { root, intermediates, notes, next, previous, folder, voucher }))
    }

    /// What clients are to trust, and for which endpoints.
    pub fn anchor(&self) -> Anchor {
        Anchor { certificate: Certificate::from(&self.root), endpoints: self.notes.endpoints.clone() }
    }

    /// This CA and those beside it.
    pub fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.next.as_deref()).chain(self.previous.as_deref())
    }

    /// What is served after the root while this CA is being replaced: the next root, and before it what tells
    /// clients of this CA that they can believe in it.
    pub fn along(&self) -> Vec<Certificate> {
        let Some(next) = &self.next else { return Vec::new() };
        next.voucher.iter().chain([&next.root]).map(Certificate::from).collect()
    }

    /// Whether `chain`, as met on disk or in a handshake, was signed by this CA or by one beside it.
    pub fn is_ours(&self, chain: &[Certificate]) -> bool {
        self.all().any(|own| own.has_signed(chain))
    }

    /// Whether `chain`, as met on disk or in a handshake, was signed by this CA.
    pub fn has_signed(&self, chain: &[Certificate]) -> bool {
        Self::leads_to(chain, &self.root) || {
            // A server may send its leaf alone.
            let leaf = chain.first().and_then(|leaf| Parsed::from_der(leaf.der()).ok());
            leaf.is_some_and(|leaf| self.intermediates.iter().any(|issuer| leaf.is_signed_by(issuer)))
        }
    }

    /// Whether the first certificate of `chain` leads, within it, to `root`.
    pub fn leads_to(chain: &[Certificate], root: &Parsed) -> bool {
        let parsed: Vec<Parsed> = chain.iter().filter_map(|one| Parsed::from_der(one.der()).ok()).collect();
        let Some((leaf, rest)) = parsed.split_first() else { return false };
        let pool: Vec<Parsed> = rest.iter().chain([root]).cloned().collect();
        let top = path::above(leaf, &pool).last().map_or(leaf.fingerprint(), |top| top.fingerprint());
        top == root.fingerprint()
    }

    /// The CA with its key, ready to sign. A self-signed certificate and a company's CA have no
    /// key here.
    pub fn open(&self) -> Result<Option<Authority>> {
        let path = self.folder.join(KEY);
        let Some(key) = World::here().read(&path)? else { return Ok(None) };
        let key = PrivateKey::from_pem(&key, &mut |_| {
            Err(fail(
                "the CA's key is encrypted",
                "labtrust never encrypts it: restore that file from a backup",
            ))
        })
        .with_context(|| format!("cannot read {}", path.display()))?;
        let certificates: Vec<_> = self
            .intermediates
            .iter()
            .chain([&self.root])
            .map(|certificate| certificate.der().clone())
            .collect();
        Ok(Some(Authority::open(&certificates, key)?))
    }

    /// What root says to labtrust to trust this CA; with its file where the state folder is not the
    /// usual one.
    pub fn trust_command(&self, is_elsewhere: bool) -> Vec<String> {
        let mut words = vec!["trust".to_owned()];
        if is_elsewhere {
            words.push(self.folder.join(ROOT).display().to_string());
            words.extend(["--fingerprint".into(), self.root.fingerprint().to_string()]);
            words.extend(
                self.notes.endpoints.iter().flat_map(|endpoint| ["--for".into(), endpoint.to_string()]),
            );
        }
        words
    }

    /// How the CA's certificate is taken to clients, and the line there, while no server presents it.
    pub fn lines_before_placing(&self) -> Vec<String> {
        const FILE: &str = "labtrust-ca.crt";
        let places: String =
            self.notes.endpoints.iter().map(|endpoint| format!(" --for {endpoint}")).collect();
        vec![
            format!("labtrust export -o {FILE}"),
            format!("labtrust trust ./{FILE} --fingerprint {}{places}", self.root.fingerprint()),
        ]
    }

    /// The exact line that makes a client trust the CA, and with it the one that will follow.
    pub fn client_line(&self) -> String {
        let registry = self.notes.endpoints.last().map(ToString::to_string).unwrap_or_default();
        let line = format!("labtrust trust {registry} --fingerprint {}", self.root.fingerprint());
        // What is wider than the CA that vouches for it is trusted by its own fingerprint only.
        let wider = self.next.as_ref().filter(|next| self.is_narrower_than(next));
        wider.map_or(line.clone(), |next| format!("{line} --next {}", next.root.fingerprint()))
    }
}

impl OwnCa {
    /// Whether clients of this CA would find `next` wider than it.
    fn is_narrower_than(&self, next: &Self) -> bool {
        let above: Vec<_> = self.intermediates.iter().chain([&self.root]).collect();
        let voucher = next.voucher.as_ref().unwrap_or(&self.root);
        !successor::wider(&next.root, &above, voucher).is_empty()
    }
}

/// The files of a CA in `folder`, as a change.
pub fn change(folder: &Path, root: &Parsed, authority: Option<&Authority>, notes: &Notes) -> Result<Change> {
    let steps = steps(folder, root, authority, notes)?;
    Ok(Change::of_files(AUTHORITY, folder, Actor::Caller, steps))
}

/// The same of a CA that is to follow another, which has signed `voucher` for it.
pub fn change_vouched(folder: &Path, next: &Authority, notes: &Notes, voucher: &Parsed) -> Result<Change> {
    let contents = Contents::Public(pem::write_certificates([voucher.der()]).into_bytes());
    let mut steps = steps(folder, next.root(), Some(next), notes)?;
    steps.insert(0, Step::Put { path: folder.join(VOUCHER), contents, mode: 0o644 });
    Ok(Change::of_files(AUTHORITY, folder, Actor::Caller, steps))
}

fn steps(folder: &Path, root: &Parsed, authority: Option<&Authority>, notes: &Notes) -> Result<Vec<Step>> {
    let put = |name: &str, contents: Contents, mode| Step::Put { path: folder.join(name), contents, mode };
    let mut steps = Vec::new();
    if let Some(authority) = authority {
        let above: Vec<_> = authority.chain().filter(|certificate| certificate.der() != root.der()).collect();
        let above = pem::write_certificates(above.iter().map(|certificate| certificate.der()));
        let key = authority.key().to_pem().as_bytes().to_vec().into();
        steps.push(put(KEY, Contents::Secret(key), 0o600));
        steps.push(put(INTERMEDIATES, Contents::Public(above.into_bytes()), 0o644));
    }
    let notes = serde_json::to_vec_pretty(notes)?;
    steps.push(put(NOTES, Contents::Public(notes), 0o644));
    // Last, because its presence says that there is a CA.
    steps.push(put(ROOT, Contents::Public(pem::write_certificates([root.der()]).into_bytes()), 0o644));
    Ok(steps)
}

fn single(bytes: &[u8], path: &Path) -> Result<Parsed> {
    match pem::certificates(bytes)?.as_slice() {
        [der] => Parsed::from_der(der),
        _ => Err(fail(
            format!("{} does not hold one certificate", path.display()),
            "restore that file from a backup, or start anew: labtrust setup --undo",
        )),
    }
}
