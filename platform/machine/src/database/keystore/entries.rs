//! The entries of keystores, read without Java: JKS and JCEKS (`OpenJDK`, `sun.security.provider.JavaKeyStore`), and PKCS #12.

use labtrust_plan::{Certificate, strict_pem::is_one_sequence};
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use crate::pkcs12::{
    self, Wanted,
    pbe::{Budget, Fault},
};

/// One entry of a keystore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its alias.
    pub alias: String,
    /// Its certificates and keys as they are encoded.
    pub parts: Vec<Vec<u8>>,
    /// Whether Java trusts its certificate.
    pub is_anchor: bool,
}

impl Entry {
    /// Whether it makes Java trust `certificate`.
    pub fn trusts(&self, certificate: &Certificate) -> bool {
        self.is_anchor && self.parts.iter().any(|part| part == certificate.der())
    }

    /// Whether its alias is `alias`: Java ignores upper and lower case.
    pub fn is_called(&self, alias: &str) -> bool {
        self.alias.eq_ignore_ascii_case(alias)
    }
}

/// The entries of `keystore`; none if it is truncated, if a part needs a password, or if only Java can read its format.
pub fn entries(keystore: &[u8]) -> Option<Vec<Entry>> {
    if let Some(entries) = entries_of_jks(keystore) {
        return Some(entries);
    }
    let contents = pkcs12::read(keystore, Wanted::Unencrypted, None, &mut Budget::of_a_file()).ok()?;
    (!contents.is_partial).then(|| entries_of_archive(contents))
}

/// Whether `keystore` is complete. A program that is killed while it writes leaves an empty or truncated one.
pub fn is_whole(keystore: &[u8]) -> bool {
    entries(keystore).is_some() || is_one_sequence(keystore)
}

/// The entries that Java sees in `keystore` if no password is set, as for its own `cacerts`.
pub(crate) fn entries_without_password(keystore: &[u8]) -> Option<Vec<Entry>> {
    entries_of_jks(keystore).or_else(|| {
        let contents = pkcs12::read(keystore, Wanted::Unencrypted, None, &mut Budget::of_a_file());
        contents.ok().map(entries_of_archive)
    })
}

/// The entries of `keystore`; none if `password` does not open it.
pub(crate) fn entries_with(keystore: &[u8], password: &str) -> Option<Vec<Entry>> {
    if let Some(entries) = entries_of_jks(keystore) {
        return has_digest(keystore, password).then_some(entries);
    }
    match pkcs12::read(keystore, Wanted::Certificates, Some(password), &mut Budget::of_a_file()) {
        Ok(contents) => Some(entries_of_archive(contents)),
        Err(Fault::Passphrase | Fault::Unsupported | Fault::Damaged) => None,
    }
}

fn entries_of_archive(contents: pkcs12::Contents) -> Vec<Entry> {
    let entry = |held: pkcs12::Held| Entry {
        alias: held.alias.unwrap_or_default(),
        parts: vec![held.der.to_vec()],
        is_anchor: held.is_anchor,
    };
    contents.certificates.into_iter().map(entry).collect()
}

/// The beginning of a JKS and of a JCEKS file, the tags of entries, and the length of the digest at the end.
const JKS: [usize; 2] = [0xfeed_feed, 0xcece_cece];
const KEY: usize = 1;
const ANCHOR: usize = 2;
const DIGEST: usize = 20;

/// The text in the middle of the digest.
const SALT: &[u8] = b"Mighty Aphrodite";

fn entries_of_jks(keystore: &[u8]) -> Option<Vec<Entry>> {
    let mut rest = keystore;
    let (magic, version, count) = (number(&mut rest, 4)?, number(&mut rest, 4)?, number(&mut rest, 4)?);
    if !JKS.contains(&magic) {
        return None;
    }
    let mut entries = Vec::new();
    for _ in 0..count {
        let (tag, alias) = (number(&mut rest, 4)?, field(&mut rest, 2)?);
        number(&mut rest, 8)?;
        let mut parts = Vec::new();
        let certificates = match tag {
            KEY => {
                parts.push(field(&mut rest, 4)?.to_vec());
                number(&mut rest, 4)?
            }
            ANCHOR => 1,
            // A secret key of JCEKS, whose length only Java knows.
            _ => return None,
        };
        for _ in 0..certificates {
            if version > 1 {
                field(&mut rest, 2)?;
            }
            parts.push(field(&mut rest, 4)?.to_vec());
        }
        let alias = String::from_utf8_lossy(alias).into_owned();
        entries.push(Entry { alias, parts, is_anchor: tag == ANCHOR });
    }
    (rest.len() == DIGEST).then_some(entries)
}

/// Whether the digest at the end of a JKS keystore was made with `password`.
fn has_digest(keystore: &[u8], password: &str) -> bool {
    let Some((data, digest)) = keystore.split_last_chunk::<DIGEST>() else { return false };
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    password.encode_utf16().for_each(|unit| context.update(&unit.to_be_bytes()));
    context.update(SALT);
    context.update(data);
    context.finish().as_ref() == digest
}

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

#[cfg(test)]
mod tests {
    use super::*;

    /// A JKS keystore with one entry and the password `changeit`.
    fn one(alias: &str, certificate: &[u8]) -> Vec<u8> {
        let length = |bytes: &[u8], width: usize| (bytes.len() as u64).to_be_bytes()[8 - width..].to_vec();
        let mut keystore = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
        keystore.extend([length(alias.as_bytes(), 2), alias.as_bytes().to_vec(), vec![0; 8]].concat());
        keystore
            .extend([vec![0, 5], b"X.509".to_vec(), length(certificate, 4), certificate.to_vec()].concat());
        let password: Vec<u8> = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let digest = ring::digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, &[&password, SALT, &keystore].concat());
        keystore.extend(digest.as_ref());
        keystore
    }

    #[test]
    fn a_keystore_is_read_to_its_end_and_only_its_own_password_opens_it() {
        let keystore = one("a", &[0x30, 0]);
        let expected = Entry { alias: "a".into(), parts: vec![vec![0x30, 0]], is_anchor: true };
        assert_eq!(entries(&keystore), Some(vec![expected.clone()]));
        assert_eq!(entries_without_password(&keystore), Some(vec![expected.clone()]));
        assert_eq!(entries_with(&keystore, "changeit"), Some(vec![expected]));
        assert_eq!(entries_with(&keystore, "changeme"), None);
        for length in 0..keystore.len() {
            assert!(!is_whole(&keystore[..length]), "{length}");
        }
        assert!(is_whole(&[0x30, 1, 0]), "PKCS #12 is one sequence");
    }
}
