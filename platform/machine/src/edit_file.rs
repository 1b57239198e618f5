//! Edits of files: read, applied and undone through the world.

use std::path::Path;

use labtrust_plan::{Contents, Edit, Fingerprint, Prose, edit::Undone, hint};
use zeroize::Zeroizing;

use crate::{
    Error, Result,
    receipt::Receipts,
    world::{Access, Node, World},
};

/// Whether the file at `path` has the edit already.
pub(crate) fn is_met(world: &World, edit: &Edit, path: &Path) -> Result<bool> {
    let found = world.read(path)?;
    edit.is_met(found.as_ref().map(|bytes| &bytes[..])).map_err(|why| refused(edit, path, why))
}

/// Whether nothing of the edit is in the file at `path`.
pub(crate) fn is_gone(world: &World, edit: &Edit, path: &Path) -> Result<bool> {
    let found = world.read(path)?;
    edit.is_gone(found.as_ref().map(|bytes| &bytes[..])).map_err(|why| refused(edit, path, why))
}

/// The contents of the file at `path` after the edit.
pub(crate) fn made(world: &World, edit: &Edit, path: &Path) -> Result<Contents> {
    let found = world.read(path)?;
    let made = edit.apply(found.as_ref().map(|bytes| &bytes[..]));
    // The file may hold other programs' secrets.
    made.map(|made| Contents::Secret(Zeroizing::new(made))).map_err(|why| refused(edit, path, why))
}

/// The result of [`Edit::difference`] for the file at `path`.
pub(crate) fn difference(world: &World, edit: &Edit, path: &Path) -> Result<Vec<String>> {
    let found = world.read(path)?;
    edit.difference(found.as_ref().map(|bytes| &bytes[..])).map_err(|why| refused(edit, path, why))
}

/// Applies the edit to the file at `path`, which is not a link. A new file gets the permission bits `mode`.
pub(crate) fn make(world: &World, edit: &Edit, path: &Path, mode: u32) -> Result<()> {
    let access = access(&world.look(path)?).unwrap_or(Access { mode, owner: None });
    world.put(path, &made(world, edit, path)?, access)
}

/// Undoes the edit in the file at `path`, which was `before` and became `after`. False if somebody else has changed the
/// edited part: then the file is left as it is.
pub(crate) fn undo(
    world: &World,
    edit: &Edit,
    (receipts, receipt): (&Receipts, &str),
    path: &Path,
    before: &Node,
    after: Option<Fingerprint>,
) -> Result<bool> {
    let before = match before {
        Node::File { sha256, .. } => Some(receipts.saved_bytes(receipt, *sha256)?),
        _ => None,
    };
    let before = before.as_ref().map(Contents::bytes);
    let access = access(&world.look(path)?);
    let found = world.read(path)?;
    let found = found.as_ref().map(|bytes| &bytes[..]);
    let undone = match (found.map(Fingerprint::of) == after, before) {
        (true, Some(before)) => Undone::Bytes(before.to_vec()),
        (true, None) => Undone::Gone,
        (false, _) => edit.undo(found, before),
    };
    match (undone, access) {
        (Undone::Already, _) => Ok(true),
        (Undone::Gone, _) => world.remove(path).map(|()| true),
        (Undone::Bytes(bytes), Some(access)) => {
            world.put(path, &Contents::Secret(Zeroizing::new(bytes)), access).map(|()| true)
        }
        (Undone::Bytes(_), None) | (Undone::Foreign, _) => Ok(false),
    }
}

fn refused(edit: &Edit, path: &Path, why: String) -> Error {
    Error::Corrupt { path: path.to_owned(), why }
        .with_hint(hint!("repair that file, or set {} in it by hand, then try again", Prose(edit)))
}

/// The permission bits and owner of the file. An edit keeps them; a user who cannot set them cannot edit the file.
pub(crate) fn access(node: &Node) -> Option<Access> {
    match node {
        Node::File { mode, uid, gid, .. } => Some(Access { mode: *mode, owner: Some((*uid, *gid)) }),
        _ => None,
    }
}
