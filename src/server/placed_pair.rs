//! The pair that stands where a server reads it, if one of our CAs has signed it: what a setup leaves as it is, and what
//! a step of a rotation places again with more or less beside it.

use std::path::Path;

use labtrust_machine::World;
use labtrust_plan::Certificate;
use zeroize::Zeroizing;

use crate::{
    certificate::{Parsed, PrivateKey, path, pem},
    gitlab::Pair,
    state::Ca,
};

/// The pair that stands in a place.
pub(crate) struct PlacedPair {
    leaf: Parsed,
    /// What leads from the leaf to the root of its CA.
    above: Vec<Parsed>,
    /// The leaf's key.
    pub key: PrivateKey,
    pem: Zeroizing<Vec<u8>>,
}

impl PlacedPair {
    /// The pair in these files, if it can be read, belongs together and `own` has signed it.
    pub(crate) fn read(own: &Ca, certificate: &Path, key: &Path) -> Option<Self> {
        let world = World::here();
        // What cannot be read is not known to be ours; the guards say what stands there.
        let (Ok(Some(sent)), Ok(Some(pem))) = (world.read(certificate), world.read(key)) else { return None };
        let sent = pem::certificates(&sent).ok()?;
        let pool: Vec<Parsed> = sent.iter().filter_map(|der| Parsed::from_der(der).ok()).collect();
        let leaf = pool.first()?.clone();
        let key = PrivateKey::from_plain_pem(&pem).ok().filter(|key| key.matches(&leaf))?;
        let sent: Vec<Certificate> = pool.iter().map(Certificate::from).collect();
        if !own.has_signed(&sent) {
            return None;
        }
        let known = own.intermediates.iter().chain([&own.root]).cloned();
        let pool: Vec<Parsed> = pool.into_iter().skip(1).chain(known).collect();
        let above = path::above(&leaf, &pool).into_iter().cloned().collect();
        Some(Self { leaf, above, key, pem })
    }

    /// The leaf.
    pub(crate) fn leaf(&self) -> &Parsed {
        &self.leaf
    }

    /// From leaf to root.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &Parsed> {
        std::iter::once(&self.leaf).chain(&self.above)
    }

    /// The same pair as it is to be placed, to the byte where nothing else is sent.
    pub(crate) fn pair(&self, extra_chain: &[Certificate]) -> Option<Pair> {
        let chain: Vec<Certificate> = self.chain().map(Certificate::from).collect();
        Pair::new(&chain, extra_chain, self.pem.clone())
    }
}
