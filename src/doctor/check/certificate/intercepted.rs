//! Whether somebody between here and the server shows a certificate of their own. What is certain is only that
//! another CA than before signed it; who is known to do so by trade is named.

use super::{INTERCEPTED, subject::Subject};
use crate::doctor::{Case, Finding};

/// What those name themselves who open TLS in companies and on desks: a part of the issuer, in small letters.
const MIDDLEBOXES: &[&str] = &[
    "avast",
    "barracuda",
    "bitdefender",
    "blue coat",
    "bluecoat",
    "cato networks",
    "charles proxy",
    "check point",
    "cisco umbrella",
    "eset ssl filter",
    "fiddler",
    "forcepoint",
    "fortigate",
    "fortinet",
    "kaspersky",
    "mcafee web gateway",
    "mitmproxy",
    "netskope",
    "palo alto",
    "sonicwall",
    "sophos",
    "squid",
    "watchguard",
    "zscaler",
];

pub fn judge(_: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    if subject.is_accepted {
        return Vec::new();
    }
    let leaf = subject.leaf();
    let issuer = leaf.issuer.to_lowercase();
    let is_known = MIDDLEBOXES.iter().any(|name| issuer.contains(name));
    is_known.then(|| {
        Finding::new(
            &INTERCEPTED,
            format!("the certificate of {} is signed by {}", subject.endpoint, leaf.issuer),
            "so call themselves proxies and firewalls that open TLS and sign anew: what is seen is not the server's own",
        )
    })
    .into_iter()
    .collect()
}
