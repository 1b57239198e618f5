//! Finds the root that a chain leads to.

use labtrust_plan::Certificate;

use crate::{
    certificate::{Parsed, path},
    doctor::evidence::{Asked, BundleSeen},
};

/// Whether the signatures of `chain` lead to `root`, whatever else is wrong with it.
pub(super) fn leads_to(chain: &[Parsed], root: &Parsed) -> bool {
    let Some((leaf, rest)) = chain.split_first() else { return false };
    let above = path::above(leaf, rest);
    let is_signed = |certificate: &Parsed| root.can_sign() && certificate.is_signed_by(root);
    std::iter::once(leaf).chain(above).any(|sent| sent.der() == root.der() || is_signed(sent))
}

/// Whether `root` has the name of a CA that signed a certificate of `chain`, but another key.
pub(super) fn is_replaced(chain: &[Parsed], root: &Parsed) -> bool {
    let has_name = |sent: &Parsed| sent.names_issuer(root) && !sent.is_signed_by(root);
    root.can_sign() && chain.iter().any(has_name) && !leads_to(chain, root)
}

/// Those of `certificates` that can be parsed.
pub(crate) fn parsed<'c>(certificates: impl IntoIterator<Item = &'c Certificate>) -> Vec<Parsed> {
    certificates.into_iter().filter_map(|certificate| Parsed::from_der(certificate.der()).ok()).collect()
}

/// The candidates in the system's bundle; none if there is no bundle.
pub(crate) fn of_system(bundle: Option<&BundleSeen>) -> Vec<Parsed> {
    parsed(bundle.and_then(|bundle| bundle.candidates.answer()).into_iter().flatten())
}

/// Why the system store could not be read, if so.
pub(super) fn fault(bundle: Option<&BundleSeen>) -> Option<&str> {
    match bundle.map(|bundle| &bundle.candidates) {
        Some(Asked::Failed(why)) => Some(why),
        Some(Asked::Not) => Some("it was not read"),
        _ => None,
    }
}
