//! The certificate and key that a setup installs: the installed ones if they are ours and still fit, else new ones.

use std::path::{Path, PathBuf};

use anyhow::Result;
use labtrust_machine::World;
use time::OffsetDateTime;

use super::{asked::Asked, issuer::Issuer, order::Order};
use crate::{
    certificate::{Authority, Issued, LeafOrder, Parsed, PrivateKey, SubjectName, pem, self_signed},
    gitlab::Pair,
    hint::fail,
    server::placed_pair::PlacedPair,
    state::{Ca, State, ca::Source},
};

/// A certificate and key to install, with the chain.
pub(crate) struct Leaf {
    pub chain: Vec<Parsed>,
    pub root: Parsed,
    pub pair: Pair,
    pub notes: Vec<String>,
}

impl Leaf {
    fn of(
        issued: Issued,
        root: &Parsed,
        extra_chain: &[labtrust_plan::Certificate],
        key: &PrivateKey,
    ) -> Result<Self> {
        let pair = Pair::of(&issued, extra_chain, key)
            .ok_or_else(|| fail("nothing was signed", "run the command again"))?;
        let chain = issued.chain.iter().map(|der| Parsed::from_der(der)).collect::<Result<_>>()?;
        Ok(Self { chain, root: root.clone(), pair, notes: issued.notes })
    }

    /// The certificate itself.
    pub(crate) fn leaf(&self) -> &Parsed {
        self.chain.first().unwrap_or(&self.root)
    }

    /// Its issuer; itself, if it is self-signed.
    pub(crate) fn issuer(&self) -> &Parsed {
        self.chain.get(1).unwrap_or(&self.root)
    }
}

/// Chooses or creates the certificate and key for `order`. `places` are the certificate and key files that nginx reads.
pub(crate) fn leaf(
    state: &State<'_>,
    arguments: &Asked<'_>,
    order: &Order,
    ca: &Issuer,
    places: &[(PathBuf, PathBuf)],
) -> Result<Leaf> {
    let own = match ca {
        Issuer::Known(own, _) => Some((**own).clone()),
        Issuer::Adopted(authority, _) => {
            let is_it = |own: &&Ca| own.root.fingerprint() == authority.root().fingerprint();
            state.ca()?.filter(is_it).cloned()
        }
        Issuer::Made(_) | Issuer::SelfSigned => None,
    };
    let extra_chain = own.as_ref().map_or(Ok(Vec::new()), Ca::extra_chain)?;
    let given = arguments.key.map(|path| arguments.reader.key(path)).transpose()?;
    if let (Some(own), Some((certificate, key))) = (own, places.first())
        && let Some(leaf) = in_place(&own, order, certificate, key, &extra_chain)
        && given.as_ref().is_none_or(|given| given.matches(leaf.leaf()))
    {
        return Ok(leaf);
    }
    let now = OffsetDateTime::now_utc();
    if let Issuer::Known(_, Source::Sealed(sealed)) | Issuer::Made(Source::Sealed(sealed)) = ca {
        let period = sealed.at(now)?;
        return Leaf::of(sealed.issued(period), sealed.root(), &extra_chain, &period.key);
    }
    let key = match given {
        Some(key) => key,
        None => PrivateKey::generate(arguments.key_type)?,
    };
    let sign = |authority: &Authority| {
        let order =
            LeafOrder { names: order.names.clone(), public_key: key.public_key().clone(), days: order.days };
        Ok::<_, anyhow::Error>((authority.sign(&order, now)?, authority.root().clone()))
    };
    let (issued, root) = match ca {
        Issuer::Made(Source::Key(authority))
        | Issuer::Adopted(authority, _)
        | Issuer::Known(_, Source::Key(authority)) => sign(authority)?,
        Issuer::Known(own, _) if own.root.is_ca() => {
            return Err(fail(
                "the key of this CA is not on this machine, and the installed certificate does not fit this command",
                "sign with the key once more: --ca-cert FILE --ca-key FILE",
            ));
        }
        Issuer::Known(..) | Issuer::Made(_) | Issuer::SelfSigned => {
            let issued = self_signed(&order.names, &key, order.days, now)?;
            let root = issued.leaf.clone();
            (issued, root)
        }
    };
    Leaf::of(issued, &root, &extra_chain, &key)
}

/// Whether the certificate in the first of `places` has `name`.
pub(crate) fn has_name(places: &[(PathBuf, PathBuf)], name: &SubjectName) -> bool {
    let standing = places.first().and_then(|(certificate, _)| World::here().read(certificate).ok().flatten());
    let certificates = standing.and_then(|pem| pem::certificates(&pem).ok()).unwrap_or_default();
    let leaf = certificates.first().and_then(|der| Parsed::from_der(der).ok());
    leaf.is_some_and(|leaf| name.is_among(&leaf.names))
}

/// The installed certificate and key, if `own` signed them, they have all names, and they are not due for renewal.
fn in_place(
    own: &Ca,
    order: &Order,
    certificate: &Path,
    key: &Path,
    extra_chain: &[labtrust_plan::Certificate],
) -> Option<Leaf> {
    let standing = PlacedPair::read(own, certificate, key)?;
    let leaf = standing.leaf();
    let now = OffsetDateTime::now_utc();
    // Additional names may come from `renew --name`.
    let has_all = order.names.iter().all(|name| name.is_among(&leaf.names));
    let is_fresh = leaf.not_before <= now && now < leaf.due();
    if !is_fresh || !has_all {
        return None;
    }
    let pair = standing.pair(extra_chain)?;
    Some(Leaf { chain: standing.chain().cloned().collect(), root: own.root.clone(), pair, notes: Vec::new() })
}
