//! Kinds of keys, and how they sign.

use super::{
    super::{
        key::{
            BRAINPOOL, ECDSA_SHA1, ECDSA_SHA3, ECDSA_SHA224, ECDSA_SHA384, ECDSA_SHA512, ED448, ED25519,
            P224, P384, P521, PSS, RSA_MD5, RSA_PSS, RSA_SHA1, RSA_SHA224, RSA_SHA384, RSA_SHA512, RSA1024,
            RSA2047, RSA2048, RSA3072, SECP256K1,
        },
        plan::{Change::*, DIGITAL_SIGNATURE, Leaf, Middle, Root, key_usage},
    },
    Rows,
};

const KEY_ENCIPHERMENT: u8 = 2;

pub(super) fn rows() -> Rows {
    let leaf = |kind| vec![Key(Leaf, kind)];
    let rsa =
        |kind| vec![Key(Leaf, kind), Put(Leaf, key_usage(&[DIGITAL_SIGNATURE, KEY_ENCIPHERMENT]).critical())];
    let middle = |kind| vec![Key(Middle, kind)];
    let root = |kind| vec![Key(Root, kind)];
    let signed = |algorithm| vec![Sign(Leaf, algorithm)];
    let signed_rsa = |algorithm| vec![Key(Middle, RSA2048), Sign(Leaf, algorithm)];
    vec![
        ("leaf P-384", leaf(P384)),
        ("leaf P-521", leaf(P521)),
        ("leaf P-224", leaf(P224)),
        ("leaf secp256k1", leaf(SECP256K1)),
        ("leaf brainpool", leaf(BRAINPOOL)),
        ("leaf Ed25519", leaf(ED25519)),
        ("leaf Ed448", leaf(ED448)),
        ("leaf RSA 1024", rsa(RSA1024)),
        ("leaf RSA 2047", rsa(RSA2047)),
        ("leaf RSA 2048", rsa(RSA2048)),
        ("leaf RSA 3072", rsa(RSA3072)),
        ("leaf RSA 2048 that may only sign", leaf(RSA2048)),
        (
            "leaf RSA 2048 that may only encipher",
            vec![Key(Leaf, RSA2048), Put(Leaf, key_usage(&[KEY_ENCIPHERMENT]).critical())],
        ),
        ("leaf RSA-PSS", leaf(RSA_PSS)),
        ("intermediate P-384", middle(P384)),
        ("intermediate P-521", middle(P521)),
        ("intermediate P-224", middle(P224)),
        ("intermediate secp256k1", middle(SECP256K1)),
        ("intermediate brainpool", middle(BRAINPOOL)),
        ("intermediate Ed25519", middle(ED25519)),
        ("intermediate Ed448", middle(ED448)),
        ("intermediate RSA 1024", middle(RSA1024)),
        ("intermediate RSA 2048", middle(RSA2048)),
        ("intermediate RSA-PSS", middle(RSA_PSS)),
        ("root P-384", root(P384)),
        ("root P-521", root(P521)),
        ("root P-224", root(P224)),
        ("root brainpool", root(BRAINPOOL)),
        ("root Ed25519", root(ED25519)),
        ("root Ed448", root(ED448)),
        ("root RSA 1024", root(RSA1024)),
        ("root RSA 2048", root(RSA2048)),
        ("root RSA-PSS", root(RSA_PSS)),
        ("leaf signed with ECDSA and SHA-1", signed(ECDSA_SHA1)),
        ("leaf signed with ECDSA and SHA-224", signed(ECDSA_SHA224)),
        ("leaf signed with ECDSA and SHA-384", signed(ECDSA_SHA384)),
        ("leaf signed with ECDSA and SHA-512", signed(ECDSA_SHA512)),
        ("leaf signed with ECDSA and SHA-3", signed(ECDSA_SHA3)),
        ("leaf signed with RSA and MD5", signed_rsa(RSA_MD5)),
        ("leaf signed with RSA and SHA-1", signed_rsa(RSA_SHA1)),
        ("leaf signed with RSA and SHA-224", signed_rsa(RSA_SHA224)),
        ("leaf signed with RSA and SHA-384", signed_rsa(RSA_SHA384)),
        ("leaf signed with RSA and SHA-512", signed_rsa(RSA_SHA512)),
        ("leaf signed with RSASSA-PSS", signed_rsa(PSS)),
        ("intermediate signed with ECDSA and SHA-1", vec![Sign(Middle, ECDSA_SHA1)]),
        ("intermediate signed with ECDSA and SHA-384", vec![Sign(Middle, ECDSA_SHA384)]),
        ("intermediate signed with RSA and SHA-1", vec![Key(Root, RSA2048), Sign(Middle, RSA_SHA1)]),
        ("intermediate signed with RSASSA-PSS", vec![Key(Root, RSA2048), Sign(Middle, PSS)]),
        ("root signed with ECDSA and SHA-1", vec![Sign(Root, ECDSA_SHA1)]),
        ("root signed with RSA and SHA-1", vec![Key(Root, RSA2048), Sign(Root, RSA_SHA1)]),
        ("root signed with RSA and MD5", vec![Key(Root, RSA2048), Sign(Root, RSA_MD5)]),
        ("root signed with RSA and SHA-512", vec![Key(Root, RSA2048), Sign(Root, RSA_SHA512)]),
        ("leaf names another algorithm inside", vec![Inside(Leaf, ECDSA_SHA384)]),
    ]
}
