//! The hash functions of archives, one row each, and PKCS #12's key derivation with them.

use der::asn1::ObjectIdentifier;
use hmac::{KeyInit, Mac, SimpleHmac};
use ring::pbkdf2::Algorithm;
use sha1::{
    Sha1,
    digest::{Digest, FixedOutputReset, block_api::BlockSizeUser},
};
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use zeroize::Zeroizing;

/// A hash function.
pub(super) struct Hash {
    digest: ObjectIdentifier,
    hmac: ObjectIdentifier,
    /// The length of its value in bytes.
    pub length: usize,
    /// Derives a key of a length from a passphrase, a salt and a number of rounds (RFC 7292 §B.2).
    pub derive: Derive,
    /// Its PBKDF2 (RFC 8018 §5.2), if ring supports it.
    pub pbkdf2: Option<Algorithm>,
    /// Whether the HMAC of data under a key equals a tag, compared in constant time.
    pub is_mac: fn(&[u8], &[u8], &[u8]) -> bool,
}

type Derive = fn(&[u8], &[u8], Purpose, u32, usize) -> Zeroizing<Vec<u8>>;

/// The purpose of a derived key (RFC 7292 §B.3).
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Key = 1,
    Vector = 2,
    Mac = 3,
}

pub(super) const SHA1: Hash =
    hash::<Sha1>("1.3.14.3.2.26", "1.2.840.113549.2.7", 20, Some(ring::pbkdf2::PBKDF2_HMAC_SHA1));

static HASHES: [Hash; 7] = [
    SHA1,
    hash::<Sha224>("2.16.840.1.101.3.4.2.4", "1.2.840.113549.2.8", 28, None),
    hash::<Sha256>(
        "2.16.840.1.101.3.4.2.1",
        "1.2.840.113549.2.9",
        32,
        Some(ring::pbkdf2::PBKDF2_HMAC_SHA256),
    ),
    hash::<Sha384>(
        "2.16.840.1.101.3.4.2.2",
        "1.2.840.113549.2.10",
        48,
        Some(ring::pbkdf2::PBKDF2_HMAC_SHA384),
    ),
    hash::<Sha512>(
        "2.16.840.1.101.3.4.2.3",
        "1.2.840.113549.2.11",
        64,
        Some(ring::pbkdf2::PBKDF2_HMAC_SHA512),
    ),
    hash::<Sha512_224>("2.16.840.1.101.3.4.2.5", "1.2.840.113549.2.12", 28, None),
    hash::<Sha512_256>("2.16.840.1.101.3.4.2.6", "1.2.840.113549.2.13", 32, None),
];

/// The hash function of this object identifier.
pub(super) fn of_digest(oid: ObjectIdentifier) -> Option<&'static Hash> {
    HASHES.iter().find(|hash| hash.digest == oid)
}

/// The hash function whose HMAC has this object identifier.
pub(super) fn of_hmac(oid: ObjectIdentifier) -> Option<&'static Hash> {
    HASHES.iter().find(|hash| hash.hmac == oid)
}

const fn hash<D: Digest + FixedOutputReset + BlockSizeUser + Clone + Sync>(
    digest: &str,
    hmac: &str,
    length: usize,
    pbkdf2: Option<Algorithm>,
) -> Hash {
    Hash {
        digest: ObjectIdentifier::new_unwrap(digest),
        hmac: ObjectIdentifier::new_unwrap(hmac),
        length,
        derive: derive::<D>,
        pbkdf2,
        is_mac: is_mac::<D>,
    }
}

fn is_mac<D: Digest + BlockSizeUser + Clone>(key: &[u8], data: &[u8], tag: &[u8]) -> bool {
    SimpleHmac::<D>::new_from_slice(key).is_ok_and(|mac| mac.chain_update(data).verify_slice(tag).is_ok())
}

fn derive<D: Digest + FixedOutputReset + BlockSizeUser>(
    passphrase: &[u8],
    salt: &[u8],
    purpose: Purpose,
    rounds: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block = D::block_size();
    let filled = |text: &[u8]| -> Vec<u8> {
        text.iter().copied().cycle().take(text.len().next_multiple_of(block)).collect()
    };
    let diversifier = vec![purpose as u8; block];
    let mut input = Zeroizing::new([filled(salt), filled(passphrase)].concat());
    let mut key = Zeroizing::new(Vec::with_capacity(length + 64));
    let mut digest = D::new();
    while key.len() < length {
        Digest::update(&mut digest, &diversifier);
        Digest::update(&mut digest, &*input);
        let mut value = digest.finalize_fixed_reset();
        for _ in 1..rounds {
            Digest::update(&mut digest, &value);
            value = digest.finalize_fixed_reset();
        }
        key.extend_from_slice(&value);
        // Each block of the input grows by the value, repeated to the length of a block, and one.
        for part in input.chunks_mut(block) {
            let mut carry = 1;
            for (at, byte) in part.iter_mut().enumerate().rev() {
                let sum = u16::from(*byte) + u16::from(value[at % value.len()]) + carry;
                let [over, low] = sum.to_be_bytes();
                (carry, *byte) = (u16::from(over), low);
            }
        }
    }
    key.truncate(length);
    key
}
