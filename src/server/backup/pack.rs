//! Packs, signs and encrypts a backup, and opens it again as a check.

use std::path::Path;

use anyhow::Result;
use labtrust_machine::World;
use labtrust_plan::{Fingerprint, ShellLine, text};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::gather;
use crate::{
    backup::{Archive, Lock, Manifest, Opener, Sender, archive, seal},
    hint::{fail, hint},
    state::{Ca, State, damages},
};

/// Encrypts `archive`, and checks that the result contains a usable CA. A backup for a public key cannot be opened
/// here, so its plain text is checked.
pub(crate) fn sealed(state: &State<'_>, archive: &Archive, lock: &Lock) -> Result<(Vec<u8>, Sender)> {
    let plain = archive.to_bytes()?;
    let sealed = seal::seal(&plain, lock)?;
    let opened = match lock {
        Lock::Passphrase(passphrase) => seal::open(&sealed, &Opener::Passphrase(passphrase.clone()))?,
        // This machine does not have the private key: check the plain text.
        Lock::Recipients(_) => plain,
    };
    let archive = Archive::read(&opened)?;
    damages::refuse(damages::of_archive(&archive))?;
    let root = |own: Option<&Ca>| own.map(|own| own.root.fingerprint());
    if root(Ca::among(&archive)?.as_ref()) != root(state.ca()?) {
        return Err(fail(
            format!("the backup does not contain the CA that {} uses", text::path(state.folder())),
            hint!("check the CA's files: ls -l {}", state.folder()),
        ));
    }
    Ok((sealed, sender(&archive)?))
}

/// The maker of `archive`, shown by the signature of the CA in it.
pub(crate) fn sender(archive: &Archive) -> Result<Sender> {
    let own = Ca::among(archive).ok().flatten();
    archive.sender(own.as_ref().map(|own| (&own.root, &own.intermediates[..])))
}

/// The fingerprint that `restore --fingerprint` expects for `sender`.
pub(crate) fn sender_fingerprint(sender: &Sender) -> Fingerprint {
    match sender {
        Sender::Ca(root) => root.fingerprint(),
        Sender::Unknown(digest) => *digest,
    }
}

/// Packs the state folder; and a line for each part that could not be packed. Damaged CAs, keys and requests are an
/// error. A damaged receipt is only left out, because a backup of the rest is worth more.
pub(crate) fn pack(state: &State<'_>) -> Result<(Archive, Vec<String>)> {
    let (refused, mut damaged) = damages::apart(damages::all(state)?, state.folder());
    damages::refuse(refused)?;
    let (items, mut missing) = gather::gather(state, &damaged)?;
    missing.extend(damaged.iter().map(|(folder, damage)| {
        let status = ShellLine::from("{labtrust status}");
        format!("{} is not in the backup: {damage} (to repair it, see {status})", text::path(folder))
    }));
    if items.is_empty() {
        if let Some((_, damage)) = damaged.pop_first() {
            return Err(damage.into());
        }
        return Err(fail(
            format!("there is nothing to back up in {}", state.folder().display()),
            "create a CA first: {labtrust setup HOST}",
        ));
    }
    let manifest = Manifest {
        schema: archive::SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        made: OffsetDateTime::now_utc().replace_nanosecond(0)?.format(&Rfc3339)?,
        machine: machine()?,
        host: host()?,
        state: Some(state.folder().to_owned()),
    };
    let mut archive = Archive { manifest, items, signature: None };
    let own = state.ca()?;
    if let Some(authority) = own.map(Ca::open).transpose()?.flatten() {
        archive.sign(&authority)?;
    }
    Ok((archive, missing))
}

/// A hash of this machine's machine-id. The id itself must stay on the machine (machine-id(5)).
pub(crate) fn machine() -> Result<Option<Fingerprint>> {
    Ok(read_line("/etc/machine-id")?.map(|id| Fingerprint::of(format!("labtrust {id}").as_bytes())))
}

/// This machine's name in `/etc/hostname`.
pub(crate) fn host() -> Result<Option<String>> {
    read_line("/etc/hostname")
}

fn read_line(path: &str) -> Result<Option<String>> {
    let bytes = World::here().read(Path::new(path))?;
    let line =
        bytes.and_then(|bytes| Some(String::from_utf8_lossy(&bytes).lines().next()?.trim().to_owned()));
    Ok(line.filter(|line| !line.is_empty()))
}
