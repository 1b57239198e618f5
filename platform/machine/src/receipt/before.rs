//! The bytes that a receipt needs to restore files, saved beside it under their SHA-256.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use labtrust_plan::{Contents, Edit, Fingerprint, edit::Undone};
use zeroize::Zeroizing;

use super::{Gone, Receipt, Receipts, StepRecord, folder::PRIVATE};
use crate::{
    Error, Result,
    world::{Node, World},
};

impl Receipts {
    /// The saved files beside `receipt` that are no longer needed.
    pub(super) fn left_over(&self, receipt: &Receipt) -> Result<Vec<PathBuf>> {
        let mut kept = self.world.list(&self.folder(&receipt.name).join("before"))?;
        if kept.is_empty() {
            return Ok(kept);
        }
        let needed: BTreeSet<Fingerprint> = receipt.saved_hashes().collect();
        kept.retain(|path| {
            let sha256 = path.file_name().and_then(|name| name.to_str()?.parse::<Fingerprint>().ok());
            sha256.is_some_and(|sha256| !needed.contains(&sha256))
        });
        Ok(kept)
    }

    /// Saves the bytes of the file at `path` beside the receipt `name`, and returns the state of `path`.
    pub(crate) fn back_up(&self, name: &str, world: &World, path: &Path) -> Result<Node> {
        let node = world.look(path)?;
        if let Node::File { sha256, .. } = node {
            self.keep(name, sha256, || {
                let bytes = world.read(path)?.unwrap_or_default();
                if Fingerprint::of(&bytes) == sha256 {
                    Ok(bytes)
                } else {
                    Err(Error::Corrupt { path: path.to_owned(), why: "changes while it is read".into() })
                }
            })?;
        }
        Ok(node)
    }

    /// Saves the `bytes` with this `sha256` beside the receipt `name`, unless they are saved there.
    fn keep(
        &self,
        name: &str,
        sha256: Fingerprint,
        bytes: impl FnOnce() -> Result<Zeroizing<Vec<u8>>>,
    ) -> Result<()> {
        let before = self.folder(name).join("before");
        self.world.make_folders(&before, 0o700)?;
        let kept = before.join(sha256.to_string());
        if self.world.look(&kept)? == Node::Absent {
            self.world.put(&kept, &Contents::Secret(bytes()?), PRIVATE)?;
        }
        Ok(())
    }

    /// Takes the edits of the steps `gone`, the latest first, out of the states that `receipt` recorded after them: undoing it
    /// must not bring them back, and restores what stood there before all of them. States that it recorded earlier stay. True if
    /// there were any.
    pub(super) fn forget_edits(&self, receipt: &mut Receipt, gone: &[Gone]) -> Result<bool> {
        let mut any = false;
        for step in receipt.changes.iter_mut().flat_map(|change| &mut change.steps) {
            let StepRecord::File { path, before, edit, adopted: false, .. } = step else { continue };
            for gone in gone.iter().filter(|gone| gone.step.edits(path)) {
                if let Some(earlier) = self.without(gone, before, edit.as_ref(), &receipt.name)? {
                    *before = earlier;
                    any = true;
                }
            }
        }
        Ok(any)
    }

    /// The state `before` an edit of `own`, saved beside the receipt `name`, without the edit of `gone`; none if that is not in
    /// it, or if the bytes are damaged.
    fn without(&self, gone: &Gone, before: &Node, own: Option<&Edit>, name: &str) -> Result<Option<Node>> {
        let StepRecord::File { before: first, after, edit: Some(edit), .. } = &gone.step else {
            return Ok(None);
        };
        let Node::File { sha256, mode, uid, gid } = before else { return Ok(None) };
        let first = match first {
            Node::File { sha256, .. } => match self.saved_bytes(&gone.receipt, *sha256) {
                Ok(bytes) => Some(bytes),
                Err(_) => return Ok(None),
            },
            Node::Absent => None,
            _ => return Ok(None),
        };
        let first = first.as_ref().map(Contents::bytes);
        if own.is_some_and(|own| own.is_met(first) == Ok(true)) {
            // `own` was made first: the edit of `gone` is not in the state before it, even if somebody wrote the same there.
            return Ok(None);
        }
        let undone = match (*after == Some(*sha256), first) {
            (true, Some(first)) => Undone::Bytes(first.to_vec()),
            (true, None) => Undone::Gone,
            (false, _) => match self.saved_bytes(name, *sha256) {
                Ok(found) => edit.undo(Some(found.bytes()), first),
                Err(_) => return Ok(None),
            },
        };
        match undone {
            Undone::Gone => Ok(Some(Node::Absent)),
            Undone::Bytes(bytes) => {
                let sha256 = Fingerprint::of(&bytes);
                self.keep(name, sha256, || Ok(Zeroizing::new(bytes)))?;
                Ok(Some(Node::File { sha256, mode: *mode, uid: *uid, gid: *gid }))
            }
            Undone::Already | Undone::Foreign => Ok(None),
        }
    }

    /// The bytes that were saved under `sha256` beside the receipt `name`.
    pub(crate) fn saved_bytes(&self, name: &str, sha256: Fingerprint) -> Result<Contents> {
        let path = self.folder(name).join("before").join(sha256.to_string());
        match self.world.read(&path)? {
            Some(bytes) if Fingerprint::of(&bytes) == sha256 => Ok(Contents::Secret(bytes)),
            _ => Err(Error::Corrupt {
                path,
                why: "is missing or damaged, so the original file cannot be restored".into(),
            }),
        }
    }
}
