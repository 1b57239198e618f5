//! The next CA after a rotation: how the present CA vouches for it, and when a client of the present CA may trust it, too.

mod wider;

use anyhow::Result;
use labtrust_plan::Fingerprint;
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::{
    authority::Authority,
    key::{KeyType, signing},
    limits::without_uris,
    name::SubjectName,
    parsed::Parsed,
    profile::{self, Validity},
    public_key::KeyKind,
    scope::Scope,
    verify::Served,
};
use crate::hint::fail;

pub use self::wider::wider;

/// The most roots that are checked in addition to the trusted one: a server that sends more is hostile.
const MOST: usize = 4;

impl Authority {
    /// Signs a voucher: the root `next`, created with `scope`, will follow the root of this CA.
    pub fn vouch(&self, next: &Parsed, scope: &Scope, now: OffsetDateTime) -> Result<Parsed> {
        self.check_dates(now)?;
        let validity =
            Validity { not_before: next.not_before, not_after: next.not_after.min(self.not_after()) };
        let params = without_uris(profile::voucher(next, scope, validity)?)?;
        let issuer = self.rcgen_issuer()?;
        let public = next.public_key().for_rcgen()?;
        let signed = signing("the next CA's name", || params.signed_by(&public, &issuer))?;
        let voucher = Parsed::from_der(signed.der())?;
        if voucher.vouches_for(next) && voucher.is_provably_signed_by(self.issuer()) {
            return Ok(voucher);
        }
        Err(fail(
            format!("{} cannot sign for the name of {}", self.issuer().title(), next.title()),
            "start over instead: {labtrust setup --undo}; {labtrust setup HOST}",
        ))
    }
}

impl Parsed {
    /// The scope of the CA that follows this root: the same names with `first` at their head, and the domains `wider`.
    pub fn next_scope(&self, first: SubjectName, wider: &[labtrust_plan::DnsName]) -> Scope {
        let hosts = self.permitted.bases();
        let (addresses, domains): (Vec<_>, Vec<_>) = hosts
            .into_iter()
            .map(SubjectName::from)
            .filter(|name| *name != first)
            .partition(|name| name.dns().is_none());
        let mut permit: Vec<_> = domains.iter().filter_map(SubjectName::dns).cloned().collect();
        permit.extend(wider.iter().filter(|domain| !permit.contains(domain)).cloned().collect::<Vec<_>>());
        let names = std::iter::once(first).chain(addresses).collect();
        Scope { names, permit, constrained: !self.permitted.is_everything() }
    }

    /// The kind of key of the certificate that follows this one.
    pub fn next_key_type(&self) -> KeyType {
        if *self.public_key().kind() == KeyKind::P384 { KeyType::P384 } else { KeyType::P256 }
    }

    /// Whether this has the name and key of the root `next`, and another CA signed it. It must be a CA certificate: the
    /// owner of any host can get a server's certificate, which proves nothing about a CA with that key.
    fn vouches_for(&self, next: &Parsed) -> bool {
        self.subject_der == next.subject_der
            && self.public_key() == next.public_key()
            && self.issuer_der != self.subject_der
            && self.is_ca()
            && self.may("keyCertSign")
    }
}

/// A root that a server sends in addition to the trusted one.
#[derive(Clone, Debug)]
pub struct Successor {
    /// The root.
    pub root: Parsed,
    /// Whether to trust it, too, and if not, why not.
    pub succession: Succession,
    /// The ways in which it is wider than the CA that vouches for it.
    pub wider: Vec<&'static str>,
}

/// Whether to trust a root because another one is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Succession {
    /// The trusted CA vouches for it, and it is not wider than that CA.
    Follows,
    /// The trusted CA vouches for it, but it is wider: a person must confirm it.
    Wider,
    /// The trusted CA is sealed, so it can vouch for no CA: a person must confirm it.
    Unnamed,
    /// No CA under the trusted root vouches for it.
    Unvouched,
    /// It, or its voucher, is not valid now.
    Outdated,
}

/// Checks every root in `sent` other than the root of `served`. `named` is a fingerprint that a person gave: the limits of
/// that root do not matter.
pub fn successors(
    sent: &[CertificateDer<'_>],
    served: &Served,
    named: Option<Fingerprint>,
    now: OffsetDateTime,
) -> Vec<Successor> {
    let sent: Vec<Parsed> = sent.iter().filter_map(|der| Parsed::from_der(der).ok()).collect();
    let mut roots: Vec<&Parsed> = Vec::new();
    for one in &sent {
        let is_root = one.is_ca() && one.may("keyCertSign") && one.may_serve();
        let is_new = one.der() != served.root.der() && !roots.iter().any(|root| root.der() == one.der());
        if is_root && is_new && roots.len() < MOST && one.is_provably_signed_by(one) {
            roots.push(one);
        }
    }
    let above: Vec<&Parsed> = served.chain.iter().skip(1).collect();
    let succession_of = |root: &Parsed| {
        let all: Vec<_> = sent.iter().filter(|one| one.vouches_for(root)).take(MOST).collect();
        let vouchers: Vec<_> = all.into_iter().filter(|one| is_by(one, served)).collect();
        if vouchers.is_empty() && served.root.is_sealed_root() {
            // The key of a certificate in place proves only that this is the server: a thief of that key must gain no CA.
            return match named == Some(root.fingerprint()) {
                true if root.is_valid_at(now) => (Succession::Follows, Vec::new()),
                true => (Succession::Outdated, Vec::new()),
                false => (Succession::Unnamed, Vec::new()),
            };
        }
        if vouchers.is_empty() {
            return (Succession::Unvouched, Vec::new());
        }
        let valid: Vec<_> = vouchers.into_iter().filter(|voucher| voucher.is_valid_at(now)).collect();
        if valid.is_empty() || !root.is_valid_at(now) {
            return (Succession::Outdated, Vec::new());
        }
        let ways = valid.iter().map(|voucher| wider(root, &above, voucher));
        let wider = ways.min_by_key(Vec::len).unwrap_or_default();
        let is_taken = wider.is_empty() || named == Some(root.fingerprint());
        (if is_taken { Succession::Follows } else { Succession::Wider }, wider)
    };
    let successor = |root: &Parsed| {
        let (succession, wider) = succession_of(root);
        Successor { root: root.clone(), succession, wider }
    };
    roots.into_iter().map(successor).collect()
}

/// Whether a CA between the served leaf and the trusted root signed `voucher`.
fn is_by(voucher: &Parsed, served: &Served) -> bool {
    let above = served.chain.iter().skip(1);
    above.filter(|ca| ca.is_ca() && ca.may("keyCertSign")).any(|ca| voucher.is_provably_signed_by(ca))
}

#[cfg(test)]
#[path = "successor_tests.rs"]
mod tests;
