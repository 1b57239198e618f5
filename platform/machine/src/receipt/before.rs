//! The bytes that a receipt needs to restore files, saved beside it under their SHA-256.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use labtrust_plan::{Contents, Fingerprint};

use super::{Receipt, Receipts, folder::PRIVATE};
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
            let before = self.folder(name).join("before");
            self.world.make_folders(&before, 0o700)?;
            let kept = before.join(sha256.to_string());
            if self.world.look(&kept)? == Node::Absent {
                let bytes = world.read(path)?.unwrap_or_default();
                if Fingerprint::of(&bytes) != sha256 {
                    return Err(Error::Corrupt {
                        path: path.to_owned(),
                        why: "changes while it is read".into(),
                    });
                }
                self.world.put(&kept, &Contents::Secret(bytes), PRIVATE)?;
            }
        }
        Ok(node)
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
