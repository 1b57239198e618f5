//! A rule, and the constants and functions that the tables of rules use.

use crate::certificate::{
    judge::{
        case::Case,
        client::{By, Client},
        refusal::About,
    },
    parsed::Parsed,
};

/// A demand, and the clients that have it.
pub(crate) struct Rule {
    /// Its subject.
    pub about: About,
    /// The clients that refuse, with the evidence for each.
    pub by: &'static [By],
    /// The reason to refuse the case, if there is one.
    pub check: fn(&Case<'_>) -> Option<String>,
}

pub(crate) const fn rule(about: About, by: &'static [By], check: fn(&Case<'_>) -> Option<String>) -> Rule {
    Rule { about, by, check }
}

pub(crate) const CURL: By = Client::Curl.any();
pub(crate) const OPENSSL: By = Client::OpenSsl.any();
pub(crate) const OPENSSL_STRICT: By = Client::OpenSslStrict.any();
pub(crate) const PYTHON: By = Client::Python.any();
pub(crate) const NODE: By = Client::Node.any();
pub(crate) const JAVA: By = Client::Java.any();
pub(crate) const GO: By = Client::Go.any();
pub(crate) const CHROME: By = Client::Chrome.any();
pub(crate) const FIREFOX: By = Client::Firefox.any();
pub(crate) const NSS: By = Client::Nss.any();
pub(crate) const GNUTLS: By = Client::GnuTls.any();
pub(crate) const RUSTLS: By = Client::Rustls.any();
pub(crate) const APPLE: By = Client::Apple.any();
pub(crate) const WINDOWS: By = Client::Windows.any();
pub(crate) const ANDROID: By = Client::Android.any();
pub(crate) const LIBRESSL: By = Client::LibreSsl.any();

/// All clients.
pub(crate) const EVERYONE: &[By] = &everyone(CHROME);

/// All clients, with this evidence for Chrome, which was not run on every case.
pub(crate) const fn everyone(chrome: By) -> [By; 16] {
    [
        CURL,
        OPENSSL,
        OPENSSL_STRICT,
        PYTHON,
        NODE,
        JAVA,
        GO,
        chrome,
        FIREFOX,
        NSS,
        GNUTLS,
        RUSTLS,
        APPLE,
        WINDOWS,
        ANDROID,
        LIBRESSL,
    ]
}

/// The clients that check an anchor like any other certificate. Java and rustls do not, nor does Android, which verifies
/// like Java.
pub(crate) const LOOK_AT_ANCHORS: &[By] = &[
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
];

/// An empty name, in DER.
pub(crate) const EMPTY_NAME: [u8; 2] = [0x30, 0];

/// The leaf and all CAs above it.
pub(crate) fn all_of<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Parsed> {
    case.leaf.into_iter().chain(case.cas())
}

/// `what` about the first CA for which `is` is true; the anchor counts.
pub(crate) fn of_ca(case: &Case<'_>, what: &str, is: fn(&Parsed) -> bool) -> Option<String> {
    case.cas().find(|ca| is(ca)).map(|ca| format!("{} {what}", ca.title()))
}

/// The same for intermediates only.
pub(crate) fn of_intermediate(case: &Case<'_>, what: &str, is: fn(&Parsed) -> bool) -> Option<String> {
    case.intermediates.iter().find(|ca| is(ca)).map(|ca| format!("{} {what}", ca.title()))
}

/// The same for the anchor only.
pub(crate) fn of_anchor(case: &Case<'_>, what: &str, is: fn(&Parsed) -> bool) -> Option<String> {
    case.anchor.filter(|ca| is(ca)).map(|ca| format!("{} {what}", ca.title()))
}
