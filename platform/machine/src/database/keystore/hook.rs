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
    world.run(&keytool::import((keytool, keystore, None), alias, anchor)).map(drop)
}

/// Whether the hook's `settings`, of Debian's package ca-certificates-java, let it add anchors; none if they do not tell.
pub fn is_fed(settings: &[u8]) -> Option<bool> {
    let text = String::from_utf8_lossy(settings);
    let value = text.lines().rev().find_map(|line| line.trim().strip_prefix("cacerts_updates="))?;
    Some(value.trim_matches(['"', '\'']) == "yes")
}

/// Deletes the entry `alias` from `keystore`.
pub fn delete(world: &World, keytool: &Path, keystore: &Path, alias: &str) -> Result<()> {
    world.run(&keytool::delete((keytool, keystore, None), alias)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_may_turn_the_hook_off() {
        for (settings, fed) in [
            ("# x\ncacerts_updates=yes\n", Some(true)),
            ("cacerts_updates=yes\n cacerts_updates='no'", Some(false)),
            ("cacerts_updates=", Some(false)),
            ("#cacerts_updates=no\n", None),
            ("", None),
        ] {
            assert_eq!(is_fed(settings.as_bytes()), fed, "{settings}");
        }
    }
}
