//! One demand, and the words in which rows of demands are written.

use crate::certificate::{
    judge::{
        case::Case,
        client::{By, Client},
        refusal::About,
    },
    parsed::Parsed,
};

/// A demand and who has it.
pub struct Rule {
    /// What it looks at.
    pub about: About,
    /// The clients that refuse, and how that is known of each.
    pub by: &'static [By],
    /// Why they do, if they do.
    pub check: fn(&Case<'_>) -> Option<String>,
}

pub const fn rule(about: About, by: &'static [By], check: fn(&Case<'_>) -> Option<String>) -> Rule {
    Rule { about, by, check }
}

pub const CURL: By = Client::Curl.any();
pub const OPENSSL: By = Client::OpenSsl.any();
pub const OPENSSL_STRICT: By = Client::OpenSslStrict.any();
pub const PYTHON: By = Client::Python.any();
pub const NODE: By = Client::Node.any();
pub const JAVA: By = Client::Java.any();
pub const GO: By = Client::Go.any();
pub const CHROME: By = Client::Chrome.any();
pub const FIREFOX: By = Client::Firefox.any();
pub const NSS: By = Client::Nss.any();
pub const GNUTLS: By = Client::GnuTls.any();
pub const RUSTLS: By = Client::Rustls.any();
pub const APPLE: By = Client::Apple.any();
pub const WINDOWS: By = Client::Windows.any();
pub const ANDROID: By = Client::Android.any();
pub const LIBRESSL: By = Client::LibreSsl.any();

/// All clients.
pub const EVERYONE: &[By] = &everyone(CHROME);

/// All clients, of which this is Chrome: not everything that the others were asked, it was asked, too.
pub const fn everyone(chrome: By) -> [By; 16] {
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

/// Those that look at an anchor as at any other certificate. Java and rustls do not, nor does Android, which verifies as
/// Java does.
pub const LOOK_AT_ANCHORS: &[By] = &[
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

/// A name with nothing in it, in DER.
pub const EMPTY_NAME: [u8; 2] = [0x30, 0];

/// The leaf and all CAs above it.
pub fn all_of<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Parsed> {
    case.leaf.into_iter().chain(case.cas())
}

/// What `says` of the first CA that it says something of, the anchor included.
pub fn of_ca(case: &Case<'_>, what: &str, is: fn(&Parsed) -> bool) -> Option<String> {
    case.cas().find(|ca| is(ca)).map(|ca| format!("{} {what}", ca.title()))
}

/// The same of intermediates alone.
pub fn of_intermediate(case: &Case<'_>, what: &str, is: fn(&Parsed) -> bool) -> Option<String> {
    case.intermediates.iter().find(|ca| is(ca)).map(|ca| format!("{} {what}", ca.title()))
}

/// The same of the anchor alone.
pub fn of_anchor(case: &Case<'_>, what: &str, is: fn(&Parsed) -> bool) -> Option<String> {
    case.anchor.filter(|ca| is(ca)).map(|ca| format!("{} {what}", ca.title()))
}
