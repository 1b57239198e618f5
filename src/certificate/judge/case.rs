//! The roles of certificates for a client: the leaf, the chain above it, and the anchor.

use time::OffsetDateTime;

use crate::certificate::{parsed::Parsed, path};

/// The input of the rules.
pub(super) struct Case<'c> {
    /// The certificates that the server sends, leaf first.
    pub served: &'c [Parsed],
    /// The server's certificate; `None` if only a CA is checked.
    pub leaf: Option<&'c Parsed>,
    /// The CAs between leaf and root.
    pub intermediates: Vec<&'c Parsed>,
    /// The root, if it is known and is not the leaf itself.
    pub anchor: Option<&'c Parsed>,
    /// The certificate whose issuer is missing, if the chain certainly does not reach the anchor.
    pub broken_at: Option<&'c Parsed>,
    /// The reason why the search for the chain was stopped, if it was.
    pub given_up: Option<String>,
    /// Whether the leaf itself is trusted.
    pub trusts_leaf: bool,
    /// The moment of the check.
    pub now: OffsetDateTime,
}

impl<'c> Case<'c> {
    pub(super) fn new(
        served: &'c [Parsed],
        trusted: Option<&'c Parsed>,
        now: OffsetDateTime,
    ) -> Option<Self> {
        let (first, others) = served.split_first()?;
        let way = match trusted {
            Some(anchor) => path::search(first, others, &|one| one.is_signed_by(anchor)),
            None => path::search(first, others, &|one| is_root(one) && one.der() != first.der()),
        };
        let mut case = Self {
            served,
            leaf: None,
            intermediates: Vec::new(),
            anchor: trusted.filter(|anchor| anchor.der() != first.der()),
            broken_at: None,
            given_up: None,
            trusts_leaf: trusted.is_some_and(|trusted| trusted.der() == first.der()),
            now,
        };
        // A root first, with other roots after it: this is a file of roots, not a chain.
        let is_root_sent =
            || first.may_be_served() && others.iter().any(|one| is_root(one) && one.der() != first.der());
        if case.trusts_leaf {
            // No certificate above it matters.
        } else if way.is_complete {
            case.intermediates = way.certificates;
            case.anchor = case.anchor.or_else(|| case.intermediates.pop());
        } else if trusted.is_some() || !first.is_self_signed() || is_root_sent() {
            case.given_up = way.given_up();
            case.intermediates = path::above(first, others);
            let top = case.intermediates.last().copied().unwrap_or(first);
            let is_broken = case.given_up.is_none() && (trusted.is_some() || is_root_sent());
            case.broken_at = is_broken.then_some(top);
            case.anchor = None;
        }
        // If an anchor is given, the first certificate is a server's.
        if trusted.is_some() || first.may_be_served() {
            case.leaf = Some(first);
        } else if case.anchor.is_none() && first.is_self_signed() {
            case.anchor = Some(first);
        } else {
            case.intermediates.insert(0, first);
        }
        Some(case)
    }

    /// The case of a root alone, without a certificate that it signed.
    pub(super) fn of_root(root: &'c Parsed, now: OffsetDateTime) -> Self {
        Self {
            served: std::slice::from_ref(root),
            leaf: None,
            intermediates: Vec::new(),
            anchor: Some(root),
            broken_at: None,
            given_up: None,
            trusts_leaf: false,
            now,
        }
    }

    /// All CAs, from the leaf upwards.
    pub(super) fn cas(&self) -> impl Iterator<Item = &'c Parsed> {
        self.intermediates.iter().copied().chain(self.anchor)
    }

    /// Each certificate with the one that signed it.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&'c Parsed, &'c Parsed)> {
        let below = self.leaf.into_iter().chain(self.intermediates.iter().copied());
        let above: Vec<_> = self.leaf.map_or(self.cas().skip(1).collect(), |_| self.cas().collect());
        below.zip(above)
    }

    /// The leaf, if it is its own root.
    pub(super) fn self_signed(&self) -> Option<&'c Parsed> {
        self.leaf.filter(|leaf| leaf.is_self_signed())
    }
}

fn is_root(one: &Parsed) -> bool {
    one.is_self_signed() && one.can_sign()
}
