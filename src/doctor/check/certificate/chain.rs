//! Checks that the server sends every certificate between leaf and root, in order.

use super::{
    code::{INCOMPLETE, OUT_OF_ORDER},
    subject::Subject,
};
use crate::{
    certificate::{Parsed, path},
    doctor::{Case, Finding},
};

pub(super) fn judge(_: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    let above = path::above(subject.leaf(), subject.rest());
    incomplete(subject).or_else(|| out_of_order(subject, &above)).into_iter().collect()
}

/// A chain that ends below its root and at no CA that is trusted here. A daemon may trust more CAs.
fn incomplete(subject: &Subject) -> Option<Finding> {
    let search = subject.search();
    if search.given_up_at.is_some() {
        return None;
    }
    let top = *search.certificates.last().unwrap_or(&subject.leaf());
    let top = Some(top).filter(|top| !top.is_self_signed() && !subject.is_accepted)?;
    let is_sent = subject.sent.iter().any(|sent| sent.der() == top.der());
    // The chain ends at a trusted CA, which need not be a root, or below a CA that was recreated.
    if !is_sent || subject.knows_issuer(top) {
        return None;
    }
    let sent = match subject.sent.len() {
        1 => "only its own certificate".to_owned(),
        count => format!("{count} certificates"),
    };
    let what = format!(
        "{} sends {sent}; the certificate of {}, which signed {}, is missing",
        subject.endpoint,
        top.issuer,
        subject.role(top).trim_end_matches(',')
    );
    let finding = Finding::new(
        &INCOMPLETE,
        what,
        "a server must send every CA between its certificate and the root. Browsers fetch a missing one; Docker, \
         git and curl do not",
    );
    let url = top.issuer_url.as_ref().map_or(String::new(), |url| format!(" (its address: {url})"));
    Some(
        finding
            .advise(format!(
                "on the server, append the missing certificate{url} to /etc/gitlab/ssl/{}.crt, below the server's \
                 own, then: sudo gitlab-ctl hup nginx (labtrust import does both). A missing root need not be sent; \
                 trust its file:",
                subject.endpoint.host
            ))
            .run(["labtrust", "trust", "FILE", "--for", &subject.endpoint.to_string()]),
    )
}

/// RFC 5246 §7.4.2 demands that each certificate is followed by the one that signed it. RFC 8446 §4.4.2 allows
/// clients to accept another order, and most do.
fn out_of_order(subject: &Subject, above: &[&Parsed]) -> Option<Finding> {
    let sent = subject.rest().iter().take(above.len());
    if sent.map(Parsed::der).eq(above.iter().map(|issuer| issuer.der())) {
        return None;
    }
    Some(
        Finding::new(
            &OUT_OF_ORDER,
            format!("{} sends its certificates in the wrong order", subject.endpoint),
            "each certificate must be followed by the one that signed it. Docker, OpenSSL and browsers sort them; \
             older Java, GnuTLS and small devices do not",
        )
        .advise(format!(
            "on the server, sort /etc/gitlab/ssl/{}.crt (leaf, intermediates, root), then: sudo gitlab-ctl hup \
             nginx (labtrust import does both)",
            subject.endpoint.host
        )),
    )
}
