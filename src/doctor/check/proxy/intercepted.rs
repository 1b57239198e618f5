//! Checks whether the daemon's proxy decrypts TLS: the certificate through the proxy differs from the server's.

use super::{code::INTERCEPTED, fix, view::View};
use crate::{
    certificate::Parsed,
    doctor::{Finding, check::certificate::is_middlebox},
};

/// The finding, if the daemon does not trust the certificate that its proxy presents.
pub(super) fn finding(view: &View<'_, '_>) -> Option<Finding> {
    let registry = view.case.endpoint();
    let proxy = view.proxy_of(&registry)?;
    let shown = Parsed::from_der(view.engine.proxy.as_ref()?.chain.first()?.der()).ok()?;
    let without = match view.case.chain.first() {
        // One server can have several certificates from one CA.
        Some(own) if own.issuer_der == shown.issuer_der => return None,
        Some(own) => format!("; without it, by {}", own.issuer),
        None if is_middlebox(&shown.issuer) => String::new(),
        None => return None,
    };
    let what = format!(
        "through the proxy {proxy}, Docker receives a certificate of {registry} that is signed by {}{without}",
        shown.issuer
    );
    let why = "the proxy decrypts TLS and signs its own certificate, whose CA Docker does not trust";
    Some(Finding::new(&INTERCEPTED, what, why).with(fix::bypass(view, &registry)))
}
