//! Restores one file or link.

use std::path::Path;

use crate::{
    Result,
    receipt::Receipts,
    world::{Access, Node, World},
};

/// Restores the file or link `before` at `path`; the bytes of a file were saved beside the receipt.
pub(crate) fn undo_file(
    world: &World,
    receipts: &Receipts,
    receipt: &str,
    path: &Path,
    before: &Node,
) -> Result<()> {
    match before {
        Node::File { sha256, mode, uid, gid } => {
            let owner = world.may_give_away().then_some((*uid, *gid));
            world.put(path, &receipts.saved_bytes(receipt, *sha256)?, Access { mode: *mode, owner })
        }
        Node::Link { target } => world.link(path, target),
        Node::Absent | Node::Folder | Node::Other => world.remove(path),
    }
}
