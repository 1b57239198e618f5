//! Whether somebody between here and the server shows a certificate of their own. What is certain is only that
//! another CA than before signed it; who is known to do so by trade is named.

use super::subject::Subject;
use crate::{
    certificate::Parsed,
    doctor::{Case, Finding, check::proxy::code::INTERCEPTED},
    hint::shell_line,
};

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

/// Whether `issuer` is one of them.
pub(crate) fn is_middlebox(issuer: &str) -> bool {
    let issuer = issuer.to_lowercase();
    MIDDLEBOXES.iter().any(|name| issuer.contains(name))
}

pub(super) fn judge(case: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    if subject.is_accepted {
        return Vec::new();
    }
    let leaf = subject.leaf();
    let (what, why) = if is_middlebox(&leaf.issuer) {
        let why =
            "so call themselves proxies and firewalls that open TLS and re-sign: it is not the server's own";
        (format!("the certificate of {} is signed by {}", subject.endpoint, leaf.issuer), why)
    } else if let Some((root, expected)) = unexpected_root(case, subject) {
        let why = "a proxy or firewall in between opens TLS and re-signs, or the server has got another CA";
        let what = format!(
            "the certificate of {} is signed by {}, and not by {}, which labtrust trusts for this host",
            subject.endpoint,
            root.title(),
            expected.title()
        );
        (what, why)
    } else {
        return Vec::new();
    };
    let finding = Finding::new(&INTERCEPTED, what, why).advise(format!(
        "ask the server's administrator whether that is its CA. If it is: {}, with the fingerprint that you are \
         given. If not: have {} exempted where TLS is opened, or let engine and tools pass by that proxy (NO_PROXY)",
        shell_line!("{labtrust trust {} --fingerprint SHA256}", subject.endpoint),
        subject.endpoint.host
    ));
    vec![finding]
}

/// The root that was sent and the CA that was expected instead, where the two have nothing in common: with the
/// same name it would be the same CA, made anew.
fn unexpected_root(case: &Case<'_>, subject: &Subject) -> Option<(Parsed, Parsed)> {
    // GitLab itself may have a certificate of another CA than its registry.
    if subject.endpoint != case.endpoint() {
        return None;
    }
    let expected = case.evidence.trust.expected.iter().filter_map(|ca| Parsed::from_der(ca.der()).ok());
    let expected: Vec<Parsed> = expected.collect();
    let way = subject.way();
    let root = *way.last().filter(|top| top.is_self_signed())?;
    let is_akin =
        |ca: &Parsed| ca.subject_der == root.subject_der || way.iter().any(|step| step.is_signed_by(ca));
    let first = expected.first().filter(|_| !expected.iter().any(is_akin))?;
    Some((root.clone(), first.clone()))
}
