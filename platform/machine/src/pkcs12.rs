//! Reads keys and certificates from PKCS #12 (`.p12`, `.pfx`; RFC 7292), the format of Windows, Java and Firefox. It walks
//! through the structure, as for PKCS #7, because Firefox writes BER.

pub mod asn1;
pub mod pbe;

use rustls_pki_types::CertificateDer;
use x509_parser::asn1_rs::{Oid, oid};
use zeroize::Zeroizing;

use self::{
    asn1::{elements, first, is_octets, is_sequence, octets, sequence, tagged},
    pbe::{Budget, Fault, Mac, check_mac, decrypt},
};

/// The most certificates of an archive that are read.
const MOST_CERTIFICATES: usize = 5_000;

/// The contents of an archive: certificates, and keys as PKCS #8.
#[derive(Default)]
pub struct Contents {
    /// The certificates.
    pub certificates: Vec<Held>,
    /// The keys, as PKCS #8.
    pub keys: Vec<Zeroizing<Vec<u8>>>,
    /// Whether it has a key, opened or not.
    pub has_key: bool,
    /// Whether encrypted parts were left out.
    pub is_partial: bool,
}

/// A certificate of an archive.
#[derive(Debug)]
pub struct Held {
    /// The certificate.
    pub der: CertificateDer<'static>,
    /// Its name, if it has one.
    pub alias: Option<String>,
    /// Whether Java trusts it.
    pub is_anchor: bool,
}

/// The wanted parts of an archive.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Certificates and keys.
    Everything,
    /// Keys are not decrypted: they may be of an unknown kind.
    Certificates,
    /// The parts that anybody can read without a passphrase. A MAC is not checked.
    Unencrypted,
}

/// Content types (RFC 5652 §4 and §8).
const DATA: Oid<'static> = oid!(1.2.840.113549.1.7.1);
const ENCRYPTED_DATA: Oid<'static> = oid!(1.2.840.113549.1.7.6);
/// Kinds of bags (RFC 7292 §4.2).
const KEY: Oid<'static> = oid!(1.2.840.113549.1.12.10.1.1);
const SHROUDED_KEY: Oid<'static> = oid!(1.2.840.113549.1.12.10.1.2);
const CERTIFICATE: Oid<'static> = oid!(1.2.840.113549.1.12.10.1.3);
const MORE_BAGS: Oid<'static> = oid!(1.2.840.113549.1.12.10.1.6);
/// Attributes of bags: a name (RFC 2985 §5.5.1), and Java's mark of a trusted certificate (`OpenJDK`,
/// `sun.security.pkcs12.PKCS12KeyStore`).
const FRIENDLY_NAME: Oid<'static> = oid!(1.2.840.113549.1.9.20);
const TRUSTED_KEY_USAGE: Oid<'static> = oid!(2.16.840.1.113894.746875.1.1);
const X509: Oid<'static> = oid!(1.2.840.113549.1.9.22.1);

/// The deepest nesting of bags.
const DEEPEST: usize = 8;

/// The parts of an `EncryptedPrivateKeyInfo` (RFC 5958 §3): the encoded algorithm, and the encrypted data.
pub fn encrypted_parts(der: &[u8]) -> Option<(&[u8], Zeroizing<Vec<u8>>)> {
    let mut parts = elements(sequence(der)?);
    let ((algorithm, encoded), (data, _)) = (parts.next()?, parts.next()?);
    if !is_sequence(&algorithm) || !is_octets(&data) || parts.next().is_some() {
        return None;
    }
    Some((encoded, octets(&data)?))
}

/// A part of the structure; an error if it is missing.
fn part<T>(part: Option<T>) -> Result<T, Fault> {
    part.ok_or(Fault::Damaged)
}

/// Reads an archive (`PFX`) that this passphrase opens.
pub fn read(
    der: &[u8],
    wanted: Wanted,
    passphrase: pbe::Passphrase<'_>,
    budget: &mut Budget,
) -> Result<Contents, Fault> {
    let mut parts = elements(part(sequence(der))?).skip(1);
    let (safe, mac) = (part(parts.next())?.1, parts.next());
    let (kind, content) = part(content_info(safe))?;
    if kind != DATA {
        // An archive that is signed by a key: nobody uses this.
        return Err(Fault::Unsupported);
    }
    let safes = part(octets(&part(first(content))?.0))?;
    if let Some((mac, _)) = mac.filter(|(mac, _)| is_sequence(mac) && wanted != Wanted::Unencrypted) {
        check_mac(&part(mac_data(mac.data))?.as_mac(), &safes, passphrase, budget)?;
    }
    let mut archive = Archive { wanted, passphrase, budget, contents: Contents::default() };
    // `AuthenticatedSafe`
    let mut all = elements(part(sequence(&safes))?);
    for (_, safe) in all.by_ref() {
        let (kind, content) = part(content_info(safe))?;
        let content = part(first(content))?.0;
        if kind == DATA {
            archive.take_bags(&part(octets(&content))?, DEEPEST)?;
        } else if kind == ENCRYPTED_DATA {
            if wanted == Wanted::Unencrypted {
                archive.contents.is_partial = true;
                continue;
            }
            let (algorithm, data) = part(encrypted_data(content.data))?;
            let bags = decrypt(algorithm, &data, passphrase, archive.budget)?;
            archive.take_bags(&bags, DEEPEST)?;
        } else {
            return Err(Fault::Unsupported);
        }
    }
    part(all.are_all().then_some(archive.contents))
}

/// The type of a `ContentInfo`, and the content of its `[0]`.
fn content_info(encoded: &[u8]) -> Option<(Oid<'_>, &[u8])> {
    let mut parts = elements(sequence(encoded)?);
    let (kind, content) = (parts.next()?.0, parts.next()?.0);
    Some((kind.oid().ok()?, tagged(&content, 0)?))
}

/// The parts of an `EncryptedData` (RFC 5652 §8): the encoded algorithm, and the encrypted data.
fn encrypted_data(data: &[u8]) -> Option<(&[u8], Zeroizing<Vec<u8>>)> {
    let (info, _) = elements(data).nth(1)?;
    let mut parts = elements(info.data).skip(1);
    let (algorithm, content) = (parts.next()?.1, parts.next()?.0);
    tagged(&content, 0)?;
    Some((algorithm, octets(&content)?))
}

struct MacData<'a> {
    algorithm: &'a [u8],
    tag: Zeroizing<Vec<u8>>,
    salt: Zeroizing<Vec<u8>>,
    rounds: u32,
}

impl MacData<'_> {
    fn as_mac(&self) -> Mac<'_> {
        Mac { algorithm: self.algorithm, tag: &self.tag, salt: &self.salt, rounds: self.rounds }
    }
}

/// `MacData`; the default is one round.
fn mac_data(data: &[u8]) -> Option<MacData<'_>> {
    let mut parts = elements(data);
    let ((digest, _), (salt, _)) = (parts.next()?, parts.next()?);
    let rounds = parts.next().map_or(Some(1), |(rounds, _)| rounds.integer().ok()?.as_u32().ok())?;
    let mut digest = elements(digest.data);
    let (algorithm, tag) = (digest.next()?.1, digest.next()?.0);
    Some(MacData { algorithm, tag: octets(&tag)?, salt: octets(&salt)?, rounds })
}

/// The attributes of a bag that matter here.
#[derive(Default)]
struct Attributes {
    alias: Option<String>,
    is_anchor: bool,
}

/// The attributes in the content of a set (RFC 7292 §4.2, `PKCS12Attribute`).
fn attributes(set: Option<&[u8]>) -> Attributes {
    let mut found = Attributes::default();
    for (attribute, _) in elements(set.unwrap_or_default()) {
        let mut parts = elements(attribute.data);
        let Some(Ok(kind)) = parts.next().map(|(kind, _)| kind.oid()) else { continue };
        if kind == TRUSTED_KEY_USAGE {
            found.is_anchor = true;
        } else if kind == FRIENDLY_NAME {
            found.alias = parts.next().and_then(|(values, _)| bmp_string(first(values.data)?.0.data));
        }
    }
    found
}

/// The text of a `BMPString`: UTF-16.
fn bmp_string(bytes: &[u8]) -> Option<String> {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    String::from_utf16(&units.collect::<Vec<_>>()).ok()
}

/// An archive that is being opened.
struct Archive<'a> {
    wanted: Wanted,
    passphrase: pbe::Passphrase<'a>,
    budget: &'a mut Budget,
    contents: Contents,
}

impl Archive<'_> {
    /// `SafeContents`.
    fn take_bags(&mut self, bags: &[u8], depth: usize) -> Result<(), Fault> {
        let depth = part(depth.checked_sub(1))?;
        let mut all = elements(part(sequence(bags))?);
        for (bag, _) in all.by_ref() {
            let mut parts = elements(bag.data);
            let ((kind, _), (value, _)) = (part(parts.next())?, part(parts.next())?);
            let (kind, value) = (kind.oid().map_err(|_| Fault::Damaged)?, part(tagged(&value, 0))?);
            if kind == CERTIFICATE {
                self.take_certificate(value, &attributes(parts.next().map(|(set, _)| set.data)))?;
            } else if kind == KEY {
                self.take_key(|_| Ok(Zeroizing::new(value.to_vec())))?;
            } else if kind == SHROUDED_KEY {
                self.take_key(|archive| {
                    let (algorithm, data) = part(encrypted_parts(value))?;
                    decrypt(algorithm, &data, archive.passphrase, archive.budget)
                })?;
            } else if kind == MORE_BAGS {
                self.take_bags(value, depth)?;
            }
            // Other bags hold revocation lists, and secrets of Java programs.
        }
        part(all.are_all().then_some(()))
    }

    /// `CertBag`.
    fn take_certificate(&mut self, value: &[u8], attributes: &Attributes) -> Result<(), Fault> {
        let (kind, content) = part(content_info(value))?;
        // Nobody uses the other kind, SDSI.
        if kind == X509 {
            let der = part(octets(&part(first(content))?.0))?;
            let (alias, is_anchor) = (attributes.alias.clone(), attributes.is_anchor);
            self.contents.certificates.push(Held { der: der.to_vec().into(), alias, is_anchor });
        }
        part((self.contents.certificates.len() <= MOST_CERTIFICATES).then_some(()))
    }

    fn take_key(
        &mut self,
        open: impl FnOnce(&mut Self) -> Result<Zeroizing<Vec<u8>>, Fault>,
    ) -> Result<(), Fault> {
        self.contents.has_key = true;
        if self.wanted == Wanted::Everything {
            let key = open(self)?;
            self.contents.keys.push(key);
        }
        Ok(())
    }
}
