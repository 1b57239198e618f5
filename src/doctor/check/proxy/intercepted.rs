//! Whether the engine's proxy opens TLS: what is presented through it is not what the server presents.

use super::{code::INTERCEPTED, fix, view::View};
use crate::{
    certificate::Parsed,
    doctor::{Finding, check::certificate::is_middlebox},
};

/// The engine does not believe what its proxy shows it in the server's place.
pub(super) fn finding(view: &View<'_, '_>) -> Option<Finding> {
    let registry = view.case.endpoint();
    let proxy = view.proxy_of(&registry)?;
    let shown = Parsed::from_der(view.engine.proxy.as_ref()?.chain.first()?.der()).ok()?;
    let without = match view.case.chain.first() {
        // One server may have several certificates, of one CA.
        Some(own) if own.issuer_der == shown.issuer_der => return None,
        Some(own) => format!("; without it, by {}", own.issuer),
        None if is_middlebox(&shown.issuer) => String::new(),
        None => return None,
    };
    let what = format!(
        "through {proxy} the engine is shown a certificate of {registry} that is signed by {}{without}",
        shown.issuer
    );
    let why = "that proxy opens TLS and re-signs: the certificate is not the server's own, and its CA is not trusted";
    Some(Finding::new(&INTERCEPTED, what, why).with(fix::bypass(view, &registry)))
}
