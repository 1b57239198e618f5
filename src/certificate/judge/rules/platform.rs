//! What platforms make of private CAs, from their documentation.

use super::{super::About, ANDROID, Client, LIBRESSL, Rule, documented, of_ca};

pub const RULES: &[Rule] = &[
    // 10.13's release notes: before, these constraints were an unknown critical extension.
    documented(About::Form, &[Client::Apple.before(10, 13)], |case| {
        of_ca(case, "has name constraints", |ca| ca.constraints_critical)
    }),
    // libressl/portable#1299; macOS has LibreSSL in /usr/bin/curl.
    documented(About::Form, &[LIBRESSL], |case| {
        let limits =
            |root: &crate::certificate::Parsed| root.permitted.dns.is_some() || root.permitted.ip.is_some();
        let root = case.anchor.filter(|root| limits(root))?;
        Some(format!("{} permits only certain names, which it does not understand of a root", root.title()))
    }),
    // developer.android.com/privacy-and-security/security-config
    documented(About::Form, &[ANDROID], |case| {
        let private = case.anchor.or(case.self_signed());
        private.map(|_| {
            "since Android 7, apps pass over CAs that users add, unless they ask for them; browsers do".into()
        })
    }),
];
