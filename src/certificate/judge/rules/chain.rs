//! Whether what is sent leads up to the anchor, and whether it is taken by its size.

use super::{
    super::{About, Case},
    ANDROID, CURL, EVERYONE, FIREFOX, GNUTLS, GO, JAVA, LIBRESSL, NODE, NSS, OPENSSL, OPENSSL_STRICT, PYTHON,
    RUSTLS, Rule, documented, measured,
};

/// Those that do not fetch what a server did not send.
const FETCH_NOTHING: &[super::By] =
    &[CURL, OPENSSL, OPENSSL_STRICT, PYTHON, NODE, JAVA, GO, FIREFOX, NSS, GNUTLS, RUSTLS, ANDROID, LIBRESSL];

pub const RULES: &[Rule] = &[
    measured(About::Chain, EVERYONE, |case| missing(case).filter(|_| !is_fetchable(case))),
    // The others fetch it from where the certificate says (caIssuers, RFC 5280 §4.2.2.1).
    documented(About::Chain, FETCH_NOTHING, |case| missing(case).filter(|_| is_fetchable(case))),
    // jdk.tls.maxHandshakeMessageSize
    measured(About::Chain, &[JAVA], |case| longer_than(case, 32_768)),
    // rustls's MAX_HANDSHAKE_SIZE
    documented(About::Chain, &[RUSTLS], |case| longer_than(case, 0xffff)),
    // SSL_MAX_CERT_LIST_DEFAULT
    documented(About::Chain, &[CURL, PYTHON, NODE], |case| longer_than(case, 100 * 1024)),
    // jdk.tls.client.maxInboundCertificateChainLength, since 2023's updates
    documented(About::Chain, &[JAVA], |case| {
        let count = case.served.len();
        (count > 10).then(|| format!("{count} certificates are sent; ten are the most"))
    }),
];

fn missing(case: &Case<'_>) -> Option<String> {
    let top = case.broken_at?;
    Some(format!("the certificate of {}, which signed {}, is not sent", top.issuer, top.title()))
}

fn is_fetchable(case: &Case<'_>) -> bool {
    case.broken_at.is_some_and(|top| top.issuer_url.is_some())
}

fn longer_than(case: &Case<'_>, limit: usize) -> Option<String> {
    // Three bytes of length before each, and before all (RFC 5246 §7.4.2).
    let bytes: usize = 3 + case.served.iter().map(|one| one.der().len() + 3).sum::<usize>();
    (bytes > limit).then(|| format!("its certificates have {bytes} bytes; {limit} are the most"))
}
