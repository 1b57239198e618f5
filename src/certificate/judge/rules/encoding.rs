//! Encodings that strict readers cannot read, in any certificate of the chain.

use super::{
    super::{About, Case},
    CHROME, CURL, GNUTLS, GO, JAVA, NODE, OPENSSL, OPENSSL_STRICT, PYTHON, RUSTLS, Rule, all_of, documented,
    measured,
};
use crate::certificate::parsed::{Flaw, NAME_CONSTRAINTS, Parsed};

pub const RULES: &[Rule] = &[
    measured(
        About::Encoding,
        &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, JAVA, GO, CHROME, GNUTLS, RUSTLS],
        |case| {
            flaw(case, |flaw| match flaw {
                Flaw::Doubled(oid) => Some(format!("has the extension {oid} twice")),
                _ => None,
            })
        },
    ),
    // Java and rustls read as far as the name that they look for.
    measured(About::Encoding, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, GO, CHROME, GNUTLS], |case| {
        flaw(case, |flaw| match flaw {
            Flaw::Unreadable(oid) => Some(format!("has an extension that is damaged ({oid})")),
            _ => None,
        })
    }),
    documented(About::Encoding, &[RUSTLS, JAVA], |case| {
        flaw(case, |flaw| match flaw {
            Flaw::Unreadable(oid) if oid == NAME_CONSTRAINTS => {
                Some(format!("has an extension that is damaged ({oid})"))
            }
            _ => None,
        })
    }),
    measured(About::Encoding, SERIAL, |case| {
        flaw(case, |flaw| {
            (*flaw == Flaw::LongSerial).then(|| "has a serial number with needless bytes".into())
        })
    }),
    measured(About::Encoding, MOMENT, |case| {
        flaw(case, |flaw| {
            (*flaw == Flaw::Moment).then(|| "has dates that do not end in seconds and Z".into())
        })
    }),
    measured(About::Encoding, ALGORITHMS, |case| {
        flaw(case, |flaw| {
            (*flaw == Flaw::Algorithms).then(|| "names two different algorithms for its signature".into())
        })
    }),
    // Go 1.23's release notes; webpki's `InvalidSerialNumber`.
    documented(About::Form, &[super::Client::Go.since(1, 23), RUSTLS], |case| {
        let negative = |one: &&Parsed| one.serial.first().is_some_and(|first| first & 0x80 != 0);
        all_of(case).find(negative).map(|one| format!("the serial number of {} is negative", one.title()))
    }),
];

const SERIAL: &[super::By] = &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, GO, CHROME, RUSTLS];
const MOMENT: &[super::By] = &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, GO, CHROME, RUSTLS];
const ALGORITHMS: &[super::By] =
    &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, JAVA, GO, CHROME, GNUTLS, RUSTLS];

fn flaw(case: &Case<'_>, text: fn(&Flaw) -> Option<String>) -> Option<String> {
    all_of(case).find_map(|one| {
        let what = one.flaws.iter().find_map(text)?;
        Some(format!("{} {what}", one.title()))
    })
}
