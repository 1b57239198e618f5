//! Converts all encodings of private keys into the one that nginx and ring both read: PKCS #8 version 1 without
//! attributes, EC keys with their public half.

use anyhow::{Context, Result, anyhow};
use der::{
    Decode, Encode, Sequence,
    asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef},
};
use labtrust_machine::pkcs12::{
    encrypted_parts,
    pbe::{self, Budget, Fault},
};
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfoRef, SubjectPublicKeyInfo};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    },
};
use zeroize::Zeroizing;

use super::{
    pem::Key,
    public_key::{KeyKind, PublicKey},
};
use crate::hint::fail;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// `ECPrivateKey` (RFC 5915 §3).
#[derive(Sequence)]
struct EcPrivateKey<'a> {
    version: u8,
    private_key: &'a OctetStringRef,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    parameters: Option<AnyRef<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    public_key: Option<BitStringRef<'a>>,
}

/// `RSAPublicKey` (RFC 8017 §A.1.1).
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

/// Converts any unencrypted DER encoding of a key to PKCS #8.
pub(super) fn any_to_pkcs8(der: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let copy = || Zeroizing::new(der.to_vec());
    if PrivateKeyInfoRef::try_from(der).is_ok() {
        return Ok(copy());
    }
    [Key::Sec1(copy()), Key::Pkcs1(copy())]
        .iter()
        .find_map(|key| to_pkcs8(key).ok())
        .ok_or_else(|| anyhow!("this is not a private key in PKCS #8, PKCS #1 or SEC 1"))
}

/// Converts a key in the encoding of its PEM label to PKCS #8.
pub(super) fn to_pkcs8(key: &Key) -> Result<Zeroizing<Vec<u8>>> {
    match key {
        Key::Pkcs8(der) => Ok(der.clone()),
        Key::Pkcs1(der) => {
            rsa_public_key(der)?;
            wrap(RSA, Some(AnyRef::NULL), der)
        }
        Key::Sec1(der) => {
            let parsed = EcPrivateKey::from_der(der).map_err(|_| damaged("EC"))?;
            let curve = parsed.parameters.ok_or_else(|| {
                fail("the EC key does not name its curve", "convert it: openssl pkey -in FILE -out NEW")
            })?;
            wrap(EC, Some(curve), der)
        }
    }
}

/// Decrypts an `EncryptedPrivateKeyInfo`.
pub(super) fn decrypt(der: &[u8], passphrase: &str) -> Result<Zeroizing<Vec<u8>>> {
    let (algorithm, data) = encrypted_parts(der).ok_or_else(|| damaged("private"))?;
    let decrypted = pbe::decrypt(algorithm, &data, Some(passphrase), &mut Budget::of_a_file());
    decrypted.map_err(|fault| match fault {
        Fault::Passphrase => wrong_passphrase("the private key"),
        Fault::Damaged => damaged("private"),
        Fault::Unsupported => fail(
            "the private key is encrypted with a method that is not supported",
            "decrypt it first: openssl pkey -in ENCRYPTED.key -out NEW.key",
        ),
    })
}

/// The error for a passphrase that does not open `what`.
pub(super) fn wrong_passphrase(what: &str) -> anyhow::Error {
    fail(format!("the passphrase does not open {what}"), "type it again; upper and lower case matter")
}

/// The refusal of OpenSSL's encryption before PKCS #8: one round of MD5 over the passphrase.
pub(super) fn legacy_encryption_error() -> anyhow::Error {
    fail(
        "the private key is encrypted in OpenSSL's old format (Proc-Type: 4,ENCRYPTED)",
        "convert it, and pass the new file: openssl pkey -in OLD.key -aes256 -out NEW.key",
    )
}

/// A PKCS #8 key in labtrust's form, and its public half.
pub(super) fn normalize(der: &[u8], candidates: &[PublicKey]) -> Result<(Zeroizing<Vec<u8>>, PublicKey)> {
    let key = PrivateKeyInfoRef::try_from(der).map_err(|_| damaged("private"))?;
    let inner = key.private_key.as_bytes();
    match key.algorithm.oid {
        RSA => Ok((wrap(RSA, Some(AnyRef::NULL), inner)?, rsa_public_key(inner)?)),
        EC => {
            let curve = key.algorithm.parameters.ok_or_else(|| damaged("EC"))?;
            normalize_ec(curve, inner, candidates)
        }
        ED25519 => {
            let seed = <&OctetStringRef>::from_der(inner).map_err(|_| damaged("Ed25519"))?;
            let pair =
                Ed25519KeyPair::from_seed_unchecked(seed.as_bytes()).map_err(|_| damaged("Ed25519"))?;
            let public = public_key(ED25519, None, pair.public_key().as_ref())?;
            Ok((wrap(ED25519, None, inner)?, public))
        }
        other => Err(fail(
            format!("the private key is of a kind that is not supported ({other})"),
            "use a key of one of these kinds: EC P-256, EC P-384, RSA",
        )),
    }
}

/// Whether `pkcs8` is an EC key without its public half.
pub(super) fn lacks_public_half(pkcs8: &[u8]) -> bool {
    PrivateKeyInfoRef::try_from(pkcs8)
        .ok()
        .filter(|key| key.algorithm.oid == EC)
        .and_then(|key| EcPrivateKey::from_der(key.private_key.as_bytes()).ok())
        .is_some_and(|key| key.public_key.is_none())
}

fn normalize_ec(
    curve: AnyRef<'_>,
    inner: &[u8],
    candidates: &[PublicKey],
) -> Result<(Zeroizing<Vec<u8>>, PublicKey)> {
    let mut key = EcPrivateKey::from_der(inner).map_err(|_| damaged("EC"))?;
    let half = key.private_key.as_bytes();
    let public = match key.public_key {
        Some(bits) => public_key(EC, Some(curve), bits.as_bytes().ok_or_else(|| damaged("EC"))?)?,
        None => candidates.iter().find(|candidate| are_halves_of_one_key(half, candidate)).cloned().ok_or_else(|| {
            fail(
                "the EC key lacks its public half, and no certificate here has it",
                "pass the key together with its certificate, or convert it: openssl pkey -in FILE -out NEW",
            )
        })?,
    };
    let spki = public.spki().to_vec();
    let parsed =
        SubjectPublicKeyInfo::<AnyRef<'_>, BitStringRef<'_>>::from_der(&spki).map_err(|_| damaged("EC"))?;
    key.parameters = None;
    key.public_key = Some(parsed.subject_public_key);
    let inner = Zeroizing::new(key.to_der().context("cannot encode the key")?);
    Ok((wrap(EC, Some(curve), &inner)?, public))
}

/// Whether both are halves of one key, checked by ring.
fn are_halves_of_one_key(private: &[u8], public: &PublicKey) -> bool {
    let algorithm = match public.kind() {
        KeyKind::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
        KeyKind::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        _ => return false,
    };
    let Ok(parsed) = SubjectPublicKeyInfo::<AnyRef<'_>, BitStringRef<'_>>::from_der(public.spki()) else {
        return false;
    };
    let Some(point) = parsed.subject_public_key.as_bytes() else { return false };
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, private, point, &SystemRandom::new()).is_ok()
}

/// The public half of an `RSAPrivateKey` (RFC 8017 §A.1.2): its first two numbers.
fn rsa_public_key(der: &[u8]) -> Result<PublicKey> {
    let numbers = Vec::<UintRef<'_>>::from_der(der).map_err(|_| damaged("RSA"))?;
    let [_version, modulus, exponent, _, _, _, _, _, _, ..] = numbers[..] else { return Err(damaged("RSA")) };
    let public = RsaPublicKey { modulus, exponent }.to_der().context("cannot encode the key")?;
    public_key(RSA, Some(AnyRef::NULL), &public)
}

fn public_key(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, bits: &[u8]) -> Result<PublicKey> {
    let spki = SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifierRef { oid, parameters },
        subject_public_key: BitStringRef::from_bytes(bits).context("cannot encode the key")?,
    };
    PublicKey::from_spki(&spki.to_der().context("cannot encode the key")?)
}

fn wrap(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, inner: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let inner = OctetStringRef::new(inner).context("cannot encode the key")?;
    let key = PrivateKeyInfoRef::new(AlgorithmIdentifierRef { oid, parameters }, inner);
    Ok(Zeroizing::new(key.to_der().context("cannot encode the key")?))
}

fn damaged(kind: &str) -> anyhow::Error {
    fail(format!("the {kind} key is damaged"), "check it: openssl pkey -in FILE -noout -check")
}
