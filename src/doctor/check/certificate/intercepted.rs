//! Checks for a middlebox that presents its own certificate. Only the change of the CA is certain; known middleboxes
//! are recognised by their names.

use super::subject::Subject;
use crate::{
    certificate::Parsed,
    doctor::{Case, Finding, check::proxy::code::INTERCEPTED},
    hint::shell_line,
};

/// Names of products that decrypt TLS: a part of the issuer, in small letters.
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

/// Whether `issuer` is a known middlebox.
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
        let why = "this issuer is a proxy or firewall that decrypts TLS and signs its own certificate: it is not the \
             server's";
        (format!("the certificate of {} is signed by {}", subject.endpoint, leaf.issuer), why)
    } else if let Some((root, expected)) = unexpected_root(case, subject) {
        let why = "a proxy or firewall on the way decrypts TLS and signs its own certificate, or the server has a \
                   new CA";
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
        "ask the server's administrator for the CA's fingerprint. If it is this CA: {}. If not, ask the network \
         administrator to exempt {} from TLS inspection, or bypass the proxy (NO_PROXY)",
        shell_line!("{labtrust trust {} --fingerprint SHA256}", subject.endpoint),
        subject.endpoint.host
    ));
    vec![finding]
}

/// The root that the server sent and the CA that labtrust expected, if they are unrelated. A root with the same name
/// counts as the same CA, recreated.
fn unexpected_root(case: &Case<'_>, subject: &Subject) -> Option<(Parsed, Parsed)> {
    // GitLab itself may have a certificate from another CA than its registry.
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
