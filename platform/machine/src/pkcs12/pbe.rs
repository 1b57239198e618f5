//! Decrypts keys (PKCS #8) and archives (PKCS #12) with a passphrase, by current methods and by those of old files.

mod hash;

use std::num::NonZeroU32;

use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit, block_padding::Pkcs7};
use der::{
    Decode, Sequence,
    asn1::{ObjectIdentifier, OctetStringRef},
};
use des::{TdesEde2, TdesEde3};
use pkcs8::{
    AlgorithmIdentifierRef,
    pkcs5::{EncryptionScheme, Error, pbes2::Kdf},
};
use rc2::Rc2;
use zeroize::Zeroizing;

use self::hash::{Hash, Purpose, SHA1, of_digest, of_hmac};
use super::asn1::{first, is_sequence};

/// The most rounds of hashing for a whole file (RFC 8018 §5.2, RFC 7292 appendix B): about twenty times the highest
/// default of any tool. It limits the time that a file can take.
const MOST_ROUNDS: u64 = if cfg!(fuzzing) { 20_000 } else { 10_000_000 };
/// The most bytes that scrypt may fill, 128·N·r·p (RFC 7914 §2).
const MOST_BYTES: u64 = 512 << 20;

/// The reason why a decryption failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The passphrase is wrong.
    Passphrase,
    /// The method is unknown, or takes too long.
    Unsupported,
    /// The data is damaged.
    Damaged,
}

/// The rounds that are left for a file.
pub struct Budget(u64);

impl Budget {
    /// The budget of one file.
    pub fn of_a_file() -> Self {
        Self(MOST_ROUNDS)
    }

    fn spend(&mut self, rounds: u64) -> Result<(), Fault> {
        self.0 = self.0.checked_sub(rounds).ok_or(Fault::Unsupported)?;
        Ok(())
    }
}

/// A passphrase. For PKCS #12, no passphrase, as old Windows and GnuTLS write it, differs from an empty one.
pub type Passphrase<'p> = Option<&'p str>;

/// The HMAC of an archive, with a key from the passphrase (RFC 7292 §4).
pub struct Mac<'a> {
    /// The encoded identifier of the algorithm.
    pub algorithm: &'a [u8],
    /// The value.
    pub tag: &'a [u8],
    /// The salt of the key.
    pub salt: &'a [u8],
    /// The rounds of hashing that make the key.
    pub rounds: u32,
}

/// `PBMAC1` (RFC 9579).
const PBMAC1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.14");

/// `rc2CBC` (RFC 8018 §B.2.3), which the crate pkcs5 does not support.
const RC2_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.3.2");

/// `PBMAC1-params` and `PBES2-params` (RFC 8018 §A.4 and §A.5).
#[derive(Sequence)]
struct Derived<'a> {
    derivation: AlgorithmIdentifierRef<'a>,
    scheme: AlgorithmIdentifierRef<'a>,
}

/// `RC2-CBC-Parameter` (RFC 8018 §B.2.3). The version gives the length of the key, as PBKDF2's parameters do.
#[derive(Sequence)]
struct Rc2Parameters<'a> {
    version: Option<u32>,
    vector: &'a OctetStringRef,
}

/// A method of PKCS #12 (RFC 7292 appendix C): a cipher, its key's length in bytes, and its decryption.
struct LegacyMethod {
    oid: ObjectIdentifier,
    key: usize,
    decrypt: Decrypt,
}

/// Takes a key, an initial vector and data.
type Decrypt = fn(&[u8], &[u8], &[u8]) -> Option<Vec<u8>>;

const LEGACY_METHODS: &[LegacyMethod] = &[
    legacy("1.2.840.113549.1.12.1.3", 24, cbc::<TdesEde3>),
    legacy("1.2.840.113549.1.12.1.4", 16, cbc::<TdesEde2>),
    legacy("1.2.840.113549.1.12.1.5", 16, cbc::<Rc2>),
    legacy("1.2.840.113549.1.12.1.6", 5, cbc::<Rc2>),
];

const fn legacy(oid: &str, key: usize, decrypt: Decrypt) -> LegacyMethod {
    LegacyMethod { oid: ObjectIdentifier::new_unwrap(oid), key, decrypt }
}

/// `pkcs-12PbeParams` (RFC 7292 appendix C).
#[derive(Sequence)]
struct LegacyParameters<'a> {
    salt: &'a OctetStringRef,
    rounds: u32,
}

/// Decrypts `data` with `algorithm`, an encoded `AlgorithmIdentifier`. If the result is not a sequence, the passphrase is
/// wrong.
pub fn decrypt(
    algorithm: &[u8],
    data: &[u8],
    passphrase: Passphrase<'_>,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let algorithm = AlgorithmIdentifierRef::from_der(algorithm).map_err(|_| Fault::Unsupported)?;
    let derived = algorithm.parameters.and_then(|parameters| parameters.decode_as::<Derived<'_>>().ok());
    let rc2 = derived.filter(|derived| derived.scheme.oid == RC2_CBC);
    let plain = match (LEGACY_METHODS.iter().find(|method| method.oid == algorithm.oid), rc2) {
        (Some(method), _) => decrypt_legacy(method, algorithm, data, passphrase, budget),
        (None, Some(rc2)) => decrypt_rc2(&rc2, data, passphrase, budget),
        (None, None) => decrypt_pbes2(algorithm, data, passphrase.unwrap_or_default(), budget),
    };
    let plain = plain?;
    match first(&plain) {
        Some((any, _)) if is_sequence(&any) => Ok(plain),
        _ => Err(Fault::Passphrase),
    }
}

fn decrypt_pbes2(
    algorithm: AlgorithmIdentifierRef<'_>,
    data: &[u8],
    passphrase: &str,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let Ok(EncryptionScheme::Pbes2(parameters)) = EncryptionScheme::try_from(algorithm) else {
        return Err(Fault::Unsupported);
    };
    match &parameters.kdf {
        Kdf::Pbkdf2(pbkdf2) => budget.spend(pbkdf2.iteration_count.into())?,
        Kdf::Scrypt(scrypt) => {
            let lanes = 128 * u64::from(scrypt.block_size) * u64::from(scrypt.parallelization);
            // pkcs5 0.8 panics at a cost of zero.
            let bytes = scrypt.cost_parameter.saturating_mul(lanes);
            if !(1..=MOST_BYTES).contains(&bytes) {
                return Err(Fault::Unsupported);
            }
            budget.spend(bytes / (MOST_BYTES / MOST_ROUNDS))?;
        }
        _ => return Err(Fault::Unsupported),
    }
    parameters.decrypt(passphrase, data).map(Zeroizing::new).map_err(|error| match error {
        Error::UnsupportedAlgorithm { .. } => Fault::Unsupported,
        _ => Fault::Passphrase,
    })
}

fn decrypt_rc2(
    rc2: &Derived<'_>,
    data: &[u8],
    passphrase: Passphrase<'_>,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let key = derive(rc2.derivation, 16, passphrase, budget)?;
    let parameters = rc2.scheme.parameters.ok_or(Fault::Damaged)?;
    let Rc2Parameters { vector, .. } = parameters.decode_as().map_err(|_| Fault::Damaged)?;
    cbc::<Rc2>(&key, vector.as_bytes(), data).map(Zeroizing::new).ok_or(Fault::Passphrase)
}

fn decrypt_legacy(
    method: &LegacyMethod,
    algorithm: AlgorithmIdentifierRef<'_>,
    data: &[u8],
    passphrase: Passphrase<'_>,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let parameters = algorithm.parameters.ok_or(Fault::Damaged)?;
    let LegacyParameters { salt, rounds } = parameters.decode_as().map_err(|_| Fault::Damaged)?;
    // A key takes at most two blocks of SHA-1, the initial vector one.
    budget.spend(3 * u64::from(rounds))?;
    let passphrase = utf16(passphrase);
    let derive = |purpose, length| (SHA1.derive)(&passphrase, salt.as_bytes(), purpose, rounds, length);
    let (key, vector) = (derive(Purpose::Key, method.key), derive(Purpose::Vector, 8));
    (method.decrypt)(&key, &vector, data).map(Zeroizing::new).ok_or(Fault::Passphrase)
}

fn cbc<C: KeyInit + BlockCipherDecrypt>(key: &[u8], vector: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let cipher = cbc::Decryptor::<C>::new_from_slices(key, vector).ok()?;
    cipher.decrypt_padded_vec::<Pkcs7>(data).ok()
}

/// Checks the MAC of `data`. An error means a wrong passphrase, or changed data.
pub fn check_mac(
    mac: &Mac<'_>,
    data: &[u8],
    passphrase: Passphrase<'_>,
    budget: &mut Budget,
) -> Result<(), Fault> {
    let algorithm = AlgorithmIdentifierRef::from_der(mac.algorithm).map_err(|_| Fault::Damaged)?;
    let (hash, key) = if algorithm.oid == PBMAC1 {
        derive_pbmac1(algorithm, passphrase, budget)?
    } else {
        let hash = of_digest(algorithm.oid).ok_or(Fault::Unsupported)?;
        budget.spend(mac.rounds.into())?;
        (hash, (hash.derive)(&utf16(passphrase), mac.salt, Purpose::Mac, mac.rounds, hash.length))
    };
    if (hash.is_mac)(&key, data, mac.tag) { Ok(()) } else { Err(Fault::Passphrase) }
}

fn derive_pbmac1(
    algorithm: AlgorithmIdentifierRef<'_>,
    passphrase: Passphrase<'_>,
    budget: &mut Budget,
) -> Result<(&'static Hash, Zeroizing<Vec<u8>>), Fault> {
    let parameters = algorithm.parameters.ok_or(Fault::Damaged)?;
    let Derived { derivation, scheme } = parameters.decode_as().map_err(|_| Fault::Damaged)?;
    let hash = of_hmac(scheme.oid).ok_or(Fault::Unsupported)?;
    Ok((hash, derive(derivation, hash.length, passphrase, budget)?))
}

/// A key by PBKDF2, with the length in its parameters, or else `usual` bytes.
fn derive(
    derivation: AlgorithmIdentifierRef<'_>,
    usual: usize,
    passphrase: Passphrase<'_>,
    budget: &mut Budget,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let Ok(Kdf::Pbkdf2(pbkdf2)) = Kdf::try_from(derivation) else { return Err(Fault::Unsupported) };
    let algorithm = of_hmac(pbkdf2.prf.oid()).and_then(|hash| hash.pbkdf2).ok_or(Fault::Unsupported)?;
    let rounds = NonZeroU32::new(pbkdf2.iteration_count).ok_or(Fault::Damaged)?;
    budget.spend(rounds.get().into())?;
    let length = pbkdf2.key_length.map_or(usual, usize::from);
    // No cipher needs a longer key, and it would take more rounds.
    if length > 64 {
        return Err(Fault::Unsupported);
    }
    let mut key = Zeroizing::new(vec![0; length]);
    let passphrase = passphrase.unwrap_or_default().as_bytes();
    ring::pbkdf2::derive(algorithm, rounds, pbkdf2.salt.as_ref(), passphrase, &mut key);
    Ok(key)
}

/// A passphrase as PKCS #12 hashes it (RFC 7292 §B.1): UTF-16 with a null at the end, or empty.
fn utf16(passphrase: Passphrase<'_>) -> Zeroizing<Vec<u8>> {
    let Some(passphrase) = passphrase else { return Zeroizing::default() };
    let mut utf16 = Zeroizing::new(Vec::with_capacity(2 * passphrase.len() + 2));
    utf16.extend(passphrase.encode_utf16().chain([0]).flat_map(u16::to_be_bytes));
    utf16
}
