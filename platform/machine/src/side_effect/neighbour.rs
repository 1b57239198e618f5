//! Files and links of other programs in the folder of links. Debian's updater makes `X.pem` a link to each anchor
//! `X.crt`, and replaces whatever has that name (`ln -sf`). When anything changes, it removes dangling links. OpenSSL
//! numbers the links by which certificates are found, and removes numbered links that it would not make
//! (openssl-rehash(1)).

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use labtrust_plan::SideEffect;

use super::{
    stranger::{is_updaters, link_of, neighbour},
    undo_file::undo_file,
};
use crate::{
    Result,
    receipt::{Receipts, SideEffectRecord},
    sources,
    world::{Node, World},
};

/// The endings of the files that OpenSSL reads as certificates or revocation lists.
const ENDINGS: [&str; 4] = ["pem", "crt", "cer", "crl"];

/// A chain of more links than this counts as dangling.
const MOST_LINKS: usize = 8;

/// Saves the files of other programs that the updater may replace or remove, before it runs.
pub(crate) fn back_up_neighbours(
    world: &World,
    receipts: &Receipts,
    receipt: &str,
    side_effects: &[SideEffect],
    records: &mut Vec<SideEffectRecord>,
) -> Result<()> {
    let made = anchors(world, side_effects);
    for side_effect in side_effects {
        let SideEffect::Links { folder, target } = side_effect else { continue };
        for path in at_risk(world, folder, target, &made)? {
            super::back_up(&SideEffect::Neighbour { path }, world, receipts, receipt, records)?;
        }
    }
    Ok(())
}

/// Restores the files of other programs that the updater replaced or removed.
pub(crate) fn undo_neighbours(
    world: &World,
    receipts: &Receipts,
    receipt: &str,
    records: &[SideEffectRecord],
) -> Result<()> {
    let neighbours: Vec<(&Path, &Node)> = records.iter().filter_map(neighbour).collect();
    for (path, before) in &neighbours {
        let found = world.look(path)?;
        if found == **before || !is_updaters(path, before, &found) {
            continue;
        }
        undo_file(world, receipts, receipt, path, before)?;
        // A numbered link of the anchor that was there meanwhile is useless now.
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { continue };
        for (link, target) in links(world, folder)? {
            if target == name && is_number(&link) && neighbours.iter().all(|(known, _)| *known != link) {
                world.remove(&link)?;
            }
        }
    }
    Ok(())
}

/// Drops the records of other programs' files that are unchanged.
pub(crate) fn forget_unchanged_neighbours(world: &World, records: &mut Vec<SideEffectRecord>) -> Result<()> {
    for record in std::mem::take(records) {
        if neighbour(&record).is_none() || !record.is_as_before(world)? {
            records.push(record);
        }
    }
    Ok(())
}

/// The files and links in `folder` that the updater may replace or remove when it makes the links `made`.
fn at_risk(
    world: &World,
    folder: &Path,
    ours: &Path,
    made: &BTreeSet<(String, PathBuf)>,
) -> Result<Vec<PathBuf>> {
    let is_made = |path: &Path| made.iter().find(|(name, _)| path.file_name() == Some(OsStr::new(name)));
    let mut risked = Vec::new();
    for path in world.list(folder)? {
        match world.look(&path)? {
            Node::File { .. } if is_made(&path).is_some() => risked.push(path),
            Node::Link { target } if target == ours => {}
            Node::Link { target } => {
                let is_replaced = is_made(&path).is_some_and(|(_, anchor)| *anchor != target);
                let is_lost = if is_number(&path) {
                    !is_numbered(&target)
                } else {
                    leads_nowhere(world, folder, &target)
                };
                if is_replaced || is_lost {
                    risked.push(path);
                }
            }
            _ => {}
        }
    }
    // A numbered link to one of them is removed with it.
    let names: Vec<_> = risked.iter().filter_map(|path| path.file_name()).map(OsStr::to_owned).collect();
    let leading = links(world, folder)?.into_iter().filter(|(link, target)| {
        is_number(link) && names.iter().any(|name| target == name) && !risked.contains(link)
    });
    let leading: Vec<_> = leading.map(|(link, _)| link).collect();
    risked.extend(leading);
    Ok(risked)
}

fn links(world: &World, folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut links = Vec::new();
    for path in world.list(folder)? {
        if let Node::Link { target } = world.look(&path)? {
            links.push((path, target));
        }
    }
    Ok(links)
}

fn leads_nowhere(world: &World, folder: &Path, target: &Path) -> bool {
    let mut path = folder.join(target);
    for _ in 0..MOST_LINKS {
        match world.look(&path) {
            Ok(Node::Link { target }) => path = path.parent().unwrap_or(folder).join(target),
            Ok(found) => return found == Node::Absent,
            Err(_) => return false,
        }
    }
    true
}

/// Whether OpenSSL would make a numbered link to `target`: a name in the same folder, with an ending that it knows.
fn is_numbered(target: &Path) -> bool {
    let is_known = |ending: &OsStr| ENDINGS.iter().any(|known| ending == *known);
    target.components().count() == 1 && target.extension().is_some_and(is_known)
}

/// Whether `path` has the name of a numbered link: eight hexadecimal digits, a dot and a number.
fn is_number(path: &Path) -> bool {
    let (Some(stem), Some(ending)) = (path.file_stem().and_then(OsStr::to_str), path.extension()) else {
        return false;
    };
    let ending = ending.to_string_lossy();
    let number = ending.strip_prefix('r').unwrap_or(&ending);
    stem.len() == 8
        && stem.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The anchors to which the updater makes links, each with the name of its link.
fn anchors(world: &World, side_effects: &[SideEffect]) -> BTreeSet<(String, PathBuf)> {
    let sources = side_effects.iter().filter_map(|side_effect| match side_effect {
        SideEffect::Bundle { sources: Some(sources), .. } => Some(sources),
        _ => None,
    });
    let files = sources.flat_map(|made_of| sources::files(world, made_of));
    files.filter_map(|file| Some((link_of(file.file_name()?), file))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        for (name, expected) in [
            ("0a1b2c3d.0", true),
            ("0a1b2c3d.12", true),
            ("0a1b2c3d.r0", true),
            ("0a1b2c3d.pem", false),
            ("0a1b2c3.0", false),
            ("ca-certificates.0", false),
            ("0a1b2c3d", false),
        ] {
            assert_eq!(is_number(Path::new(name)), expected, "{name}");
        }
        for (name, expected) in
            [("a.crt", "a.pem"), ("My CA (2).crt", "My_CA_=2=.pem"), ("a,b.crt", "a_b.pem")]
        {
            assert_eq!(link_of(OsStr::new(name)), expected);
        }
    }
}
