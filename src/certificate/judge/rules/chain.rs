//! Whether the sent certificates reach the anchor, and whether clients accept their size.

use super::{
    row::{
        ANDROID, CURL, EVERYONE, FIREFOX, GNUTLS, GO, JAVA, LIBRESSL, NODE, NSS, OPENSSL, OPENSSL_STRICT,
        PYTHON, RUSTLS, Rule, rule,
    },
    source,
};
use crate::certificate::{
    judge::{case::Case, client::By, refusal::About},
    name_match,
    parsed::Parsed,
};

/// The clients that do not fetch certificates that the server did not send.
const FETCH_NOTHING: &[By] =
    &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, JAVA, GO, FIREFOX, NSS, GNUTLS, RUSTLS, ANDROID, LIBRESSL];

pub(super) const RULES: &[Rule] = &[
    rule(About::Chain, EVERYONE, |case| missing(case).filter(|_| !is_fetchable(case))),
    // The others fetch it from where the certificate says (caIssuers, RFC 5280 §4.2.2.1).
    rule(About::Chain, FETCH_NOTHING, |case| missing(case).filter(|_| is_fetchable(case))),
    // Measured: these compare names of issuers byte by byte; the others ignore some differences.
    rule(About::Form, &[GO, RUSTLS, NSS, FIREFOX], |case| spelled(case, |_, _| true)),
    rule(About::Form, &[JAVA], |case| spelled(case, |below, above| differ(&name_match::JAVA, below, above))),
    rule(About::Form, &[GNUTLS], |case| {
        spelled(case, |below, above| differ(&name_match::GNUTLS, below, above)).or_else(|| {
            spelled(case, |_, above| case.anchor.is_some_and(|anchor| anchor.der() == above.der()))
        })
    }),
    // jdk.tls.maxHandshakeMessageSize
    rule(About::Chain, &[JAVA], |case| longer_than(case, 32_768)),
    rule(About::Chain, &[RUSTLS.read_in("rustls's MAX_HANDSHAKE_SIZE")], |case| longer_than(case, 0xffff)),
    rule(
        About::Chain,
        &[
            CURL.read_in(source::OPENSSL_LONGEST),
            PYTHON.read_in(source::OPENSSL_LONGEST),
            NODE.read_in(source::OPENSSL_LONGEST),
        ],
        |case| longer_than(case, 100 * 1024),
    ),
    // Since 2023's updates.
    rule(About::Chain, &[JAVA.read_in("jdk.tls.client.maxInboundCertificateChainLength")], |case| {
        let count = case.served.len();
        (count > 10).then(|| format!("{count} certificates are sent; at most ten are allowed"))
    }),
];

fn missing(case: &Case<'_>) -> Option<String> {
    let top = case.broken_at?;
    Some(format!("the certificate of {}, which signed {}, is not sent", top.issuer, top.title()))
}

fn is_fetchable(case: &Case<'_>) -> bool {
    case.broken_at.is_some_and(|top| top.issuer_url.is_some())
}

/// A link whose names are the same, but not byte by byte.
fn spelled(case: &Case<'_>, is_odd: impl Fn(&Parsed, &Parsed) -> bool) -> Option<String> {
    let mut links = case.steps().filter(|(below, above)| !below.repeats_name_of(above));
    let (below, above) = links.find(|(below, above)| is_odd(below, above))?;
    Some(format!("the issuer name in {} is not byte for byte the name of {}", below.title(), above.title()))
}

fn differ(reading: &name_match::Reading, below: &Parsed, above: &Parsed) -> bool {
    !reading.is_same(&below.issuer_der, &above.subject_der)
}

fn longer_than(case: &Case<'_>, limit: usize) -> Option<String> {
    // Three bytes of length before each, and before all (RFC 5246 §7.4.2).
    let bytes: usize = 3 + case.served.iter().map(|one| one.der().len() + 3).sum::<usize>();
    (bytes > limit).then(|| format!("its certificates have {bytes} bytes; at most {limit} are allowed"))
}
