//! The parts that certificates play for a client: what is served, the way up from it, the anchor.

use time::OffsetDateTime;

use crate::certificate::{parsed::Parsed, path};

/// What the rules look at.
pub(super) struct Case<'c> {
    /// The server's certificate; `None` if only a CA is judged.
    pub leaf: Option<&'c Parsed>,
    /// The CAs between leaf and root.
    pub intermediates: Vec<&'c Parsed>,
    /// The root, if it is here and is not the leaf itself.
    pub anchor: Option<&'c Parsed>,
    /// The moment to judge for.
    pub now: OffsetDateTime,
}

impl<'c> Case<'c> {
    pub fn new(served: &'c [Parsed], trusted: Option<&'c Parsed>, now: OffsetDateTime) -> Option<Self> {
        let (first, others) = served.split_first()?;
        let mut above = path::above(first, others);
        let mut anchor = above.pop_if(|top| top.is_self_signed());
        let top = above.last().copied().unwrap_or(first);
        if let Some(trusted) = trusted.filter(|trusted| top.is_signed_by(trusted)) {
            anchor = Some(trusted);
        }
        // What is for a host serves it, whatever else it is marked as: home-made ones are CAs, too.
        if !first.is_ca() || !first.names.is_empty() {
            return Some(Self { leaf: Some(first), intermediates: above, anchor, now });
        }
        if anchor.is_none() && first.is_self_signed() {
            return Some(Self { leaf: None, intermediates: Vec::new(), anchor: Some(first), now });
        }
        above.insert(0, first);
        Some(Self { leaf: None, intermediates: above, anchor, now })
    }

    /// All that play the part of a CA, from the leaf upwards.
    pub fn cas(&self) -> impl Iterator<Item = &'c Parsed> {
        self.intermediates.iter().copied().chain(self.anchor)
    }

    /// The leaf, if it is its own root.
    pub fn self_signed(&self) -> Option<&'c Parsed> {
        self.leaf.filter(|leaf| leaf.is_self_signed())
    }
}
