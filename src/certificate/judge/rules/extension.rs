//! Critical extensions: a client must refuse those that it does not process (RFC 5280 §4.2). Each client processes a
//! different set.

use super::{
    row::{
        CHROME, CURL, GNUTLS, GO, JAVA, NODE, NSS, OPENSSL, OPENSSL_STRICT, PYTHON, RUSTLS, Rule, all_of,
        everyone, rule,
    },
    source,
};
use crate::certificate::{
    judge::{case::Case, refusal::About},
    oid,
    parsed::Parsed,
};

const NETSCAPE: &str = "2.16.840.1.113730.1.1";
const SUBJECT_KEY_ID: &str = "2.5.29.14";
const KEY_USAGE: &str = "2.5.29.15";
const SUBJECT_NAMES: &str = "2.5.29.17";
const ISSUER_NAMES: &str = "2.5.29.18";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const NAME_CONSTRAINTS: &str = "2.5.29.30";
const CRL_POINTS: &str = "2.5.29.31";
const POLICIES: &str = "2.5.29.32";
const POLICY_MAPPINGS: &str = "2.5.29.33";
const AUTHORITY_KEY_ID: &str = "2.5.29.35";
const POLICY_CONSTRAINTS: &str = "2.5.29.36";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const INHIBIT_ANY: &str = "2.5.29.54";
const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
const INFORMATION_ACCESS: &str = "1.3.6.1.5.5.7.1.1";

/// The extensions that all clients process.
const COMMON: &[&str] = &[KEY_USAGE, SUBJECT_NAMES, BASIC_CONSTRAINTS, NAME_CONSTRAINTS, EXTENDED_KEY_USAGE];
/// The extensions that only some clients process.
const SOME: &[&str] = &[
    NETSCAPE,
    SUBJECT_KEY_ID,
    ISSUER_NAMES,
    CRL_POINTS,
    POLICIES,
    POLICY_MAPPINGS,
    AUTHORITY_KEY_ID,
    POLICY_CONSTRAINTS,
    INHIBIT_ANY,
    TLS_FEATURE,
    INFORMATION_ACCESS,
];
/// OpenSSL's `X509_supported_extension`.
const OF_OPENSSL: &[&str] =
    &[NETSCAPE, CRL_POINTS, POLICIES, POLICY_MAPPINGS, POLICY_CONSTRAINTS, INHIBIT_ANY];
/// The extensions that Java's and Chrome's validators process in addition.
const OF_POLICIES: &[&str] = &[POLICIES, POLICY_MAPPINGS, POLICY_CONSTRAINTS, INHIBIT_ANY];
const OF_GO: &[&str] = &[CRL_POINTS, POLICIES, POLICY_MAPPINGS, POLICY_CONSTRAINTS, INHIBIT_ANY];
const OF_NSS: &[&str] = &[NETSCAPE, SUBJECT_KEY_ID, AUTHORITY_KEY_ID, INFORMATION_ACCESS];
const OF_GNUTLS: &[&str] = &[
    SUBJECT_KEY_ID,
    AUTHORITY_KEY_ID,
    ISSUER_NAMES,
    CRL_POINTS,
    POLICIES,
    INHIBIT_ANY,
    TLS_FEATURE,
    INFORMATION_ACCESS,
];

pub(super) const RULES: &[Rule] = &[
    // All clients refuse these below the anchor; some clients do not check the anchor.
    rule(About::Form, &everyone(CHROME.read_in(source::CHROME_CHAIN)), |case| unknown(below_anchor(case))),
    rule(About::Form, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, GO, GNUTLS], |case| {
        unknown(case.anchor.into_iter())
    }),
    rule(About::Form, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE], |case| {
        unprocessed(all_of(case), OF_OPENSSL)
    }),
    rule(About::Form, &[GO], |case| unprocessed(all_of(case), OF_GO)),
    rule(About::Form, &[NSS], |case| unprocessed(below_anchor(case), OF_NSS)),
    rule(About::Form, &[GNUTLS], |case| unprocessed(all_of(case), OF_GNUTLS)),
    rule(About::Form, &[JAVA, CHROME], |case| unprocessed(below_anchor(case), OF_POLICIES)),
    rule(About::Form, &[RUSTLS], |case| unprocessed(below_anchor(case), &[CRL_POINTS])),
];

fn below_anchor<'c>(case: &'c Case<'_>) -> impl Iterator<Item = &'c Parsed> {
    case.leaf.into_iter().chain(case.intermediates.iter().copied())
}

/// A critical extension that no client processes.
fn unknown<'c>(mut certificates: impl Iterator<Item = &'c Parsed>) -> Option<String> {
    certificates.find_map(|one| {
        let odd = odd(one, |oid| !COMMON.contains(&oid) && !SOME.contains(&oid))?;
        Some(format!("{} has a critical extension that no client knows ({odd})", one.title()))
    })
}

/// A critical extension that others process.
fn unprocessed<'c>(mut certificates: impl Iterator<Item = &'c Parsed>, processed: &[&str]) -> Option<String> {
    certificates.find_map(|one| {
        let odd = odd(one, |oid| SOME.contains(&oid) && !processed.contains(&oid))?;
        Some(format!("{} has a critical extension that few clients process ({odd})", one.title()))
    })
}

fn odd(one: &Parsed, is_odd: impl Fn(&str) -> bool) -> Option<String> {
    let odd: Vec<_> = one
        .extensions
        .iter()
        .filter(|(oid, critical)| *critical && is_odd(oid))
        .map(|(oid, _)| oid::named(oid))
        .collect();
    (!odd.is_empty()).then(|| odd.join(", "))
}
