//! What each client demands, one row each. "Measured" means that `tests/judges/rules.rs` asks those
//! clients of the row that run on Linux without a screen; what a row says of browsers and of Apple,
//! and every row without that word, is from their documentation or source.

use time::Duration;

use super::{
    About, Case, KnownFrom,
    client::{By, Client},
};
use crate::certificate::{
    name::{SubjectName, list},
    parsed::Parsed,
    profile::MAX_LEAF_DAYS,
    public_key::KeyKind,
};

/// All clients.
const EVERYONE: &[By] = &[
    Client::Curl.any(),
    Client::OpenSsl.any(),
    Client::OpenSslStrict.any(),
    Client::Python.any(),
    Client::Node.any(),
    Client::Java.any(),
    Client::Go.any(),
    Client::Chrome.any(),
    Client::Firefox.any(),
    Client::Nss.any(),
    Client::GnuTls.any(),
    Client::Rustls.any(),
    Client::Apple.any(),
    Client::Windows.any(),
    Client::Android.any(),
    Client::LibreSsl.any(),
];

/// A demand and who has it.
pub(super) struct Rule {
    /// What it looks at.
    pub about: About,
    /// The clients that refuse.
    pub by: &'static [By],
    /// How that is known.
    pub known_from: KnownFrom,
    /// Why they do, if they do.
    pub check: fn(&Case<'_>) -> Option<String>,
}

/// RFC 5280 to the letter: `openssl verify -x509_strict`, and Python by default since 3.13.
const STRICT: &[By] = &[Client::OpenSslStrict.any(), Client::Python.since(3, 13)];
/// Those who hold a root to its own name constraints; Java does not (all measured but the browsers).
const HOLD_ROOTS: &[By] = &[
    Client::Curl.any(),
    Client::OpenSsl.any(),
    Client::OpenSslStrict.any(),
    Client::Node.any(),
    Client::Python.any(),
    Client::GnuTls.any(),
    Client::Go.any(),
    Client::Rustls.any(),
    Client::Apple.any(),
    Client::Chrome.any(),
    Client::Firefox.any(),
];

pub(super) const RULES: &[Rule] = &[
    // Measured.
    Rule {
        about: About::Dates,
        known_from: KnownFrom::Measured,
        by: EVERYONE,
        check: |case| case.leaf.iter().chain(&case.intermediates).find_map(|one| dates(one, case)),
    },
    // Measured: Java and rustls do not look.
    Rule {
        about: About::Dates,
        known_from: KnownFrom::Measured,
        by: &[
            Client::Firefox.any(),
            Client::GnuTls.any(),
            Client::Go.any(),
            Client::Curl.any(),
            Client::OpenSsl.any(),
            Client::OpenSslStrict.any(),
            Client::Node.any(),
            Client::Python.any(),
        ],
        check: |case| case.anchor.and_then(|root| dates(root, case)),
    },
    // Measured.
    Rule {
        about: About::Purpose,
        known_from: KnownFrom::Measured,
        by: EVERYONE,
        check: |case| {
            case.leaf
                .filter(|leaf| !leaf.may_serve())
                .map(|_| "it may not serve TLS (serverAuth is not among its extended key usages)".into())
        },
    },
    // Measured.
    Rule {
        about: About::Purpose,
        known_from: KnownFrom::Measured,
        by: &[
            Client::Firefox.any(),
            Client::Curl.any(),
            Client::OpenSsl.any(),
            Client::OpenSslStrict.any(),
            Client::Node.any(),
            Client::Python.any(),
            Client::Rustls.any(),
        ],
        check: |case| {
            let usages = case.leaf?.extended_key_usage.as_ref()?;
            let only_any = usages.iter().any(|usage| usage == "any")
                && !usages.iter().any(|usage| usage == "serverAuth");
            only_any.then(|| {
                "serverAuth is not among its extended key usages, only the one that stands for any".into()
            })
        },
    },
    // support.apple.com/103769
    Rule {
        about: About::Form,
        known_from: KnownFrom::Documentation,
        by: &[Client::Apple.any()],
        check: |case| {
            case.leaf?
                .extended_key_usage
                .is_none()
                .then(|| "it has no extended key usage; serverAuth is demanded".into())
        },
    },
    // support.apple.com/103769; SecPolicyServer.c
    Rule {
        about: About::Life,
        known_from: KnownFrom::Documentation,
        by: &[Client::Apple.any()],
        check: |case| {
            let leaf = case.leaf?;
            let days = (leaf.not_after - leaf.not_before + Duration::SECOND).whole_days();
            let too_long = leaf.not_after - leaf.not_before >= Duration::days(MAX_LEAF_DAYS.into());
            too_long.then(|| format!("it is valid for {days} days; {MAX_LEAF_DAYS} are the most"))
        },
    },
    // vercel-labs/portless#416
    Rule {
        about: About::Names,
        known_from: KnownFrom::Documentation,
        by: &[Client::Apple.any()],
        check: |case| {
            let single = |name: &&SubjectName| matches!(name, SubjectName::Wildcard(parent) if !parent.as_str().contains('.'));
            case.leaf?
                .names
                .iter()
                .find(single)
                .map(|name| format!("{name} is among its names, which stands for a whole top-level domain"))
        },
    },
    // Measured for Go and rustls; the browsers and Apple: support.apple.com/103769, Chrome 58, Firefox 101.
    Rule {
        about: About::Names,
        known_from: KnownFrom::Measured,
        by: &[
            Client::Apple.any(),
            Client::Chrome.any(),
            Client::Firefox.any(),
            Client::Go.any(),
            Client::Rustls.any(),
        ],
        check: |case| {
            case.leaf?
                .names
                .is_empty()
                .then(|| "it has no subject alternative name; the common name does not count".into())
        },
    },
    Rule {
        about: About::Weakness,
        known_from: KnownFrom::Documentation,
        by: &[
            Client::Apple.any(),
            Client::Curl.any(),
            Client::OpenSsl.any(),
            Client::OpenSslStrict.any(),
            Client::Python.any(),
            Client::Rustls.any(),
        ],
        check: |case| {
            let weak = |one: &&Parsed| matches!(one.public_key().kind(), KeyKind::Rsa(0..2048));
            all(case)
                .find(weak)
                .map(|one| format!("the key of {} is weak ({})", one.title(), one.public_key().kind()))
        },
    },
    Rule {
        about: About::Form,
        known_from: KnownFrom::Documentation,
        by: &[Client::Chrome.any()],
        check: |case| {
            (*case.leaf?.public_key().kind() == KeyKind::P521).then(|| "its key is on P-521".into())
        },
    },
    Rule {
        about: About::Form,
        known_from: KnownFrom::Documentation,
        by: &[Client::Apple.any(), Client::Chrome.any(), Client::Firefox.any()],
        check: |case| {
            (*case.leaf?.public_key().kind() == KeyKind::Ed25519).then(|| "its key is Ed25519".into())
        },
    },
    // The root's own signature counts for nothing.
    Rule {
        about: About::Weakness,
        known_from: KnownFrom::Documentation,
        by: EVERYONE,
        check: |case| {
            let broken =
                |one: &&Parsed| BROKEN.contains(&one.signature_algorithm.as_str()) && !one.is_self_signed();
            all(case)
                .find(broken)
                .map(|one| format!("the signature on {} is made with SHA-1 or MD5", one.title()))
        },
    },
    // Measured for rustls.
    Rule {
        about: About::Authority,
        known_from: KnownFrom::Measured,
        by: &[Client::Firefox.any(), Client::Rustls.any()],
        check: |case| {
            case.leaf?.is_ca().then(|| "it is marked as a CA's (CA:TRUE), not as a server's".into())
        },
    },
    // Measured.
    Rule {
        about: About::Form,
        known_from: KnownFrom::Measured,
        by: STRICT,
        check: |case| {
            let leaf = case.leaf.filter(|leaf| !leaf.is_self_signed())?;
            leaf.authority_key_id.is_none().then(|| "it has no authority key identifier".into())
        },
    },
    // Measured.
    Rule {
        about: About::Form,
        known_from: KnownFrom::Measured,
        by: STRICT,
        check: |case| of_ca(case, "has no key usage", |ca| ca.key_usage.is_none() && ca.is_ca()),
    },
    Rule {
        about: About::Form,
        known_from: KnownFrom::Documentation,
        by: STRICT,
        check: |case| of_ca(case, "has no subject key identifier", |ca| ca.subject_key_id.is_none()),
    },
    // Measured: the leaf's issuer is then empty, too.
    Rule {
        about: About::Form,
        known_from: KnownFrom::Measured,
        by: &[
            Client::GnuTls.any(),
            Client::Java.any(),
            Client::OpenSslStrict.any(),
            Client::Python.since(3, 13),
        ],
        check: |case| of_ca(case, "has an empty subject", |ca| ca.subject_der == EMPTY_NAME),
    },
    // Measured.
    Rule {
        about: About::Constraint,
        known_from: KnownFrom::Measured,
        by: &[
            Client::Firefox.any(),
            Client::Go.any(),
            Client::Java.any(),
            Client::Curl.any(),
            Client::OpenSsl.any(),
            Client::OpenSslStrict.any(),
            Client::Node.any(),
            Client::Python.any(),
        ],
        check: |case| of_ca(case, "is not marked as a CA's (CA:TRUE)", |ca| !ca.is_ca()),
    },
    Rule {
        about: About::Constraint,
        known_from: KnownFrom::Documentation,
        by: &[Client::GnuTls.any()],
        check: |case| of_ca(case, "is marked as no CA's (CA:FALSE)", |ca| ca.ca == Some(false)),
    },
    // Measured.
    Rule {
        about: About::Constraint,
        known_from: KnownFrom::Measured,
        by: &[
            Client::GnuTls.any(),
            Client::Go.any(),
            Client::Java.any(),
            Client::Curl.any(),
            Client::OpenSsl.any(),
            Client::OpenSslStrict.any(),
            Client::Node.any(),
            Client::Python.any(),
        ],
        check: |case| {
            of_ca(case, "may not sign certificates (keyCertSign is not among its key usages)", |ca| {
                !ca.may("keyCertSign")
            })
        },
    },
    // Measured.
    Rule {
        about: About::Constraint,
        known_from: KnownFrom::Measured,
        by: &[
            Client::Go.any(),
            Client::Curl.any(),
            Client::OpenSsl.any(),
            Client::OpenSslStrict.any(),
            Client::Node.any(),
            Client::Python.any(),
        ],
        check: |case| {
            of_ca(case, "may not sign for servers (serverAuth is not among its extended key usages)", |ca| {
                !ca.may_serve()
            })
        },
    },
    // Measured; Chrome: RSAKeyUsageForLocalAnchorsEnabled.
    Rule {
        about: About::Form,
        known_from: KnownFrom::Measured,
        by: &[Client::Chrome.any(), Client::Firefox.any(), Client::Java.any()],
        check: |case| {
            (!case.leaf?.may("digitalSignature"))
                .then(|| "digitalSignature is not among its key usages".into())
        },
    },
    // Measured.
    Rule {
        about: About::Form,
        known_from: KnownFrom::Measured,
        by: STRICT,
        check: |case| {
            let leaf = case.leaf.filter(|leaf| !leaf.is_ca())?;
            let signs = leaf.key_usage.as_ref()?.contains(&"keyCertSign");
            // OpenSSL passes over this in a certificate that signed itself and says CA:FALSE.
            (signs && (!leaf.is_self_signed() || leaf.ca.is_none()))
                .then(|| "keyCertSign is among its key usages, but it is not marked as a CA's".into())
        },
    },
    // Measured.
    Rule {
        about: About::Form,
        known_from: KnownFrom::Measured,
        by: EVERYONE,
        check: |case| {
            let odd = all(case).find(|one| !one.unknown_critical.is_empty())?;
            Some(format!(
                "{} has a critical extension that nobody knows ({})",
                odd.title(),
                odd.unknown_critical.join(", ")
            ))
        },
    },
    Rule {
        about: About::Constraint,
        known_from: KnownFrom::Documentation,
        by: EVERYONE,
        check: |case| {
            let too_deep = case
                .cas()
                .enumerate()
                .find(|(below, ca)| ca.path_length.is_some_and(|length| (length as usize) < *below));
            too_deep.map(|(below, ca)| format!("{} may not have {below} CAs below it", ca.title()))
        },
    },
    // Measured.
    Rule {
        about: About::Constraint,
        known_from: KnownFrom::Measured,
        by: HOLD_ROOTS,
        check: |case| case.cas().find_map(|ca| outside(case, ca)),
    },
    // Measured: Java holds only intermediates to their constraints.
    Rule {
        about: About::Constraint,
        known_from: KnownFrom::Measured,
        by: &[Client::Java.any()],
        check: |case| case.intermediates.iter().find_map(|ca| outside(case, ca)),
    },
    // Measured: any common name of a server is a DNS name to it, if there is no other.
    Rule {
        about: About::Form,
        known_from: KnownFrom::Measured,
        by: &[Client::GnuTls.any()],
        check: |case| {
            let leaf = case.leaf.filter(|leaf| leaf.names.iter().all(|name| name.dns().is_none()))?;
            let name = leaf.common_name.as_ref()?;
            let permitted = |ca: &Parsed| ca.permitted.permits_dns(name);
            case.cas()
                .any(|ca| !permitted(ca))
                .then(|| format!("its common name {name} is no DNS name that the CA may sign"))
        },
    },
    // Go 1.23's release notes; webpki's `InvalidSerialNumber`.
    Rule {
        about: About::Form,
        known_from: KnownFrom::Documentation,
        by: &[Client::Go.since(1, 23), Client::Rustls.any()],
        check: |case| {
            let negative = |one: &&Parsed| one.serial.first().is_some_and(|first| first & 0x80 != 0);
            all(case).find(negative).map(|one| format!("the serial number of {} is negative", one.title()))
        },
    },
    // Measured.
    Rule {
        about: About::Form,
        known_from: KnownFrom::Measured,
        by: &[Client::GnuTls.any()],
        check: |case| {
            let leaf = case.self_signed()?;
            if leaf.ca == Some(false) {
                return Some("it signed itself, and is marked as no CA's (CA:FALSE)".into());
            }
            (!leaf.may("keyCertSign"))
                .then(|| "it signed itself, and keyCertSign is not among its key usages".into())
        },
    },
    // mozilla::pkix wants a CA above every leaf, and takes none for a leaf.
    Rule {
        about: About::Form,
        known_from: KnownFrom::Documentation,
        by: &[Client::Firefox.any()],
        check: |case| {
            case.self_signed()
                .map(|_| "it signed itself: it can be accepted only as an exception, by hand".into())
        },
    },
    // 10.13's release notes: before, these constraints were an unknown critical extension.
    Rule {
        about: About::Form,
        known_from: KnownFrom::Documentation,
        by: &[Client::Apple.before(10, 13)],
        check: |case| of_ca(case, "has name constraints", |ca| ca.constraints_critical),
    },
    // libressl/portable#1299; macOS has LibreSSL in /usr/bin/curl.
    Rule {
        about: About::Form,
        known_from: KnownFrom::Documentation,
        by: &[Client::LibreSsl.any()],
        check: |case| {
            let root =
                case.anchor.filter(|root| root.permitted.dns.is_some() || root.permitted.ip.is_some())?;
            Some(format!(
                "{} permits only certain names, which it does not understand of a root",
                root.title()
            ))
        },
    },
    // developer.android.com/privacy-and-security/security-config
    Rule {
        about: About::Form,
        known_from: KnownFrom::Documentation,
        by: &[Client::Android.any()],
        check: |case| {
            let private = case.anchor.or(case.self_signed());
            private.map(|_| "since Android 7, apps pass over CAs that users add, unless they ask for them; browsers do".into())
        },
    },
];

/// Signature algorithms that nobody takes any more: RSA with MD5 and SHA-1, ECDSA with SHA-1.
const BROKEN: &[&str] = &["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"];
/// A name with nothing in it, in DER.
const EMPTY_NAME: [u8; 2] = [0x30, 0];

fn all<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Parsed> {
    case.leaf.into_iter().chain(case.cas())
}

fn of_ca(case: &Case<'_>, what: &str, is: fn(&Parsed) -> bool) -> Option<String> {
    case.cas().find(|ca| is(ca)).map(|ca| format!("{} {what}", ca.title()))
}

fn dates(one: &Parsed, case: &Case<'_>) -> Option<String> {
    if case.now < one.not_before {
        Some(format!("{} is valid only from {}", one.title(), one.not_before.date()))
    } else if case.now > one.not_after {
        Some(format!("{} has ended on {}", one.title(), one.not_after.date()))
    } else {
        None
    }
}

fn outside(case: &Case<'_>, ca: &Parsed) -> Option<String> {
    let outside: Vec<_> = case.leaf?.names.iter().filter(|name| !ca.permitted.permits(name)).collect();
    (!outside.is_empty()).then(|| format!("{} may not sign {}: {}", ca.title(), list(&outside), ca.permitted))
}
