//! Searches a folder of files for a certificate.

use std::path::{Path, PathBuf};

use labtrust_plan::{Certificate, Fingerprint};

use crate::{
    Result,
    world::{Node, World},
};

/// The first file in `folder`, with `ending` if it is given, that holds the certificate `sha256`. If no file holds it and one
/// cannot be read, that is an error: the unreadable file may hold it.
pub(super) fn find_in(
    world: &World,
    folder: &Path,
    ending: Option<&str>,
    sha256: Fingerprint,
) -> Result<Option<PathBuf>> {
    let mut unread = None;
    for path in world.list(folder)? {
        if ending.is_some_and(|ending| path.extension().is_none_or(|found| found != ending)) {
            continue;
        }
        match holds(world, &path, sha256) {
            Ok(true) => return Ok(Some(path)),
            Ok(false) => {}
            Err(error) => unread = unread.or(Some(error)),
        }
    }
    unread.map_or(Ok(None), Err)
}

fn holds(world: &World, path: &Path, sha256: Fingerprint) -> Result<bool> {
    if !matches!(world.look(path)?, Node::File { .. } | Node::Link { .. }) {
        return Ok(false);
    }
    let bytes = world.read(path)?.unwrap_or_default();
    Ok(Certificate::read_all(&bytes).0.iter().any(|held| held.fingerprint() == sha256))
}
