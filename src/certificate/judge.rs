//! Says which clients would refuse a certificate, and why, before they do: the errors that they
//! give themselves seldom name the cause.

mod rules;

use serde::Serialize;
use time::OffsetDateTime;

use super::{parsed::Parsed, path};

/// A client, and why it refuses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refusal {
    /// The client, with its versions where not all refuse; or `every client`.
    pub client: &'static str,
    /// Why, as a clause with no full stop.
    pub why: String,
    /// What was looked at.
    #[serde(skip)]
    pub about: About,
}

/// What a client looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// From when until when it is valid.
    Dates,
    /// Whether it may serve TLS.
    Purpose,
    /// For how long it is valid.
    Life,
    /// Its names.
    Names,
    /// Keys and signatures that can be forged.
    Weakness,
    /// Whether it is a CA's.
    Authority,
    /// What the CAs above it may sign.
    Constraint,
    /// Anything else.
    Form,
}

/// What the rules look at: the parts that the certificates play for a client.
pub(super) struct Case<'c> {
    /// The server's certificate; `None` if only a CA is judged.
    leaf: Option<&'c Parsed>,
    /// The CAs between leaf and root.
    intermediates: Vec<&'c Parsed>,
    /// The root, if it is here and is not the leaf itself.
    anchor: Option<&'c Parsed>,
    now: OffsetDateTime,
}

/// Which clients refuse the first of these certificates, served with the others and with the root
/// among them trusted. The others may be in any order; if they lack the root, what depends on it
/// is left out.
pub fn judge(certificates: &[Parsed], now: OffsetDateTime) -> Vec<Refusal> {
    let Some((first, others)) = certificates.split_first() else { return Vec::new() };
    let case = Case::new(first, others, now);
    let mut refusals = Vec::new();
    for rule in rules::RULES {
        if let Some(why) = (rule.check)(&case) {
            refusals.extend(rule.clients.iter().map(|client| Refusal {
                client,
                why: why.clone(),
                about: rule.about,
            }));
        }
    }
    refusals
}

impl<'c> Case<'c> {
    fn new(first: &'c Parsed, others: &'c [Parsed], now: OffsetDateTime) -> Self {
        let mut above = path::above(first, others);
        let anchor = above.pop_if(|top| top.is_self_signed());
        // What is for a host serves it, whatever else it is marked as: home-made ones are CAs, too.
        if !first.is_ca() || !first.names.is_empty() {
            return Self { leaf: Some(first), intermediates: above, anchor, now };
        }
        if anchor.is_none() && first.is_self_signed() {
            return Self { leaf: None, intermediates: Vec::new(), anchor: Some(first), now };
        }
        above.insert(0, first);
        Self { leaf: None, intermediates: above, anchor, now }
    }

    /// All that play the part of a CA, from the leaf upwards.
    fn cas(&self) -> impl Iterator<Item = &'c Parsed> {
        self.intermediates.iter().copied().chain(self.anchor)
    }

    /// The leaf, if it is its own root.
    fn self_signed(&self) -> Option<&'c Parsed> {
        self.leaf.filter(|leaf| leaf.is_self_signed())
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;
    use crate::certificate::{Authority, KeyType, LeafOrder, PrivateKey, Scope};

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn clients(refusals: &[Refusal]) -> Vec<&'static str> {
        let mut clients: Vec<_> = refusals.iter().map(|refusal| refusal.client).collect();
        clients.dedup();
        clients
    }

    #[test]
    fn only_the_old_refuse_what_we_make() {
        for constrained in [true, false] {
            let names = vec!["gitlab.example.com".parse().expect("a name")];
            let scope = Scope { names: names.clone(), permit: Vec::new(), constrained };
            let ca = Authority::make(&scope, KeyType::P256, NOW).expect("a CA");
            let public_key = PrivateKey::generate(KeyType::P256).expect("a key").public_key().clone();
            let leaf = ca.sign(&LeafOrder { names, public_key, days: 825 }, NOW).expect("a leaf").leaf;
            let chain = [leaf, ca.issuer().clone(), ca.root().clone()];
            let old: &[&str] =
                if constrained { &["macOS before 10.13", "LibreSSL before mid-2026"] } else { &[] };
            let expected = [old, &["Android apps"]].concat();
            assert_eq!(clients(&judge(&chain, NOW)), expected);
            assert_eq!(clients(&judge(&chain[2..], NOW)), expected, "the root alone");
            let later = NOW + Duration::days(900);
            assert_eq!(judge(&chain, later)[0].client, "every client");
        }
        assert!(judge(&[], NOW).is_empty());
    }
}
