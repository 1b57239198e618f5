//! Files beside the bundle that a store's updater rewrites, breaks or leaves behind. This module restores them, so
//! that undo leaves the store as labtrust found it.

mod links;
mod neighbour;
mod stranger;
mod undo_file;

use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use labtrust_plan::{Certificate, Contents, SideEffect, store::fills_keystore};
use zeroize::Zeroizing;

use self::links::remove_copies;
pub(crate) use self::neighbour::{back_up_neighbours, forget_unchanged_neighbours, undo_neighbours};
use self::stranger::is_strangers_since;
pub(crate) use self::undo_file::undo_file;
use crate::{
    Error, Result,
    database::keystore,
    progress::Progress,
    receipt::{Receipts, SideEffectRecord},
    session::Session,
    world::{Node, World},
};

/// How often a truncated file is read again.
const LOOKS: usize = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// How often an entry is added or deleted again. A keytool of another program that runs at the same time writes back the
/// keystore that it had read.
const MOST_WRITES: usize = 8;

/// The path of the side effect's file. A link is followed, such as Java's `cacerts` on Debian, unless the side effect is
/// the link itself.
fn place(side_effect: &SideEffect, world: &World) -> Result<Option<PathBuf>> {
    let Some(path) = side_effect.file() else { return Ok(None) };
    Ok(Some(match world.look(path)? {
        Node::Link { target } if !matches!(side_effect, SideEffect::Neighbour { .. }) => {
            path.parent().unwrap_or(Path::new("/")).join(target)
        }
        _ => path.to_owned(),
    }))
}

/// Removes what a killed updater left. Called before any run of the updater.
pub(crate) fn clear(side_effect: &SideEffect, world: &World) -> Result<()> {
    match side_effect {
        SideEffect::Bundle { stale: Some(stale), .. } => world.remove(stale),
        _ => Ok(()),
    }
}

/// Saves the file before the updater adds the anchor, unless an interrupted run has saved it already.
pub(crate) fn back_up(
    side_effect: &SideEffect,
    world: &World,
    receipts: &Receipts,
    receipt: &str,
    records: &mut Vec<SideEffectRecord>,
) -> Result<()> {
    let Some(path) = place(side_effect, world)? else { return Ok(()) };
    if let Some(record) = records.iter_mut().find(|record| record.side_effect.is_same(side_effect)) {
        record.side_effect = side_effect.clone();
        if is_strangers_since(world, record)? {
            (record.before, record.after) = (receipts.back_up(receipt, world, &path)?, None);
        }
        return Ok(());
    }
    let before = receipts.back_up(receipt, world, &path)?;
    records.push(SideEffectRecord { side_effect: side_effect.clone(), before, after: None });
    Ok(())
}

/// Whether `bytes` are a complete file of this kind.
fn is_whole(side_effect: &SideEffect, bytes: &[u8]) -> bool {
    match side_effect {
        SideEffect::Bundle { .. } => !bytes.is_empty() && Certificate::read_all(bytes).1,
        SideEffect::Keystore { .. } => keystore::is_whole(bytes),
        SideEffect::Links { .. } | SideEffect::Copies { .. } | SideEffect::Neighbour { .. } => true,
    }
}

/// The entries of such a file except the one that the updater made of `certificate`, sorted; none if the file cannot be read.
/// Another store, or another person, may have made an entry of the same certificate under another alias.
fn others(
    side_effect: &SideEffect,
    bytes: &[u8],
    certificate: &Certificate,
) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut others: Vec<(Vec<u8>, Vec<u8>)> = match side_effect {
        SideEffect::Bundle { .. } => match Certificate::read_all(bytes) {
            (all, true) => all
                .into_iter()
                .filter(|held| held != certificate)
                .map(|held| (Vec::new(), held.der().to_vec()))
                .collect(),
            _ => return None,
        },
        SideEffect::Keystore { alias, .. } => {
            let is_ours = |entry: &keystore::Entry| entry.is_called(alias) && entry.trusts(certificate);
            let entries = keystore::entries(bytes)?.into_iter().filter(|entry| !is_ours(entry));
            entries.map(|entry| (entry.alias.into_bytes(), entry.parts.concat())).collect()
        }
        SideEffect::Links { .. } | SideEffect::Copies { .. } | SideEffect::Neighbour { .. } => return None,
    };
    others.sort();
    Some(others)
}

/// Removes the links to our anchor, so that the updater treats it as new and runs its hooks.
pub(crate) fn unlink_anyway(side_effect: &SideEffect, world: &World) -> Result<()> {
    match side_effect {
        SideEffect::Links { folder, target } => links::unlink(world, folder, target),
        _ => Ok(()),
    }
}

/// Removes the links to an anchor that is gone, and the copies of it, before the updater runs: it would leave both.
pub(crate) fn unlink(side_effect: &SideEffect, world: &World) -> Result<()> {
    match side_effect {
        SideEffect::Links { folder, target } if world.look(target)? == Node::Absent => {
            links::unlink(world, folder, target)
        }
        // The updater copies an anchor that is still there again.
        SideEffect::Copies { folder, sha256 } => remove_copies(world, folder, *sha256),
        _ => Ok(()),
    }
}

/// Whether the updater's hook has added `certificate` too. True if the hook does not exist or is turned off, or if only
/// Java can read the keystore.
pub(crate) fn is_told(side_effect: &SideEffect, world: &World, certificate: &Certificate) -> Result<bool> {
    let SideEffect::Keystore { path, hook: Some(hook), settings, .. } = side_effect else { return Ok(true) };
    if !matches!(world.look(hook)?, Node::File { .. }) {
        return Ok(true);
    }
    if let Some(settings) = settings
        && fills_keystore(&world.read(settings)?.unwrap_or_default()) == Some(false)
    {
        return Ok(true);
    }
    let bytes = world.read(path)?.unwrap_or_default();
    Ok(keystore::entries(&bytes).is_none_or(|entries| entries.iter().any(|entry| entry.trusts(certificate))))
}

/// Adds the anchor to the keystore if the updater's hook did not: the hook may wait for something else, such as a dpkg
/// that was interrupted. Then drops the updater's complaint about that hook.
pub(crate) fn add_entry(
    side_effect: &SideEffect,
    world: &World,
    certificate: &Certificate,
    complaints: &mut Vec<String>,
    progress: &dyn Progress,
) -> Result<()> {
    let SideEffect::Keystore { path, anchor, alias, keytool, hook: Some(hook), .. } = side_effect else {
        return Ok(());
    };
    if world.look(anchor)? == Node::Absent {
        return Ok(());
    }
    let is_complaint = |text: &String| text.contains(&*hook.to_string_lossy());
    if is_told(side_effect, world, certificate)? && !complaints.iter().any(is_complaint) {
        return Ok(());
    }
    let mut why = String::new();
    if let Some(keytool) = keytool {
        // Another program that writes the keystore meanwhile may delete the entry again.
        for _ in 0..MOST_WRITES {
            keystore::await_writers(progress);
            if keystore::holds(world, keytool, path, alias, certificate)? {
                complaints.retain(|text| !is_complaint(text));
                return Ok(());
            }
            if let Err(error) = keystore::add(world, keytool, path, alias, anchor) {
                why = format!(": {error}");
            }
        }
    }
    complaints.push(format!("it is not in Java's keystore {}{why}", path.display()));
    Ok(())
}

/// Deletes an anchor that is gone from the keystore after the updater has run, because its hook does not. Another program
/// that writes the keystore meanwhile may add the anchor again, so this is repeated.
pub(crate) fn delete_entry(
    side_effect: &SideEffect,
    world: &World,
    certificate: &Certificate,
    progress: &dyn Progress,
) -> Result<()> {
    let SideEffect::Keystore { path, anchor, alias, keytool: Some(keytool), .. } = side_effect else {
        return Ok(());
    };
    if world.look(anchor)? != Node::Absent {
        return Ok(());
    }
    for _ in 0..MOST_WRITES {
        keystore::await_writers(progress);
        if world.look(path)? == Node::Absent || !keystore::holds(world, keytool, path, alias, certificate)? {
            return Ok(());
        }
        keystore::delete(world, keytool, path, alias)?;
    }
    Err(Error::Corrupt {
        path: path.clone(),
        why: "still holds the certificate: another program adds it again".into(),
    })
}

impl SideEffectRecord {
    /// The present state of its file; none if it has no file.
    fn found(&self, world: &World) -> Result<Option<Node>> {
        place(&self.side_effect, world)?.map(|path| world.look(&path)).transpose()
    }

    /// Whether no other program has written the file since it was saved or last read.
    pub(crate) fn is_undisturbed(&self, world: &World) -> Result<bool> {
        let known = |found| found == self.before || self.after.as_ref() == Some(&found);
        Ok(self.found(world)?.is_none_or(known))
    }

    /// Whether the file is as it was before labtrust changed the store.
    pub(crate) fn is_as_before(&self, world: &World) -> Result<bool> {
        Ok(self.found(world)?.is_none_or(|found| found == self.before))
    }

    /// Records the file that the updater wrote, if no other program has written it too.
    pub(crate) fn remember(&mut self, world: &World, undisturbed: bool) -> Result<()> {
        if let Some(path) = place(&self.side_effect, world)? {
            let found = world.look(&path)?;
            if matches!(found, Node::File { .. }) {
                world.sync(&path)?;
            }
            self.after = undisturbed.then_some(found);
        }
        Ok(())
    }

    /// Whether the file is still as our run of the updater left it.
    pub(crate) fn is_ours(&self, world: &World) -> Result<bool> {
        Ok(self.after.is_some() && self.found(world)? == self.after)
    }

    /// Restores a file that a killed updater or hook left empty, truncated or missing. True if it did.
    pub(crate) fn restore_if_broken(
        &self,
        world: &World,
        receipts: &Receipts,
        receipt: &str,
    ) -> Result<bool> {
        let Some((path, mut found, before)) = self.compare(world, receipts, receipt)? else {
            return Ok(false);
        };
        // Java's tools write in place: a truncated file may be complete in a moment.
        for _ in 0..LOOKS {
            if is_whole(&self.side_effect, &found) {
                break;
            }
            thread::sleep(BETWEEN_LOOKS);
            found = world.read(&path)?.unwrap_or_default();
        }
        let broken = !is_whole(&self.side_effect, &found) && is_whole(&self.side_effect, before.bytes());
        if broken {
            undo_file(world, receipts, receipt, &path, &self.before)?;
        }
        Ok(broken)
    }

    /// The path of the file, its contents, and its saved contents; none if there was no file before.
    #[expect(clippy::type_complexity, reason = "three values that are always used together")]
    fn compare(
        &self,
        world: &World,
        receipts: &Receipts,
        receipt: &str,
    ) -> Result<Option<(PathBuf, Zeroizing<Vec<u8>>, Contents)>> {
        let (Some(path), Node::File { sha256, .. }) = (place(&self.side_effect, world)?, &self.before) else {
            return Ok(None);
        };
        let found = world.read(&path)?.unwrap_or_default();
        Ok(Some((path, found, receipts.saved_bytes(receipt, *sha256)?)))
    }

    /// Undoes what the updater did not undo itself. `was_ours` is the answer of [`SideEffectRecord::is_ours`] before the
    /// updater ran.
    pub(crate) fn undo(
        &self,
        world: &World,
        session: &Session<'_>,
        receipt: &str,
        certificate: &Certificate,
        was_ours: bool,
    ) -> Result<()> {
        let receipts = session.receipts;
        let Some(path) = &place(&self.side_effect, world)? else { return Ok(()) };
        if self.restore_if_broken(world, receipts, receipt)? {
            return Ok(());
        }
        let holds = match &self.side_effect {
            SideEffect::Bundle { .. } => {
                world.bundle(path)?.is_some_and(|bundle| bundle.holds(certificate.fingerprint()))
            }
            SideEffect::Keystore { .. } => true,
            SideEffect::Links { .. } | SideEffect::Copies { .. } | SideEffect::Neighbour { .. } => false,
        };
        if !holds || world.look(path)? == self.before {
            return Ok(());
        }
        let differs_by_ours_alone =
            self.compare(world, receipts, receipt)?.is_some_and(|(_, found, before)| {
                let others = |bytes| others(&self.side_effect, bytes, certificate);
                others(&found).is_some_and(|found| Some(found) == others(before.bytes()))
            });
        if differs_by_ours_alone || (was_ours && self.is_ours(world)?) {
            undo_file(world, receipts, receipt, path, &self.before)?;
        }
        delete_entry(&self.side_effect, world, certificate, session.progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Access;
    use labtrust_plan::Contents;

    #[test]
    fn only_copies_of_the_certificate_alone_are_removed() -> Result<()> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (ours, other) = (Certificate::new([0x30, 0]), Certificate::new([0x30, 1, 0]));
        let both = format!("{}{}", ours.pem(), other.pem());
        let world = World::here();
        for (name, text) in [("a.0", &ours.pem()), ("b.0", &other.pem()), ("bundle", &both)] {
            let text = Contents::Public(text.clone().into_bytes());
            world.put(&folder.path().join(name), &text, Access { mode: 0o644, owner: None })?;
        }
        let copies = SideEffect::Copies { folder: folder.path().to_owned(), sha256: ours.fingerprint() };
        unlink(&copies, &world)?;
        assert_eq!(world.list(folder.path())?, ["b.0", "bundle"].map(|name| folder.path().join(name)));
        Ok(())
    }
}
