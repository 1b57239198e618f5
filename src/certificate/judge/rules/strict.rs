//! RFC 5280 to the letter: `openssl verify -x509_strict`, and Python by default since 3.13
//! (`check_extensions` and `check_sig_alg_match` in OpenSSL's `x509_vfy.c`).

use super::row::{EMPTY_NAME, JAVA, OPENSSL_STRICT, Rule, all_of, of_ca, rule};
use crate::certificate::{
    judge::{
        case::Case,
        client::{By, Client},
        refusal::About,
    },
    parsed::{Parsed, SUBJECT_ALTERNATIVE_NAME},
    public_key::KeyKind,
};

const STRICT: &[By] = &[OPENSSL_STRICT, Client::Python.since(3, 13)];
const EXPLICIT_CURVES: &str = "OpenSSL's X509_V_ERR_EC_KEY_EXPLICIT_PARAMS";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const AUTHORITY_KEY_ID: &str = "2.5.29.35";
const SUBJECT_KEY_ID: &str = "2.5.29.14";

/// OpenSSL does not apply these rules to a self-signed anchor that is the whole chain.
pub(super) const RULES: &[Rule] = &[
    rule(About::Form, STRICT, |case| {
        let below = case.leaf.into_iter().chain(case.intermediates.iter().copied());
        let silent = below
            .filter(|one| one.version >= 3 && one.authority_key_id.is_none())
            .find(|one| !one.is_self_signed())?;
        Some(format!("{} has no authority key identifier", silent.title()))
    }),
    rule(About::Form, STRICT, |case| {
        of_ca(case, "has no key usage", |ca| ca.key_usage.is_none() && ca.is_ca())
    }),
    rule(About::Form, STRICT, |case| {
        of_ca(case, "has no subject key identifier", |ca| ca.subject_key_id.is_none() && ca.is_ca())
    }),
    rule(About::Form, STRICT, |case| {
        of_ca(case, "has basic constraints that are not critical", |ca| {
            ca.is_ca() && !ca.is_critical(BASIC_CONSTRAINTS)
        })
    }),
    // Measured: the leaf's issuer is then empty, too.
    rule(About::Form, &[JAVA, OPENSSL_STRICT, Client::Python.since(3, 13)], |case| {
        of_ca(case, "has an empty subject", |ca| ca.subject_der == EMPTY_NAME)
    }),
    rule(About::Form, STRICT, |case| of_ca(case, "is not marked as a CA (CA:TRUE)", |ca| ca.ca.is_none())),
    rule(About::Form, STRICT, |case| {
        let odd = |one: &Parsed| one.path_length.is_some() && !one.is_ca();
        not_alone(case)
            .find(|one| odd(one))
            .map(|one| format!("{} has a path length, but is not a CA", one.title()))
    }),
    rule(About::Form, STRICT, |case| {
        of_ca(case, "has a path length, but cannot sign certificates", |ca| {
            ca.path_length.is_some() && !ca.may("keyCertSign")
        })
    }),
    rule(About::Form, STRICT, |case| {
        let leaf = case.leaf.filter(|leaf| !leaf.is_ca())?;
        let signs = leaf.key_usage.as_ref()?.contains(&"keyCertSign");
        // OpenSSL ignores this in a self-signed certificate with CA:FALSE.
        (signs && (!leaf.is_self_signed() || leaf.ca.is_none()))
            .then(|| "keyCertSign is among its key usages, but it is not marked as a CA".into())
    }),
    rule(About::Form, STRICT, |case| {
        let leaf = case.self_signed().filter(|leaf| leaf.version < 3 && leaf.ca.is_none())?;
        Some(format!("it is of X.509 version {}, and may be a CA", leaf.version))
    }),
    rule(About::Form, STRICT, |case| {
        let empty = not_alone(case).find(|one| {
            one.has_extension(SUBJECT_ALTERNATIVE_NAME)
                && one.general_names.is_empty()
                && one.flaws.is_empty()
        })?;
        Some(format!("{} has an empty subject alternative name extension", empty.title()))
    }),
    rule(About::Form, STRICT, |case| {
        let leaf = case.leaf.filter(|leaf| !leaf.is_self_signed() && leaf.subject_der == EMPTY_NAME)?;
        (!leaf.is_critical(SUBJECT_ALTERNATIVE_NAME))
            .then(|| "its subject is empty, and its subject alternative names are not marked critical".into())
    }),
    rule(About::Form, STRICT, |case| {
        let odd = not_alone(case)
            .find(|one| one.is_critical(AUTHORITY_KEY_ID) || one.is_critical(SUBJECT_KEY_ID))?;
        Some(format!("a key identifier of {} is marked critical", odd.title()))
    }),
    rule(
        About::Form,
        &[OPENSSL_STRICT.read_in(EXPLICIT_CURVES), Client::Python.since(3, 13).read_in(EXPLICIT_CURVES)],
        |case| {
            let odd = all_of(case).find(|one| *one.public_key().kind() == KeyKind::ExplicitCurve)?;
            Some(format!("the key of {} has no curve name", odd.title()))
        },
    ),
];

/// All certificates, if there is more than one.
fn not_alone<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Parsed> {
    let is_alone = case.self_signed().is_some();
    all_of(case).filter(move |_| !is_alone)
}
