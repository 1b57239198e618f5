//! Encodings that strict readers cannot read, in any certificate of the chain.

use super::{
    row::{
        CHROME, CURL, GNUTLS, GO, JAVA, NODE, NSS, OPENSSL, OPENSSL_STRICT, PYTHON, RUSTLS, Rule, all_of,
        rule,
    },
    source,
};
use crate::certificate::{
    general_name::{GeneralName, NameKind},
    judge::{
        case::Case,
        client::{By, Client},
        refusal::About,
    },
    parsed::{Flaw, NAME_CONSTRAINTS, Parsed},
};

pub(super) const RULES: &[Rule] = &[
    rule(About::Encoding, &[OPENSSL, OPENSSL_STRICT, RUSTLS], doubled_standard),
    // OpenSSL's server does not send these, so the clients that need a handshake could not be run.
    rule(
        About::Encoding,
        &[
            CURL.read_in(source::OPENSSL_EXTENSIONS),
            PYTHON.read_in(source::OPENSSL_EXTENSIONS),
            NODE.read_in(source::OPENSSL_EXTENSIONS),
            JAVA.read_in("Java's sun.security.x509.CertificateExtensions"),
            GO.read_in("Go's crypto/x509/parser.go"),
            CHROME.read_in(source::CHROME_READER),
            GNUTLS.read_in("GnuTLS's GNUTLS_E_X509_DUPLICATE_EXTENSION"),
        ],
        doubled_standard,
    ),
    rule(About::Encoding, &[JAVA, GO, CHROME.read_in(source::CHROME_READER), GNUTLS], |case| {
        flaw(case, |flaw| match flaw {
            Flaw::Doubled(oid) => Some(format!("has the extension {oid} twice")),
            _ => None,
        })
    }),
    // Java and rustls read only up to the name that they look for.
    rule(About::Encoding, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, GO, CHROME], damaged),
    rule(About::Encoding, &[GNUTLS.read_in("GnuTLS's lib/x509/verify.c")], damaged),
    rule(About::Encoding, &[GO], |case| {
        flaw(case, |flaw| match flaw {
            Flaw::Unreadable(oid) if oid == LOOKED_AT_BY_FEW[0] => {
                Some(format!("has an extension that is damaged ({oid})"))
            }
            _ => None,
        })
    }),
    rule(About::Encoding, &[RUSTLS], |case| {
        flaw(case, |flaw| match flaw {
            Flaw::Unreadable(oid) if ["2.5.29.31", "2.5.29.37"].contains(&oid.as_str()) => {
                Some(format!("has an extension that is damaged ({oid})"))
            }
            _ => None,
        })
    }),
    rule(About::Encoding, &[GO], |case| {
        let odd = |name: &&GeneralName| match name.kind {
            NameKind::Dns | NameKind::Email | NameKind::Uri => !name.value.is_ascii(),
            NameKind::Ip => ![4, 16].contains(&name.value.len()),
            _ => false,
        };
        let name = case.leaf?.general_names.iter().find(odd)?;
        Some(format!("its name {name} cannot be read"))
    }),
    rule(
        About::Encoding,
        &[
            RUSTLS.read_in("rustls-webpki's subject_name"),
            JAVA.read_in("Java's sun.security.x509.NameConstraintsExtension"),
        ],
        |case| {
            flaw(case, |flaw| match flaw {
                Flaw::Unreadable(oid) if oid == NAME_CONSTRAINTS => {
                    Some(format!("has an extension that is damaged ({oid})"))
                }
                _ => None,
            })
        },
    ),
    rule(About::Encoding, &[OPENSSL, OPENSSL_STRICT], long_serial),
    rule(
        About::Encoding,
        &[
            CURL.read_in(source::OPENSSL_INTEGERS),
            PYTHON.read_in(source::OPENSSL_INTEGERS),
            NODE.read_in(source::OPENSSL_INTEGERS),
            GO.read_in("Go's cryptobyte.ReadASN1Integer"),
            CHROME.read_in(source::CHROME_READER),
        ],
        long_serial,
    ),
    rule(About::Encoding, MOMENT, |case| {
        flaw(case, |flaw| {
            (*flaw == Flaw::Moment).then(|| "has dates that do not end in seconds and Z".into())
        })
    }),
    rule(About::Encoding, ALGORITHMS, |case| {
        flaw(case, |flaw| {
            (*flaw == Flaw::Algorithms).then(|| "names two different algorithms for its signature".into())
        })
    }),
    rule(About::Form, &[Client::Go.since(1, 23)], |case| {
        let negative = |one: &&Parsed| one.serial.first().is_some_and(|first| first & 0x80 != 0);
        all_of(case).find(negative).map(|one| format!("the serial number of {} is negative", one.title()))
    }),
];

/// Extensions that only Go reads, or no client here: authorityInfoAccess, and the timestamps of public logs.
const LOOKED_AT_BY_FEW: &[&str] = &["1.3.6.1.5.5.7.1.1", "1.3.6.1.4.1.11129.2.4.2"];
const MOMENT: &[By] =
    &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, CHROME.read_in(source::CHROME_READER), RUSTLS];
const ALGORITHMS: &[By] = &[
    CURL,
    OPENSSL,
    OPENSSL_STRICT,
    PYTHON,
    NODE,
    JAVA,
    GO,
    CHROME.read_in(source::CHROME_CHAIN),
    GNUTLS,
    NSS,
    RUSTLS,
];

fn doubled_standard(case: &Case<'_>) -> Option<String> {
    flaw(case, |flaw| match flaw {
        Flaw::Doubled(oid) if oid.starts_with("2.5.29.") => Some(format!("has the extension {oid} twice")),
        _ => None,
    })
}

fn damaged(case: &Case<'_>) -> Option<String> {
    flaw(case, |flaw| match flaw {
        Flaw::Unreadable(oid) if !LOOKED_AT_BY_FEW.contains(&oid.as_str()) => {
            Some(format!("has an extension that is damaged ({oid})"))
        }
        _ => None,
    })
}

fn long_serial(case: &Case<'_>) -> Option<String> {
    flaw(case, |flaw| (*flaw == Flaw::LongSerial).then(|| "has a serial number with needless bytes".into()))
}

fn flaw(case: &Case<'_>, text: fn(&Flaw) -> Option<String>) -> Option<String> {
    all_of(case).find_map(|one| {
        let what = one.flaws.iter().find_map(text)?;
        Some(format!("{} {what}", one.title()))
    })
}
