//! Changes a keystore. keytool works on a copy, and the result replaces the keystore at once: a keytool that is stopped cannot
//! leave half a keystore, and one that loses entries changes nothing.

use std::path::Path;

use labtrust_plan::{Certificate, Contents, Keystore};
use zeroize::Zeroizing;

use super::{
    entries::{Entry, entries_without_password, is_whole},
    file::{Opened, await_writers, open, read},
    keytool,
};
use crate::{
    Error, Result,
    progress::Silent,
    world::{Access, Node, World},
};

/// How often a change is begun again because another program has written the keystore meanwhile.
const MOST_WRITES: usize = 8;

const PRIVATE: Access = Access { mode: 0o600, owner: None };

/// A change of one entry.
#[derive(Clone, Copy)]
pub(super) enum Rewrite<'a> {
    /// Adds the certificate under this alias, unless it is trusted under any alias.
    Add(&'a Certificate, &'a str),
    /// Deletes the certificate under this alias.
    Delete(&'a Certificate, &'a str),
}

impl Rewrite<'_> {
    fn alias(&self) -> &str {
        match self {
            Self::Add(_, alias) | Self::Delete(_, alias) => alias,
        }
    }

    fn is_done(&self, opened: &Opened) -> bool {
        match self {
            Self::Add(certificate, _) => opened.entries.iter().any(|entry| entry.trusts(certificate)),
            Self::Delete(certificate, alias) => {
                !opened.entries.iter().any(|entry| entry.is_called(alias) && entry.trusts(certificate))
            }
        }
    }
}

/// Makes the change.
pub(super) fn rewrite(keystore: &Keystore, world: &World, change: Rewrite<'_>) -> Result<()> {
    let path = &keystore.path;
    let keytool = keytool::usable(world, &keystore.keytool)?;
    for _ in 0..MOST_WRITES {
        await_writers(&Silent);
        let node = world.look(path)?;
        let Node::File { mode, uid, gid, .. } = node else {
            return Err(Error::Corrupt { path: path.clone(), why: "is not a regular file".into() });
        };
        let bytes = read(keystore, world)?.unwrap_or_default();
        let opened = open(keystore, world, &bytes)?;
        if change.is_done(&opened) {
            return Ok(());
        }
        let new = changed(keystore, world, &keytool, (&bytes, &opened), change)?;
        let access = Access { mode, owner: Some((uid, gid)) };
        if world.replace(path, &node, &Contents::Secret(new), access)? {
            return Ok(());
        }
    }
    Err(Error::Corrupt { path: path.clone(), why: "is written by another program all the time".into() })
}

/// The keystore with the change, made by keytool in a folder of its own and checked.
fn changed(
    keystore: &Keystore,
    world: &World,
    keytool: &Path,
    (bytes, opened): (&[u8], &Opened),
    change: Rewrite<'_>,
) -> Result<Zeroizing<Vec<u8>>> {
    let new = world.with_scratch(|folder| {
        let [copy, anchor] = ["keystore", "anchor.pem"].map(|name| folder.join(name));
        world.put(&copy, &Contents::Secret(Zeroizing::new(bytes.to_vec())), PRIVATE)?;
        let target = (keytool, copy.as_path(), &opened.password);
        world.run(&match change {
            Rewrite::Add(certificate, alias) => {
                world.put(&anchor, &Contents::Public(certificate.pem().into_bytes()), PRIVATE)?;
                keytool::import(target, alias, &anchor)
            }
            Rewrite::Delete(_, alias) => keytool::delete(target, alias),
        })?;
        Ok(world.read(&copy)?.unwrap_or_default())
    })?;
    match fault(keystore, world, (bytes, opened), &new, change)? {
        None => Ok(new),
        Some(why) => Err(Error::Corrupt {
            path: keystore.path.clone(),
            why: format!("is unchanged: {} {why}", keytool.display()),
        }),
    }
}

/// The reason why the keystore `new` must not replace the present one; none if it differs by the change alone.
fn fault(
    keystore: &Keystore,
    world: &World,
    (bytes, opened): (&[u8], &Opened),
    new: &[u8],
    change: Rewrite<'_>,
) -> Result<Option<&'static str>> {
    if !is_whole(new) {
        return Ok(Some("does not leave a complete keystore"));
    }
    let after = open(keystore, world, new)?;
    let readable = |bytes: &[u8]| others(&entries_without_password(bytes).unwrap_or_default(), change);
    let is_same = others(&opened.entries, change) == others(&after.entries, change);
    Ok(if !is_same || readable(bytes) != readable(new) {
        Some("would change other entries of it")
    } else {
        (!change.is_done(&after)).then_some("does not change it")
    })
}

/// The certificates and keys of the entries that the change does not concern, sorted. Java writes aliases in lower case.
fn others(entries: &[Entry], change: Rewrite<'_>) -> Vec<Vec<u8>> {
    let is_ours = |entry: &&Entry| entry.is_called(change.alias());
    let mut parts: Vec<_> =
        entries.iter().filter(|entry| !is_ours(entry)).map(|entry| entry.parts.concat()).collect();
    parts.sort();
    parts
}
