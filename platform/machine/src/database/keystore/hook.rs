//! The keystore of Debian's package ca-certificates-java, to which a hook of the distribution's updater adds anchors.

use std::path::Path;

use labtrust_plan::Certificate;

use super::{entries::entries, keytool};
use crate::{Result, world::World};

/// Whether `keystore` holds `certificate` under `alias`.
pub fn holds(
    world: &World,
    keytool: &Path,
    keystore: &Path,
    alias: &str,
    certificate: &Certificate,
) -> Result<bool> {
    let bytes = world.read(keystore)?.unwrap_or_default();
    if let Some(entries) = entries(&bytes) {
        return Ok(entries.iter().any(|entry| entry.is_called(alias) && entry.trusts(certificate)));
    }
    let output = world.try_run(&keytool::export(keytool, keystore, alias))?;
    Ok(output.code == Some(0) && Certificate::read_all(&output.stdout).0.contains(certificate))
}

/// Adds the certificate in the file `anchor` to `keystore` under `alias`.
pub fn add(world: &World, keytool: &Path, keystore: &Path, alias: &str, anchor: &Path) -> Result<()> {
    world.run(&keytool::import((keytool, keystore, &keytool::USUAL), alias, anchor)).map(drop)
}

/// Deletes the entry `alias` from `keystore`.
pub fn delete(world: &World, keytool: &Path, keystore: &Path, alias: &str) -> Result<()> {
    world.run(&keytool::delete((keytool, keystore, &keytool::USUAL), alias)).map(drop)
}
