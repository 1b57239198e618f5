//! Keys and signatures: weak ones, and kinds that a client does not support.

use super::{
    row::{
        APPLE, CHROME, CURL, FIREFOX, GNUTLS, GO, JAVA, NODE, NSS, OPENSSL, OPENSSL_STRICT, PYTHON, RUSTLS,
        Rule, all_of, rule,
    },
    source,
};
use crate::certificate::{
    judge::{case::Case, client::Client, refusal::About},
    parsed::Parsed,
    public_key::KeyKind,
};

pub(super) const RULES: &[Rule] = &[
    // Debian, Ubuntu and Fedora build OpenSSL for security level 2, the default since 3.2; Node contains 3.5 since 24.
    rule(
        About::Weakness,
        &[
            CURL,
            OPENSSL,
            OPENSSL_STRICT,
            PYTHON,
            Client::Node.since(24, 0).read_in(source::OPENSSL_LEVELS),
            APPLE.read_in(source::APPLE_ON_TLS),
        ],
        |case| all_of(case).find_map(weak),
    ),
    rule(About::Weakness, &[RUSTLS], |case| case.cas().find_map(weak)),
    rule(About::Form, &[CHROME], |case| leaf_key(case, &[KeyKind::P521])),
    rule(About::Form, &[CHROME, FIREFOX, APPLE.read_in(source::APPLE_ON_TLS)], |case| {
        leaf_key(case, &[KeyKind::Ed25519, KeyKind::Ed448])
    }),
    // TLS has no signature with these curves that clients offer by default.
    rule(About::Form, &[CURL, PYTHON, NODE, JAVA, GO, CHROME, FIREFOX, APPLE, GNUTLS, NSS], |case| {
        case.leaf.filter(|leaf| is_uncommon(leaf.public_key().kind())).map(|leaf| {
            format!("clients do not offer its kind of key in a handshake ({})", leaf.public_key().kind())
        })
    }),
    // GnuTLS and Go have P-224.
    rule(About::Form, &[GNUTLS, GO], |case| {
        let ca = case.cas().find(|ca| is_uncommon(ca.public_key().kind()) && !is_p224(ca))?;
        Some(format!("the key of {} is of an uncommon kind ({})", ca.title(), ca.public_key().kind()))
    }),
    rule(About::Form, &[NSS], |case| {
        let odd = |kind: &KeyKind| matches!(kind, KeyKind::Ed25519 | KeyKind::Ed448);
        let pss = case.leaf.filter(|leaf| matches!(leaf.public_key().kind(), KeyKind::RsaPss(_)));
        let one = pss.or_else(|| all_of(case).find(|one| odd(one.public_key().kind())))?;
        Some(format!("the key of {} is of an uncommon kind ({})", one.title(), one.public_key().kind()))
    }),
    rule(About::Form, &[GO], |case| {
        let odd = |kind: &KeyKind| matches!(kind, KeyKind::Ed448 | KeyKind::RsaPss(_));
        let one = all_of(case).find(|one| odd(one.public_key().kind()))?;
        Some(format!("the key of {} is of an uncommon kind ({})", one.title(), one.public_key().kind()))
    }),
    // With ring, the most common build.
    rule(About::Form, &[RUSTLS], |case| {
        let odd = |kind: &KeyKind| matches!(kind, KeyKind::P521 | KeyKind::Ed448 | KeyKind::RsaPss(_));
        let ca = case.cas().find(|ca| odd(ca.public_key().kind()))?;
        Some(format!("the key of {} is of an uncommon kind ({})", ca.title(), ca.public_key().kind()))
    }),
    rule(About::Form, &[RUSTLS], |case| signed_with(case, &["1.2.840.10045.4.3.4"], "ECDSA and SHA-512")),
    rule(About::Form, &[JAVA, NSS, CHROME, FIREFOX, RUSTLS, APPLE], |case| {
        let ca = case.cas().find(|ca| is_uncommon(ca.public_key().kind()))?;
        Some(format!("the key of {} is of an uncommon kind ({})", ca.title(), ca.public_key().kind()))
    }),
    rule(
        About::Form,
        &[CHROME.read_in(source::CHROME_SIGNATURES), FIREFOX, APPLE.read_in(source::APPLE_ON_TLS)],
        |case| {
            let ca =
                case.cas().find(|ca| matches!(ca.public_key().kind(), KeyKind::Ed25519 | KeyKind::Ed448))?;
            Some(format!("the key of {} is {}", ca.title(), ca.public_key().kind()))
        },
    ),
    // The root's own signature does not count. Java refuses SHA-1 only below its own CAs, Windows only below the CAs of
    // its programme (jdk.certpath.disabledAlgorithms; Microsoft's SHA-1 deprecation).
    rule(
        About::Weakness,
        &[
            CURL,
            OPENSSL,
            OPENSSL_STRICT,
            PYTHON,
            NODE,
            GO,
            CHROME.read_in(source::CHROME_DIGESTS),
            FIREFOX.read_in("Firefox's NSSCertDBTrustDomain.cpp"),
            GNUTLS,
            RUSTLS,
            APPLE.read_in(source::APPLE_ON_TLS),
        ],
        |case| signed_with(case, SHA1, "SHA-1"),
    ),
    rule(
        About::Weakness,
        &[
            CURL,
            OPENSSL,
            OPENSSL_STRICT,
            PYTHON,
            NODE,
            JAVA,
            GO,
            CHROME.read_in(source::CHROME_DIGESTS),
            FIREFOX,
            GNUTLS,
            NSS,
            RUSTLS,
            APPLE.read_in(source::APPLE_ON_TLS),
        ],
        |case| signed_with(case, MD5, "MD5"),
    ),
    rule(About::Form, &[GO, RUSTLS, CHROME.read_in(source::CHROME_SIGNATURES), FIREFOX, APPLE], |case| {
        signed_with(case, SHA224, "SHA-224")
    }),
    rule(
        About::Form,
        &[
            CURL,
            OPENSSL,
            OPENSSL_STRICT,
            PYTHON,
            NODE,
            NSS,
            GO,
            RUSTLS,
            JAVA,
            CHROME.read_in(source::CHROME_SIGNATURES),
            FIREFOX,
            APPLE,
        ],
        |case| signed_with(case, SHA3, "SHA-3"),
    ),
];

/// RSA and ECDSA with SHA-1.
const SHA1: &[&str] = &["1.2.840.113549.1.1.5", "1.3.14.3.2.29", "1.2.840.10045.4.1", "1.2.840.10040.4.3"];
/// RSA with MD5.
const MD5: &[&str] = &["1.2.840.113549.1.1.4"];
/// RSA and ECDSA with SHA-224.
const SHA224: &[&str] = &["1.2.840.113549.1.1.14", "1.2.840.10045.4.3.1"];
/// RSA and ECDSA with SHA-3.
const SHA3: &[&str] = &[
    "2.16.840.1.101.3.4.3.9",
    "2.16.840.1.101.3.4.3.10",
    "2.16.840.1.101.3.4.3.11",
    "2.16.840.1.101.3.4.3.12",
    "2.16.840.1.101.3.4.3.13",
    "2.16.840.1.101.3.4.3.14",
    "2.16.840.1.101.3.4.3.15",
    "2.16.840.1.101.3.4.3.16",
];

fn weak(one: &Parsed) -> Option<String> {
    let kind = one.public_key().kind();
    matches!(kind, KeyKind::Rsa(0..2048)).then(|| format!("the key of {} is weak ({kind})", one.title()))
}

fn leaf_key(case: &Case<'_>, kinds: &[KeyKind]) -> Option<String> {
    let kind = case.leaf?.public_key().kind();
    kinds.contains(kind).then(|| format!("its key is {kind}"))
}

/// A curve or an algorithm that few clients support.
fn is_uncommon(kind: &KeyKind) -> bool {
    matches!(kind, KeyKind::Curve(_) | KeyKind::ExplicitCurve | KeyKind::Dsa | KeyKind::Other(_))
}

fn is_p224(one: &Parsed) -> bool {
    *one.public_key().kind() == KeyKind::Curve("P-224")
}

fn signed_with(case: &Case<'_>, algorithms: &[&str], name: &str) -> Option<String> {
    let odd = |one: &&Parsed| algorithms.contains(&one.signature_algorithm.as_str()) && !one.is_self_signed();
    all_of(case).find(odd).map(|one| format!("the signature on {} is made with {name}", one.title()))
}
