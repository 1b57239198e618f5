//! Java keystores, through keytool: found by the alias that an updater's hook chose, but
//! recognised by the certificate behind it.

use std::path::Path;

use crate::{Certificate, Result, plan::Command, world::World};

/// The password of every `cacerts` that Java or a distribution ships: it protects nothing, all in it is public.
const PASSWORD: &str = "changeit";

/// Whether `keystore` holds `certificate` under `alias`.
pub fn holds(
    world: &World,
    keytool: &Path,
    keystore: &Path,
    alias: &str,
    certificate: &Certificate,
) -> Result<bool> {
    let output = world.try_run(&keytool_command(keytool, "-exportcert", keystore, alias, &["-rfc"]))?;
    Ok(output.code == Some(0) && Certificate::read_all(&output.stdout).0.contains(certificate))
}

/// Deletes the entry `alias` from `keystore`.
pub fn delete(world: &World, keytool: &Path, keystore: &Path, alias: &str) -> Result<()> {
    world.run(&keytool_command(keytool, "-delete", keystore, alias, &[])).map(drop)
}

fn keytool_command(keytool: &Path, verb: &str, keystore: &Path, alias: &str, more: &[&str]) -> Command {
    let keystore = keystore.to_string_lossy();
    let arguments =
        [verb, "-J-Duser.language=en", "-storepass", PASSWORD, "-keystore", &keystore, "-alias", alias];
    Command::new(keytool, arguments.iter().chain(more).copied())
}
