//! What the server's own certificate is for: its purpose, its names, how long it lives.

use time::Duration;

use super::{
    super::About, APPLE, CHROME, CURL, EVERYONE, FIREFOX, GNUTLS, GO, JAVA, NODE, NSS, OPENSSL,
    OPENSSL_STRICT, PYTHON, RUSTLS, Rule, documented, measured,
};
use crate::certificate::{general_name::NameKind, name::SubjectName, parsed::Parsed, profile::MAX_LEAF_DAYS};

/// Netscape's bit for servers of TLS.
const NETSCAPE_SERVER: u8 = 0x40;

pub const RULES: &[Rule] = &[
    measured(About::Purpose, EVERYONE, |case| {
        case.leaf
            .filter(|leaf| !leaf.may_serve())
            .map(|_| "it may not serve TLS (serverAuth is not among its extended key usages)".into())
    }),
    measured(About::Purpose, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, FIREFOX, NSS, RUSTLS], |case| {
        let usages = case.leaf?.extended_key_usage.as_ref()?;
        let only_any =
            usages.iter().any(|usage| usage == "any") && !usages.iter().any(|usage| usage == "serverAuth");
        only_any.then(|| {
            "serverAuth is not among its extended key usages, only the one that stands for any".into()
        })
    }),
    measured(About::Purpose, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, JAVA], |case| {
        let bits = case.leaf?.netscape_type?;
        (bits & NETSCAPE_SERVER == 0)
            .then(|| "it may not serve TLS (the bit for servers is not set in its Netscape type)".into())
    }),
    // OpenSSL's `KU_TLS`: one of them must be there.
    measured(About::Purpose, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE], |case| {
        let usable = ["digitalSignature", "keyEncipherment", "keyAgreement"];
        let leaf = case.leaf.filter(|leaf| leaf.key_usage.is_some() && !has_empty_key_usage(leaf))?;
        (!usable.iter().any(|usage| leaf.may(usage)))
            .then(|| "none of its key usages is one that a server needs".into())
    }),
    // Java, Chrome: measured. Chrome: RSAKeyUsageForLocalAnchorsEnabled.
    measured(About::Form, &[JAVA, CHROME, FIREFOX], |case| {
        (!case.leaf?.may("digitalSignature")).then(|| "digitalSignature is not among its key usages".into())
    }),
    measured(About::Encoding, &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE], |case| {
        let empty = super::all_of(case).find(|one| has_empty_key_usage(one))?;
        Some(format!("{} has key usages with none in them", empty.title()))
    }),
    // support.apple.com/103769
    documented(About::Form, &[APPLE], |case| {
        case.leaf?
            .extended_key_usage
            .is_none()
            .then(|| "it has no extended key usage; serverAuth is demanded".into())
    }),
    // support.apple.com/103769; SecPolicyServer.c
    documented(About::Life, &[APPLE], |case| {
        let leaf = case.leaf?;
        let days = (leaf.not_after - leaf.not_before + Duration::SECOND).whole_days();
        let too_long = leaf.not_after - leaf.not_before >= Duration::days(MAX_LEAF_DAYS.into());
        too_long.then(|| format!("it is valid for {days} days; {MAX_LEAF_DAYS} are the most"))
    }),
    // vercel-labs/portless#416
    documented(About::Names, &[APPLE], |case| {
        let single = |name: &&SubjectName| matches!(name, SubjectName::Wildcard(parent) if !parent.as_str().contains('.'));
        case.leaf?
            .names
            .iter()
            .find(single)
            .map(|name| format!("{name} is among its names, which stands for a whole top-level domain"))
    }),
    // Measured but for Firefox and Apple: support.apple.com/103769, Firefox 101.
    measured(About::Names, &[GO, CHROME, FIREFOX, RUSTLS, APPLE], |case| {
        let names = &case.leaf?.general_names;
        (!names.iter().any(|name| matches!(name.kind, NameKind::Dns | NameKind::Ip)))
            .then(|| "it has no subject alternative name; the common name does not count".into())
    }),
    // Measured for rustls and NSS.
    measured(About::Authority, &[FIREFOX, NSS, RUSTLS], |case| {
        case.leaf?.is_ca().then(|| "it is marked as a CA's (CA:TRUE), not as a server's".into())
    }),
    measured(About::Form, &[RUSTLS], |case| {
        let old = case.leaf.filter(|leaf| leaf.version < 3)?;
        Some(format!("it is of X.509 version {}", old.version))
    }),
    measured(About::Form, &[GNUTLS], |case| {
        let leaf = case.self_signed()?;
        if leaf.ca == Some(false) {
            return Some("it signed itself, and is marked as no CA's (CA:FALSE)".into());
        }
        (!leaf.may("keyCertSign"))
            .then(|| "it signed itself, and keyCertSign is not among its key usages".into())
    }),
    // mozilla::pkix wants a CA above every leaf, and takes none for a leaf.
    documented(About::Form, &[FIREFOX], |case| {
        case.self_signed()
            .map(|_| "it signed itself: it can be accepted only as an exception, by hand".into())
    }),
];

fn has_empty_key_usage(one: &Parsed) -> bool {
    one.key_usage.as_ref().is_some_and(Vec::is_empty)
}
