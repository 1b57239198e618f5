//! The file of a keystore, and the password that opens it.

use std::{path::Path, thread, time::Duration};

use labtrust_plan::{Certificate, Keystore, hint};
use zeroize::Zeroizing;

use super::{
    entries::{Entry, entries, entries_with, is_whole},
    keytool::{PASSWORDS, Password},
};
use crate::{Error, Result, progress::Progress, wait::await_end, world::World};

/// Other programs that write keystores. They take no lock, and each writes back all entries that it had read.
const WRITERS: [&str; 2] = ["keytool", "ca-certificates-java.postinst"];

/// How long to wait for them: not until their end, because one may wait for a password.
const WRITERS_WAIT: Duration = Duration::from_secs(10);

/// How often a truncated keystore is read again, and the pause: other programs write in place.
const LOOKS: usize = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Waits until no other known program writes a keystore.
pub(crate) fn await_writers(progress: &dyn Progress) {
    let _ = await_end(&WRITERS, WRITERS_WAIT, progress);
}

/// A password that opens a keystore, and its entries.
pub(super) struct Opened {
    pub password: Password,
    pub entries: Vec<Entry>,
}

/// The contents of the keystore; none if it does not exist.
pub(super) fn read(keystore: &Keystore, world: &World) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let mut bytes = world.read(&keystore.path)?;
    for _ in 1..LOOKS {
        if bytes.as_deref().is_none_or(|bytes| is_whole(bytes)) {
            break;
        }
        thread::sleep(BETWEEN_LOOKS);
        bytes = world.read(&keystore.path)?;
    }
    Ok(bytes)
}

/// All entries of the keystore with these `bytes`.
pub(super) fn all_entries(keystore: &Keystore, world: &World, bytes: &[u8]) -> Result<Vec<Entry>> {
    match entries(bytes) {
        Some(entries) => Ok(entries),
        None => open(keystore, world, bytes).map(|opened| opened.entries),
    }
}

/// Opens the keystore with these `bytes`, to read and to write it.
pub(super) fn open(keystore: &Keystore, world: &World, bytes: &[u8]) -> Result<Opened> {
    let path = &keystore.path;
    if !is_whole(bytes) {
        return Err(Error::Corrupt { path: path.clone(), why: "is not a complete Java keystore".into() });
    }
    for usual in PASSWORDS {
        if let Some(entries) = entries_with(bytes, usual) {
            return Ok(Opened { password: Password::Usual(usual), entries });
        }
    }
    let own =
        keystore.password_file.as_deref().map(|file| Ok((file, first_line(world, file)?))).transpose()?;
    let opened = own.and_then(|(file, password)| {
        let entries = entries_with(bytes, &password)?;
        Some(Opened { password: Password::File(file.to_owned()), entries })
    });
    opened.ok_or_else(|| {
        let why = "has a password that labtrust does not know (it is not changeit)".into();
        Error::Corrupt { path: path.clone(), why }.with_hint(hint!(
            "write its password into a file that only its owner can read, name the file, and try again: \
                 export LABTRUST_KEYSTORE_PASSWORD_FILE={}",
            Path::new("/root/keystore-password")
        ))
    })
}

/// The alias of our entry for `certificate`.
pub(super) fn alias(certificate: &Certificate) -> String {
    format!("labtrust-{}", certificate.fingerprint().short())
}

fn first_line(world: &World, file: &Path) -> Result<Zeroizing<String>> {
    let missing = || Error::Corrupt { path: file.to_owned(), why: "does not exist, or is not text".into() };
    let bytes = world.read(file)?.ok_or_else(missing)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| missing())?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}
