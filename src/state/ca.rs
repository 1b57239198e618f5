//! The CA that `setup` created on this machine, from its files in the state folder.

mod command_lines;
mod source;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use labtrust_plan::{Actor, Anchor, Certificate, Change, Contents, Step};
use time::OffsetDateTime;

use crate::certificate::{parsed::Parsed, path, pem, successor};

pub(crate) use self::{
    command_lines::{DAYS_HINT, next_ca, with_key},
    source::Source,
};
use super::{Damage, Files, OnDisk, Rotation, SetupReceipt, SetupRecord, Way, parse_json, steady::steady};

/// The next or the old CA, or its damage.
pub(crate) type Beside = Result<Option<Box<Ca>>, Damage>;

/// A CA without its key.
#[derive(Clone, Debug)]
pub(crate) struct Ca {
    /// The root, or the one self-signed certificate.
    pub root: Parsed,
    /// Its intermediates.
    pub intermediates: Vec<Parsed>,
    /// The certificates of a sealed CA, in the order of their periods.
    pub periods: Vec<Parsed>,
    /// The options of `setup`.
    pub notes: SetupRecord,
    /// The next CA, during a rotation.
    pub next: Beside,
    /// The old CA, until it is removed.
    pub previous: Beside,
    /// Its folder.
    pub folder: PathBuf,
    /// The uid of the state folder's owner.
    pub owner: u32,
    /// The way to remove it if its files are damaged.
    pub way: Way,
    /// For a next CA: the certificate by which the old CA vouches for it.
    pub voucher: Option<Parsed>,
}

const ROOT: &str = "root.crt";
const INTERMEDIATES: &str = "intermediates.crt";
const KEY: &str = "intermediate.key";
const PERIODS: &str = "periods.crt";
const PERIOD_KEYS: &str = "periods.key";
const NOTES: &str = "setup.json";
const VOUCHER: &str = "voucher.crt";

/// The store of the CA's own files in receipts.
pub(crate) const AUTHORITY: &str = "authority";

/// The roles of the CAs, and the CA in use with the next and the old one.
#[derive(Debug)]
pub(crate) struct Authorities {
    /// The roles of the CAs.
    pub rotation: Result<Rotation, Damage>,
    /// The CA in use, if there is one.
    pub ca: Result<Option<Ca>, Damage>,
}

impl Authorities {
    /// The CAs of a state folder.
    pub(crate) fn on_disk(files: &OnDisk) -> Self {
        let mut found = Self::read(files);
        if let Ok(Some(ca)) = &mut found.ca {
            ca.set_owner(files.owner);
        }
        found
    }

    /// The CAs among `files`.
    pub(crate) fn read(files: &dyn Files) -> Self {
        steady(files, |receipt| Self::read_once(files, receipt), Self::damages)
    }

    /// The CAs among `files`. Another run may have changed them since `receipt` was read.
    fn read_once(files: &dyn Files, receipt: &SetupReceipt) -> Self {
        let rotation = Rotation::read_once(files, receipt);
        let ca = rotation.clone().and_then(|rotation| Ca::with_those_beside(files, receipt, &rotation));
        Self { rotation, ca }
    }

    fn damages(&self) -> Vec<Damage> {
        match &self.ca {
            Ok(ca) => ca.iter().flat_map(Ca::damages).cloned().collect(),
            Err(damage) => vec![damage.clone()],
        }
    }
}

impl Ca {
    /// The CA in use among `files`, with the next and the old one.
    pub(crate) fn among(files: &dyn Files) -> Result<Option<Self>, Damage> {
        Authorities::read(files).ca
    }

    /// The CA in use, with the next and the old one. Another run may have changed them since `receipt` was read.
    fn with_those_beside(
        files: &dyn Files,
        receipt: &SetupReceipt,
        rotation: &Rotation,
    ) -> Result<Option<Self>, Damage> {
        let read = |name: &str, way: Way| Self::read(files, Path::new(name), way);
        let missing = |name: &str, way| Damage::missing(&files.full(&Path::new(name).join(ROOT)), way);
        let Some(mut own) = read(&rotation.current, Way::Setup)? else {
            let is_known = *rotation != Rotation::default()
                || receipt.has(files, &Path::new(&rotation.current).join(ROOT));
            return if is_known { Err(missing(&rotation.current, Way::Setup)) } else { Ok(None) };
        };
        let beside = |name: &Option<String>, way| match name {
            Some(name) => read(name, way)?.map(Box::new).ok_or_else(|| missing(name, way)).map(Some),
            None => Ok(None),
        };
        own.next = beside(&rotation.next, Way::Next);
        own.previous = beside(&rotation.previous, Way::Previous);
        Ok(Some(own))
    }

    /// The CA whose files are in `folder`.
    fn read(files: &dyn Files, folder: &Path, way: Way) -> Result<Option<Self>, Damage> {
        let read = |name: &str| {
            let path = folder.join(name);
            files.read(&path).map_err(|error| Damage::new(&files.full(&path), &error, way))
        };
        let damage = |name: &str| {
            let path = files.full(&folder.join(name));
            move |error: anyhow::Error| Damage::new(&path, &error, way)
        };
        let Some(root) = read(ROOT)? else { return Ok(None) };
        let root = single(&root).map_err(damage(ROOT))?;
        let parse = |bytes: &[u8]| -> Result<Vec<Parsed>> {
            pem::certificates(bytes)?.iter().map(|der| Parsed::from_der(der)).collect()
        };
        let missing = |name: &str| Damage::missing(&files.full(&folder.join(name)), way);
        let some = |name: &str, is_needed: &dyn Fn() -> Result<bool, Damage>| match read(name)? {
            Some(bytes) => match parse(&bytes).map_err(damage(name))? {
                none if none.is_empty() => Err(damage(name)(anyhow!("it contains no certificate"))),
                certificates => Ok(certificates),
            },
            None if is_needed()? => Err(missing(name)),
            None => Ok(Vec::new()),
        };
        // A company's CA has no intermediates and no key here.
        let intermediates = some(INTERMEDIATES, &|| Ok(read(KEY)?.is_some()))?;
        let periods = if root.is_sealed_root() { some(PERIODS, &|| Ok(true))? } else { Vec::new() };
        let notes = read(NOTES)?.ok_or_else(|| missing(NOTES))?;
        let notes = parse_json(&notes).map_err(damage(NOTES))?;
        let voucher = read(VOUCHER)?.map(|bytes| single(&bytes)).transpose().map_err(damage(VOUCHER))?;
        let folder = files.full(folder);
        Ok(Some(Self {
            root,
            intermediates,
            periods,
            notes,
            next: Ok(None),
            previous: Ok(None),
            folder,
            owner: 0,
            way,
            voucher,
        }))
    }

    fn set_owner(&mut self, owner: u32) {
        self.owner = owner;
        for beside in [&mut self.next, &mut self.previous].into_iter().flatten().flatten() {
            beside.owner = owner;
        }
    }

    /// The next CA; an error if it is damaged.
    pub(crate) fn next(&self) -> Result<Option<&Self>, Damage> {
        self.next.as_ref().map(Option::as_deref).map_err(Clone::clone)
    }

    /// The old CA; an error if it is damaged.
    pub(crate) fn previous(&self) -> Result<Option<&Self>, Damage> {
        self.previous.as_ref().map(Option::as_deref).map_err(Clone::clone)
    }

    /// The damages of the next and the old CA.
    pub(crate) fn damages(&self) -> impl Iterator<Item = &Damage> {
        self.next.as_ref().err().into_iter().chain(self.previous.as_ref().err())
    }

    /// The last moment of the first of its certificates to end.
    pub(crate) fn not_after(&self) -> OffsetDateTime {
        self.intermediates.iter().map(|one| one.not_after).fold(self.root.not_after, Ord::min)
    }

    /// The anchor for clients, with its endpoints.
    pub(crate) fn anchor(&self) -> Anchor {
        Anchor::new(Certificate::from(&self.root), self.notes.endpoints.clone())
    }

    /// This CA, the next and the old one, as far as they are readable.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Self> {
        let beside = [&self.next, &self.previous].into_iter().filter_map(|beside| beside.as_ref().ok());
        std::iter::once(self).chain(beside.filter_map(Option::as_deref))
    }

    /// The certificates after the root during a rotation: the voucher for the next CA, and the next CA's root.
    pub(crate) fn extra_chain(&self) -> Result<Vec<Certificate>, Damage> {
        let Some(next) = self.next()? else { return Ok(Vec::new()) };
        Ok(next.voucher.iter().chain([&next.root]).map(Certificate::from).collect())
    }

    /// Whether this CA, the next or the old one signed `chain`, which is from a file or a handshake.
    pub(crate) fn is_ours(&self, chain: &[Certificate]) -> bool {
        self.all().any(|own| own.has_signed(chain))
    }

    /// Whether this CA signed `chain`, which is from a file or a handshake.
    pub(crate) fn has_signed(&self, chain: &[Certificate]) -> bool {
        Self::leads_to(chain, &self.root) || {
            // A server may send its leaf alone.
            let leaf = chain.first().and_then(|leaf| Parsed::from_der(leaf.der()).ok());
            leaf.is_some_and(|leaf| self.intermediates.iter().any(|issuer| leaf.is_signed_by(issuer)))
        }
    }

    /// Whether the first certificate of `chain` leads, within it, to `root`.
    pub(crate) fn leads_to(chain: &[Certificate], root: &Parsed) -> bool {
        let parsed: Vec<Parsed> =
            chain.iter().filter_map(|certificate| Parsed::from_der(certificate.der()).ok()).collect();
        let Some((leaf, rest)) = parsed.split_first() else { return false };
        let pool: Vec<Parsed> = rest.iter().chain([root]).cloned().collect();
        let top = path::above(leaf, &pool).last().map_or(leaf.fingerprint(), |top| top.fingerprint());
        top == root.fingerprint()
    }
}

impl Ca {
    /// Whether clients of this CA need the fingerprint of `next`: a sealed CA cannot vouch for it, or it can sign more.
    fn needs_fingerprint_of(&self, next: &Self) -> bool {
        let above: Vec<_> = self.intermediates.iter().chain([&self.root]).collect();
        let voucher = next.voucher.as_ref();
        voucher.is_none_or(|voucher| !successor::wider(&next.root, &above, voucher).is_empty())
    }
}

/// The files of a CA in `folder`, as a change.
pub(crate) fn change(folder: &Path, root: &Parsed, source: &Source, notes: &SetupRecord) -> Result<Change> {
    let steps = steps(folder, root, source, notes)?;
    Ok(Change::of_files(AUTHORITY, folder, Actor::Caller, steps))
}

/// The same for a next CA. The old CA signed `voucher` for it, unless it is sealed.
pub(crate) fn change_vouched(
    folder: &Path,
    (root, next): (&Parsed, &Source),
    notes: &SetupRecord,
    voucher: Option<&Parsed>,
) -> Result<Change> {
    let voucher = voucher.map(|voucher| {
        let contents = Contents::Public(pem::write_certificates([voucher.der()]).into_bytes());
        Step::Put { path: folder.join(VOUCHER), contents, mode: 0o644 }
    });
    let steps = voucher.into_iter().chain(steps(folder, root, next, notes)?).collect();
    Ok(Change::of_files(AUTHORITY, folder, Actor::Caller, steps))
}

fn steps(folder: &Path, root: &Parsed, source: &Source, notes: &SetupRecord) -> Result<Vec<Step>> {
    let put = |name: &str, contents: Vec<u8>| Step::Put {
        path: folder.join(name),
        contents: Contents::Public(contents),
        mode: 0o644,
    };
    let mut steps = source.steps(folder);
    steps.push(put(NOTES, serde_json::to_vec_pretty(notes)?));
    // Last, because its presence means that there is a CA.
    steps.push(put(ROOT, pem::write_certificates([root.der()]).into_bytes()));
    Ok(steps)
}

fn single(bytes: &[u8]) -> Result<Parsed> {
    match pem::certificates(bytes)?.as_slice() {
        [der] => Parsed::from_der(der),
        _ => Err(anyhow!("it does not contain exactly one certificate")),
    }
}
