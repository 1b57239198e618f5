//! Java keystores, through keytool. An entry is found by the alias that an updater's hook chose, and identified by its
//! certificate.

use std::{path::Path, time::Duration};

use labtrust_plan::{Certificate, Command, strict_pem::is_one_sequence};

use crate::{Result, progress::Progress, wait::await_end, world::World};

/// The password of every `cacerts` that Java or a distribution ships. It protects nothing: all certificates are public.
const PASSWORD: &str = "changeit";

/// Other programs that write keystores. They take no lock, and each writes back all entries that it had read.
const WRITERS: [&str; 2] = ["keytool", "ca-certificates-java.postinst"];

/// How long to wait for them: not until their end, because one may wait for a password.
const WRITERS_WAIT: Duration = Duration::from_secs(10);

/// Waits until no other known program writes a keystore.
pub(crate) fn await_writers(progress: &dyn Progress) {
    let _ = await_end(&WRITERS, WRITERS_WAIT, progress);
}

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
        return Ok(entries.iter().any(|(name, parts)| {
            name.eq_ignore_ascii_case(alias.as_bytes()) && parts.contains(&certificate.der())
        }));
    }
    let output = world.try_run(&keytool_command(keytool, "-exportcert", keystore, alias, &["-rfc"]))?;
    Ok(output.code == Some(0) && Certificate::read_all(&output.stdout).0.contains(certificate))
}

/// Adds the certificate in the file `anchor` to `keystore` under `alias`.
pub fn add(world: &World, keytool: &Path, keystore: &Path, alias: &str, anchor: &Path) -> Result<()> {
    let anchor = anchor.to_string_lossy();
    let more = ["-noprompt", "-trustcacerts", "-file", &anchor];
    world.run(&keytool_command(keytool, "-importcert", keystore, alias, &more)).map(drop)
}

/// Whether the hook's `settings`, of Debian's package ca-certificates-java, let it add anchors; none if they do not tell.
pub fn is_fed(settings: &[u8]) -> Option<bool> {
    let text = String::from_utf8_lossy(settings);
    let value = text.lines().rev().find_map(|line| line.trim().strip_prefix("cacerts_updates="))?;
    Some(value.trim_matches(['"', '\'']) == "yes")
}

/// Deletes the entry `alias` from `keystore`.
pub fn delete(world: &World, keytool: &Path, keystore: &Path, alias: &str) -> Result<()> {
    world.run(&keytool_command(keytool, "-delete", keystore, alias, &[])).map(drop)
}

/// One entry: its alias, and its certificates and keys as they are encoded.
pub type Entry<'a> = (&'a [u8], Vec<&'a [u8]>);

/// The entries of `keystore`; none if it is truncated, or in a format that only Java can read.
pub fn entries(keystore: &[u8]) -> Option<Vec<Entry<'_>>> {
    let mut rest = keystore;
    let (magic, version, count) = (number(&mut rest, 4)?, number(&mut rest, 4)?, number(&mut rest, 4)?);
    if magic != JKS {
        return None;
    }
    let mut entries = Vec::new();
    for _ in 0..count {
        let (tag, alias) = (number(&mut rest, 4)?, field(&mut rest, 2)?);
        number(&mut rest, 8)?;
        let mut parts = Vec::new();
        let certificates = if tag == KEY {
            parts.push(field(&mut rest, 4)?);
            number(&mut rest, 4)?
        } else {
            1
        };
        for _ in 0..certificates {
            if version > 1 {
                field(&mut rest, 2)?;
            }
            parts.push(field(&mut rest, 4)?);
        }
        entries.push((alias, parts));
    }
    (rest.len() == DIGEST).then_some(entries)
}

/// Whether `keystore` is complete. A hook that is killed while it writes leaves an empty or truncated one.
pub fn is_whole(keystore: &[u8]) -> bool {
    entries(keystore).is_some() || is_one_sequence(keystore)
}

/// The beginning of a JKS file, the tag of a key's entry, and the length of the digest at its end (`OpenJDK`,
/// `sun.security.provider.JavaKeyStore`).
const JKS: usize = 0xfeed_feed;
const KEY: usize = 1;
const DIGEST: usize = 20;

fn number(rest: &mut &[u8], length: usize) -> Option<usize> {
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

/// A field: a length of `width` bytes, and as many bytes.
fn field<'a>(rest: &mut &'a [u8], width: usize) -> Option<&'a [u8]> {
    let length = number(rest, width)?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

fn keytool_command(keytool: &Path, verb: &str, keystore: &Path, alias: &str, more: &[&str]) -> Command {
    let keystore = keystore.to_string_lossy();
    let arguments =
        [verb, "-J-Duser.language=en", "-storepass", PASSWORD, "-keystore", &keystore, "-alias", alias];
    Command::new(keytool, arguments.iter().chain(more).copied())
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

    #[test]
    fn a_keystore_is_read_to_its_end_and_a_cut_one_is_noticed() {
        let mut keystore = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1];
        keystore.extend([0, 0, 0, 2, 0, 1, b'a', 0, 0, 0, 0, 0, 0, 0, 0]);
        keystore.extend([0, 5, b'X', b'.', b'5', b'0', b'9', 0, 0, 0, 2, 0x30, 0]);
        keystore.extend([0; DIGEST]);
        assert_eq!(entries(&keystore), Some(vec![(&b"a"[..], vec![&[0x30, 0][..]])]));
        for length in 0..keystore.len() {
            assert!(!is_whole(&keystore[..length]), "{length}");
        }
        assert!(is_whole(&[0x30, 1, 0]), "PKCS#12 is one sequence");
    }
}
