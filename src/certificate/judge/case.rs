//! The parts that certificates play for a client: what is served, the way up from it, the anchor.

use time::OffsetDateTime;

use crate::certificate::{parsed::Parsed, path};

/// What the rules look at.
pub(super) struct Case<'c> {
    /// What the server sends, leaf first.
    pub served: &'c [Parsed],
    /// The server's certificate; `None` if only a CA is judged.
    pub leaf: Option<&'c Parsed>,
    /// The CAs between leaf and root.
    pub intermediates: Vec<&'c Parsed>,
    /// The root, if it is here and is not the leaf itself.
    pub anchor: Option<&'c Parsed>,
    /// The certificate whose issuer is missing, where the way is known not to lead to the anchor.
    pub broken_at: Option<&'c Parsed>,
    /// Why it is not known whether the way leads to the anchor, where the search was given up.
    pub given_up: Option<String>,
    /// Whether the leaf itself is trusted.
    pub trusts_leaf: bool,
    /// The moment to judge for.
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
        // Beside a root that is no server's, others are another matter: it is a file of roots.
        let is_root_sent =
            || first.may_be_served() && others.iter().any(|one| is_root(one) && one.der() != first.der());
        if case.trusts_leaf {
            // Nothing above it matters.
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
        // A certificate is a server's where a server sends it to a client that trusts a CA.
        if trusted.is_some() || first.may_be_served() {
            case.leaf = Some(first);
        } else if case.anchor.is_none() && first.is_self_signed() {
            case.anchor = Some(first);
        } else {
            case.intermediates.insert(0, first);
        }
        Some(case)
    }

    /// A root alone: the certificates that it signs are not known.
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

    /// All that play the part of a CA, from the leaf upwards.
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
