//! Links to an anchor, and copies of it, in the folder where programs look certificates up.

use std::path::Path;

use labtrust_plan::{Certificate, Fingerprint};

use crate::{
    Result,
    world::{Node, World},
};

/// Removes from `folder` the links to `target`, and the links to those links. OpenSSL's hash links are numbered, and
/// OpenSSL stops at the first missing number (openssl-rehash(1)): the link with the highest number fills the gap.
pub(super) fn unlink(world: &World, folder: &Path, target: &Path) -> Result<()> {
    let mut links = Vec::new();
    for path in world.list(folder)? {
        if let Node::Link { target } = world.look(&path)? {
            links.push((path, target));
        }
    }
    let leads_to = |link: &Path, goal: &Path| folder.join(link) == *goal;
    let direct: Vec<_> =
        links.iter().filter(|(_, to)| leads_to(to, target)).map(|(path, _)| path.clone()).collect();
    let hashed = links.iter().filter(|(_, to)| direct.iter().any(|link| leads_to(to, link)));
    for (path, _) in hashed {
        world.remove(path)?;
        let number = |path: &Path| path.extension().and_then(|number| number.to_str()?.parse::<u32>().ok());
        let next = links
            .iter()
            .map(|(other, _)| other)
            .filter(|other| other.file_stem() == path.file_stem() && number(other) > number(path))
            .max_by_key(|other| number(other));
        if let Some(next) = next {
            world.rename(next, path)?;
        }
    }
    direct.iter().try_for_each(|path| world.remove(path))
}

/// Removes from `folder` the files that hold only the certificate `sha256`.
pub(super) fn remove_copies(world: &World, folder: &Path, sha256: Fingerprint) -> Result<()> {
    for path in world.list(folder)? {
        if matches!(world.look(&path)?, Node::File { .. }) {
            let (held, _) = Certificate::read_all(&world.read(&path)?.unwrap_or_default());
            if matches!(&held[..], [only] if only.fingerprint() == sha256) {
                world.remove(&path)?;
            }
        }
    }
    Ok(())
}
