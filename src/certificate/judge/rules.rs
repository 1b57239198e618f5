//! What each client demands, one row each. Of each client in a row it is said how that is known: it was asked, or it
//! is `read_in` the document or the source that is named. The tests in `tests/judges` ask those again that
//! run on Linux without a screen, and hold what Chrome answered.

mod authority;
mod chain;
mod constraint;
mod dates;
mod encoding;
mod extension;
mod key;
mod leaf;
mod platform;
mod source;
mod strict;

use super::{
    About, Case,
    client::{By, Client},
};
use crate::certificate::parsed::Parsed;

/// A demand and who has it.
pub(super) struct Rule {
    /// What it looks at.
    pub about: About,
    /// The clients that refuse, and how that is known of each.
    pub by: &'static [By],
    /// Why they do, if they do.
    pub check: fn(&Case<'_>) -> Option<String>,
}

/// All rules.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [
        chain::RULES,
        dates::RULES,
        encoding::RULES,
        leaf::RULES,
        key::RULES,
        authority::RULES,
        extension::RULES,
        constraint::RULES,
        strict::RULES,
        platform::RULES,
    ]
    .into_iter()
    .flatten()
}

const fn rule(about: About, by: &'static [By], check: fn(&Case<'_>) -> Option<String>) -> Rule {
    Rule { about, by, check }
}

const CURL: By = Client::Curl.any();
const OPENSSL: By = Client::OpenSsl.any();
const OPENSSL_STRICT: By = Client::OpenSslStrict.any();
const PYTHON: By = Client::Python.any();
const NODE: By = Client::Node.any();
const JAVA: By = Client::Java.any();
const GO: By = Client::Go.any();
const CHROME: By = Client::Chrome.any();
const FIREFOX: By = Client::Firefox.any();
const NSS: By = Client::Nss.any();
const GNUTLS: By = Client::GnuTls.any();
const RUSTLS: By = Client::Rustls.any();
const APPLE: By = Client::Apple.any();
const WINDOWS: By = Client::Windows.any();
const ANDROID: By = Client::Android.any();
const LIBRESSL: By = Client::LibreSsl.any();

/// All clients.
const EVERYONE: &[By] = &everyone(CHROME);

/// All clients, of which this is Chrome: not everything that the others were asked, it was asked, too.
const fn everyone(chrome: By) -> [By; 16] {
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
const LOOK_AT_ANCHORS: &[By] = &[
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
const EMPTY_NAME: [u8; 2] = [0x30, 0];

/// The leaf and all CAs above it.
fn all_of<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Parsed> {
    case.leaf.into_iter().chain(case.cas())
}

/// What `says` of the first CA that it says something of, the anchor included.
fn of_ca(case: &Case<'_>, what: &str, is: fn(&Parsed) -> bool) -> Option<String> {
    case.cas().find(|ca| is(ca)).map(|ca| format!("{} {what}", ca.title()))
}

/// The same of intermediates alone.
fn of_intermediate(case: &Case<'_>, what: &str, is: fn(&Parsed) -> bool) -> Option<String> {
    case.intermediates.iter().find(|ca| is(ca)).map(|ca| format!("{} {what}", ca.title()))
}

/// The same of the anchor alone.
fn of_anchor(case: &Case<'_>, what: &str, is: fn(&Parsed) -> bool) -> Option<String> {
    case.anchor.filter(|ca| is(ca)).map(|ca| format!("{} {what}", ca.title()))
}
