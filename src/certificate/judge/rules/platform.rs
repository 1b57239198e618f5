//! Rules of platforms about private CAs.

use super::row::{ANDROID, LIBRESSL, Rule, of_ca, rule};
use crate::certificate::judge::{client::Client, refusal::About};

pub(super) const RULES: &[Rule] = &[
    // Earlier versions do not know this critical extension.
    rule(About::Form, &[Client::Apple.before(10, 13).read_in("macOS 10.13's release notes")], |case| {
        of_ca(case, "has name constraints", |ca| ca.constraints_critical)
    }),
    // macOS has LibreSSL in /usr/bin/curl.
    rule(About::Form, &[LIBRESSL.read_in("github.com/libressl/portable/issues/1299")], |case| {
        let limits =
            |root: &crate::certificate::Parsed| root.permitted.dns.is_some() || root.permitted.ip.is_some();
        let root = case.anchor.filter(|root| limits(root))?;
        Some(format!("{} permits only certain names, which it does not support in a root", root.title()))
    }),
    rule(
        About::Form,
        &[ANDROID.read_in("developer.android.com/privacy-and-security/security-config")],
        |case| {
            let private = case.anchor.or(case.self_signed());
            private.map(|_| {
            "since Android 7, apps ignore CAs that users install, unless the app opts in (browsers do)".into()
        })
        },
    ),
];
