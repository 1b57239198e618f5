//! From when until when the certificates are valid.

use super::{
    super::{About, Case},
    APPLE, CHROME, CURL, EVERYONE, FIREFOX, GNUTLS, GO, LIBRESSL, NODE, NSS, OPENSSL, OPENSSL_STRICT, PYTHON,
    Rule, WINDOWS, measured,
};
use crate::certificate::parsed::Parsed;

pub const RULES: &[Rule] = &[
    measured(About::Dates, EVERYONE, |case| {
        case.leaf.iter().chain(&case.intermediates).find_map(|one| outside(one, case))
    }),
    // Java and rustls do not look at an anchor's dates, nor does Android, which verifies as Java does.
    measured(
        About::Dates,
        &[
            CURL,
            OPENSSL,
            OPENSSL_STRICT,
            PYTHON,
            NODE,
            GO,
            CHROME,
            FIREFOX,
            NSS,
            GNUTLS,
            APPLE,
            WINDOWS,
            LIBRESSL,
        ],
        |case| case.anchor.and_then(|root| outside(root, case)),
    ),
];

fn outside(one: &Parsed, case: &Case<'_>) -> Option<String> {
    if case.now < one.not_before {
        Some(format!("{} is valid only from {}", one.title(), one.not_before.date()))
    } else if case.now > one.not_after {
        Some(format!("{} has ended on {}", one.title(), one.not_after.date()))
    } else {
        None
    }
}
