//! Encryption of a backup with age (age-encryption.org/v1), so that a backup can be opened without labtrust:
//! `age --decrypt FILE | tar x`.

use std::io::{Read as _, Write as _};

use age::{DecryptError, Decryptor, Encryptor, scrypt, secrecy::SecretString, x25519};
use anyhow::{Context as _, Result};
use zeroize::Zeroizing;

use super::archive::MAX_SIZE;
use crate::hint::fail;

/// scrypt's work factor, as a power of two: 128 MiB of memory and some tenths of a second, which a small NAS can
/// afford.
const WORK: u8 = 17;
/// The highest work factor accepted in a backup: 1 GiB of memory.
const MAX_WORK: u8 = 20;
/// The first bytes of every age file.
const MAGIC: &[u8] = b"age-encryption.org/";
/// The beginning of the last line of age's header.
const LAST_LINE: &[u8] = b"\n---";
/// The longest header: each recipient takes some hundred bytes, and the time to read a header grows with its square.
const MAX_HEADER: usize = 16 << 10;

/// The key to encrypt a backup with.
pub enum Lock {
    /// A passphrase.
    Passphrase(Zeroizing<String>),
    /// Public keys; the private key of any of them opens the backup.
    Recipients(Vec<x25519::Recipient>),
}

/// The key to decrypt a backup with.
pub enum Opener {
    /// The passphrase.
    Passphrase(Zeroizing<String>),
    /// Private keys of recipients.
    Identities(Vec<x25519::Identity>),
}

/// Whether a passphrase opens `sealed`, and not a private key; its header tells.
pub fn takes_passphrase(sealed: &[u8]) -> Result<bool> {
    Ok(decryptor(sealed)?.is_scrypt())
}

/// Encrypts `plain`.
pub fn seal(plain: &[u8], lock: &Lock) -> Result<Vec<u8>> {
    let sealing = "cannot encrypt the backup";
    let encryptor = match lock {
        Lock::Passphrase(passphrase) => {
            let mut recipient = scrypt::Recipient::new(secret(passphrase));
            recipient.set_work_factor(WORK);
            Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
        }
        Lock::Recipients(recipients) => {
            Encryptor::with_recipients(recipients.iter().map(|one| one as &dyn age::Recipient))
        }
    };
    let mut sealed = Vec::with_capacity(plain.len() + plain.len() / 1024 + 4096);
    let mut writer = encryptor.context(sealing)?.wrap_output(&mut sealed).context(sealing)?;
    writer.write_all(plain).context(sealing)?;
    writer.finish().context(sealing)?;
    // A backup that cannot be opened again is useless.
    decryptor(&sealed)?;
    Ok(sealed)
}

/// Decrypts `sealed`.
pub fn open(sealed: &[u8], opener: &Opener) -> Result<Zeroizing<Vec<u8>>> {
    let decryptor = decryptor(sealed)?;
    let mut reader = match opener {
        Opener::Passphrase(passphrase) => {
            let mut identity = scrypt::Identity::new(secret(passphrase));
            identity.set_max_work_factor(MAX_WORK);
            decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity))
        }
        Opener::Identities(identities) => {
            decryptor.decrypt(identities.iter().map(|one| one as &dyn age::Identity))
        }
    }
    .map_err(|error| refusal(&error, opener))?;
    // The buffer has its full size from the start: a buffer that grows leaves copies of keys in memory.
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    // The archive's headers make it larger than its files.
    reader.by_ref().take(2 * MAX_SIZE as u64).read_to_end(&mut plain).map_err(|_| damaged())?;
    Ok(plain)
}

fn decryptor(sealed: &[u8]) -> Result<Decryptor<&[u8]>> {
    if !sealed.starts_with(MAGIC) {
        return Err(fail(
            "this is not a backup: it is not encrypted with age",
            "pass the unchanged file that `labtrust backup` wrote",
        ));
    }
    let start = &sealed[..sealed.len().min(MAX_HEADER)];
    if sealed.len() > MAX_HEADER && !start.windows(LAST_LINE.len()).any(|part| part == LAST_LINE) {
        return Err(fail(
            format!("this is not a backup: its header is longer than {} KiB", MAX_HEADER >> 10),
            "pass a file that `labtrust backup` made; each --recipient takes a part of the header",
        ));
    }
    Decryptor::new_buffered(sealed).map_err(|_| damaged())
}

fn refusal(error: &DecryptError, opener: &Opener) -> anyhow::Error {
    match (error, opener) {
        (DecryptError::ExcessiveWork { required, .. }, _) => fail(
            format!(
                "its passphrase takes 2^{required} rounds of scrypt, which need more memory than labtrust allows"
            ),
            "decrypt it with age, and encrypt it again: age --decrypt FILE",
        ),
        (
            DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys,
            Opener::Passphrase(_),
        ) => fail("the passphrase is wrong", "pass the passphrase that was typed when the backup was made"),
        (DecryptError::DecryptionFailed | DecryptError::NoMatchingKeys, Opener::Identities(_)) => fail(
            "none of these keys opens it",
            "pass the private key of one of its recipients: --identity FILE",
        ),
        _ => damaged(),
    }
}

fn damaged() -> anyhow::Error {
    fail("the file is cut off or damaged", "copy it again from its source")
}

fn secret(passphrase: &Zeroizing<String>) -> SecretString {
    SecretString::from(passphrase.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_header_without_an_end_is_refused_at_once() {
        let line = "A".repeat(64) + "\n";
        let stanza = format!("-> X25519 {}\n{}\n", "A".repeat(43), "A".repeat(43));
        for header in [format!("-> x\n{}", line.repeat(60_000)), stanza.repeat(30_000), "x".repeat(4 << 20)] {
            let started = Instant::now();
            let error = takes_passphrase(format!("age-encryption.org/v1\n{header}").as_bytes());
            let error = error.expect_err("no header has no end").to_string();
            assert!(error.contains("header is longer than 16 KiB"), "{error}");
            assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        }
        // The longest that is read is read in that time too.
        let longest = format!("age-encryption.org/v1\n-> x\n{}\n---", line.repeat(240));
        let started = Instant::now();
        takes_passphrase(longest.as_bytes()).expect_err("it has no MAC");
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }

    #[test]
    fn only_what_it_was_locked_with_opens_it_and_a_part_is_none() {
        let word = |text: &str| Zeroizing::new(text.to_owned());
        let key = x25519::Identity::generate();
        let plain = vec![7; 100_000];
        for (lock, right, wrong) in [
            (
                Lock::Passphrase(word("correct")),
                Opener::Passphrase(word("correct")),
                Opener::Passphrase(word("battery")),
            ),
            (
                Lock::Recipients(vec![key.to_public()]),
                Opener::Identities(vec![key]),
                Opener::Identities(vec![x25519::Identity::generate()]),
            ),
        ] {
            let sealed = seal(&plain, &lock).expect("sealed");
            assert_eq!(takes_passphrase(&sealed).expect("a header"), matches!(lock, Lock::Passphrase(_)));
            assert_eq!(*open(&sealed, &right).expect("opened"), plain);
            assert!(open(&sealed, &wrong).is_err());
            for length in [0, 10, 100, 200, sealed.len() / 2, sealed.len() - 1] {
                assert!(open(&sealed[..length], &right).is_err(), "{length}");
            }
            let mut changed = sealed.clone();
            let last = changed.len() - 1;
            changed[last] ^= 1;
            assert!(open(&changed, &right).is_err());
        }
    }
}
