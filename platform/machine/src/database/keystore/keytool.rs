//! The commands of Java's keytool. It prints in the user's language, so nothing that it prints is matched.

use std::path::{Path, PathBuf};

use labtrust_plan::Command;

use crate::{
    Error, Result,
    world::{World, trusted_program},
};

/// The passwords of the keystores that Java and distributions ship, the usual one first. They protect nothing: all
/// certificates are public.
pub(super) const PASSWORDS: [&str; 2] = ["changeit", "changeme"];

/// Seconds for one run: starting Java takes one or two.
const SECONDS: u64 = 60;

/// The parts of a JDK that its keytool loads, relative to its folder.
const LOADED: [&str; 6] = [
    "bin/keytool",
    "lib/modules",
    "lib/server/libjvm.so",
    "lib/libjli.so",
    "conf/security/java.security",
    "lib/security/java.security",
];

/// The password of a keystore.
pub(super) enum Password {
    /// A password that everybody knows.
    Usual(&'static str),
    /// The first line of a file. keytool reads it there, so that no copy of a secret is left when labtrust is killed.
    File(PathBuf),
}

/// A keytool, a keystore, and its password.
pub(super) type Target<'a> = (&'a Path, &'a Path, &'a Password);

/// The password of a keystore that a distribution fills.
pub(super) const USUAL: Password = Password::Usual(PASSWORDS[0]);

/// Prints the certificate `alias` as PEM.
pub(super) fn export(keytool: &Path, keystore: &Path, alias: &str) -> Command {
    command("-exportcert", (keytool, keystore, &USUAL), alias, &["-rfc"])
}

/// Adds the certificate in the file `anchor` under `alias`.
pub(super) fn import(target: Target<'_>, alias: &str, anchor: &Path) -> Command {
    let more = ["-noprompt", "-trustcacerts", "-file", &anchor.to_string_lossy()];
    command("-importcert", target, alias, &more)
}

/// Deletes the entry `alias`.
pub(super) fn delete(target: Target<'_>, alias: &str) -> Command {
    command("-delete", target, alias, &[])
}

fn command(verb: &str, (keytool, keystore, password): Target<'_>, alias: &str, more: &[&str]) -> Command {
    let keystore = keystore.to_string_lossy();
    let file;
    let password = match password {
        Password::Usual(password) => ["-storepass", password],
        Password::File(path) => {
            file = path.to_string_lossy();
            ["-storepass:file", &*file]
        }
    };
    let arguments =
        [verb, "-J-Duser.language=en", password[0], password[1], "-keystore", &keystore, "-alias", alias];
    Command::new(keytool, arguments.iter().chain(more).copied()).within(SECONDS)
}

/// The keytool to run: `own`, which belongs to the keystore's JDK. Root runs no program that another user can change, so it
/// takes the machine's keytool instead of such a one.
pub(super) fn usable(world: &World, own: &Path) -> Result<PathBuf> {
    if !world.may_give_away() || is_roots(own) {
        return Ok(own.to_owned());
    }
    trusted_program("keytool").filter(|keytool| is_roots(keytool)).ok_or_else(|| {
        let why =
            "it is missing, or users other than root can change its JDK, and no other keytool is installed";
        Error::Unsafe { path: own.to_owned(), why: why.into() }
    })
}

/// Whether only root can change `keytool` and what it loads.
fn is_roots(keytool: &Path) -> bool {
    let Ok(keytool) = keytool.canonicalize() else { return false };
    let Some(home) = keytool.parent().and_then(Path::parent) else { return false };
    LOADED
        .iter()
        .map(|part| home.join(part))
        .filter(|part| part.exists())
        .all(|part| World::is_roots_alone(&part))
}
